//! What BI tools ask before they ask SQL: catalogs, schemas, tables, kinds of tables, and what this server can do. Enters: the
//! tables there are. Leaves: one batch of rows in the form that Flight SQL prescribes.

use super::rows::plain;
use arrow::array::RecordBatch;
use arrow::datatypes::SchemaRef;
use arrow_flight::error::FlightError;
use arrow_flight::sql::metadata::{SqlInfoData, SqlInfoDataBuilder};
use arrow_flight::sql::{
    CommandGetCatalogs, CommandGetDbSchemas, CommandGetSqlInfo, CommandGetTableTypes, CommandGetTables, SqlInfo,
    SqlSupportedCaseSensitivity, SqlSupportedTransaction,
};

/// The names under which SQL knows the tables, as `information_schema.tables` tells them.
const CATALOG: &str = "datafusion";
const SCHEMA: &str = "public";
/// The kind of all tables.
const KIND: &str = "BASE TABLE";

/// A list that is asked for.
pub enum List {
    /// Catalogs.
    Catalogs(CommandGetCatalogs),
    /// Schemas.
    Schemas(CommandGetDbSchemas),
    /// Tables.
    Tables(CommandGetTables),
    /// Kinds of tables.
    TableTypes(CommandGetTableTypes),
    /// What the server can do.
    SqlInfo(CommandGetSqlInfo),
}

impl List {
    /// The list; `tables` matter to a list of tables only.
    ///
    /// # Errors
    /// A filter that is no pattern of SQL.
    pub fn rows(self, tables: &[(String, SchemaRef)]) -> Result<RecordBatch, FlightError> {
        match self {
            Self::Catalogs(asked) => {
                let mut list = asked.into_builder();
                list.append(CATALOG);
                list.build()
            }
            Self::Schemas(asked) => {
                let mut list = asked.into_builder();
                list.append(CATALOG, SCHEMA);
                list.build()
            }
            Self::Tables(asked) => {
                let mut list = asked.into_builder();
                for (name, columns) in tables {
                    list.append(CATALOG, SCHEMA, name, KIND, &plain(columns))?;
                }
                list.build()
            }
            Self::TableTypes(asked) => {
                let mut list = asked.into_builder();
                list.append(KIND);
                list.build()
            }
            Self::SqlInfo(asked) => asked.into_builder(&abilities()?).build(),
        }
    }
}

fn abilities() -> Result<SqlInfoData, FlightError> {
    let mut told = SqlInfoDataBuilder::new();
    told.append(SqlInfo::FlightSqlServerName, "Socium");
    told.append(SqlInfo::FlightSqlServerVersion, env!("CARGO_PKG_VERSION"));
    told.append(SqlInfo::FlightSqlServerArrowVersion, arrow::ARROW_VERSION);
    told.append(SqlInfo::FlightSqlServerReadOnly, true);
    told.append(SqlInfo::FlightSqlServerSql, true);
    told.append(SqlInfo::FlightSqlServerSubstrait, false);
    told.append(SqlInfo::FlightSqlServerTransaction, SqlSupportedTransaction::None as i32);
    told.append(SqlInfo::FlightSqlServerCancel, false);
    told.append(SqlInfo::FlightSqlServerBulkIngestion, false);
    told.append(SqlInfo::SqlIdentifierCase, SqlSupportedCaseSensitivity::SqlCaseSensitivityLowercase as i32);
    told.append(SqlInfo::SqlIdentifierQuoteChar, "\"");
    told.append(SqlInfo::SqlAllTablesAreSelectable, true);
    told.append(SqlInfo::SqlCatalogTerm, "catalog");
    told.append(SqlInfo::SqlSchemaTerm, "schema");
    told.append(SqlInfo::SqlCatalogAtStart, true);
    told.build()
}
