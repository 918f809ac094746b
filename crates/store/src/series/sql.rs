//! SQL for people: one reading statement over history, hot readings included, and over records.
//!
//! Enters: a query. Leaves: rows as JSON. Absent: any way to change something or to reach a file. Time, memory and rows are limited.

use super::gather::gather;
use super::json;
use super::manifest::{Book, Manifest, PartFile};
use super::pauses::Pauses;
use super::room::{Pool, Room};
use super::unsealed::Unsealed;
use super::{weigh, wide};
use crate::live::Hot;
use crate::records::{Outlined, outlined_bytes};
use crate::{LastValue, SqlShape, SqlTable, StoreError};
use datafusion::arrow::array::{ArrayRef, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray, UInt8Array};
use datafusion::arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use datafusion::common::TableReference;
use datafusion::datasource::MemTable;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::execution::SendableRecordBatchStream;
use datafusion::execution::SessionStateBuilder;
use datafusion::execution::context::SQLOptions;
use datafusion::execution::runtime_env::{RuntimeEnv, RuntimeEnvBuilder};
use datafusion::logical_expr::LogicalPlan;
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::prelude::{SessionConfig, SessionContext};
use datafusion::sql::parser::Statement;
use datafusion::sql::sqlparser::ast::Statement as Ast;
use datafusion::sql::sqlparser::parser::ParserError;
use futures::StreamExt;
use measure::Budget;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Tables of records: name, kind.
pub(crate) const RECORD_TABLES: [(&str, plant::RecordKind); plant::RecordKind::COUNT] = [
    ("findings", plant::RecordKind::Finding),
    ("forecasts", plant::RecordKind::Forecast),
    ("decisions", plant::RecordKind::Decision),
    ("commands", plant::RecordKind::Command),
    ("outcomes", plant::RecordKind::Outcome),
    ("revisions", plant::RecordKind::Revision),
];
/// Table of the newest values.
pub(crate) const LAST_TABLE: &str = "last";
/// Longest query [bytes].
const QUERY_BYTES_MAX: usize = 64 << 10;
/// Functions that make a value of any size out of two numbers, which no budget sees; they are not offered.
const SWELLING: [&str; 10] =
    ["repeat", "lpad", "rpad", "range", "generate_series", "array_repeat", "list_repeat", "array_resize", "list_resize", "space"];
const ALLOWED: &str = "allowed is one statement that only reads: SELECT, WITH, VALUES, EXPLAIN, SHOW or DESCRIBE";

/// A query that has been found to only read.
pub(crate) struct Sql {
    context: SessionContext,
    statement: Statement,
    /// Tables it names; empty where it asks about the tables themselves.
    pub tables: BTreeSet<String>,
}

/// What a query may look at.
pub(crate) struct Sight {
    pub history: PathBuf,
    pub manifest: Arc<Manifest>,
    pub hot: Arc<[Hot]>,
    pub words: Arc<[Arc<str>]>,
    /// Machine types that unsealed readings may be of.
    pub kinds: BTreeSet<String>,
    /// Records by table name, for the tables named.
    pub records: Vec<(&'static str, Vec<Outlined>)>,
    /// Newest values, where the query asks for them.
    pub last: Option<Vec<LastValue>>,
    /// Where the memory of its tables comes from.
    pub budget: Budget,
}

/// The surroundings of queries: memory is limited, nothing is written to disk.
///
/// # Errors
/// DataFusion cannot be set up.
pub(crate) fn surroundings(budget: &Budget) -> Result<Arc<RuntimeEnv>, StoreError> {
    use datafusion::execution::disk_manager::{DiskManagerBuilder, DiskManagerMode};
    RuntimeEnvBuilder::new()
        .with_memory_pool(Arc::new(Pool::new(budget)))
        .with_disk_manager_builder(DiskManagerBuilder::default().with_mode(DiskManagerMode::Disabled))
        .build_arc()
        .map_err(|e| StoreError::Query(e.to_string()))
}

/// A context for questions.
pub(crate) fn context(surroundings: Arc<RuntimeEnv>, threads: usize) -> SessionContext {
    let config = SessionConfig::new()
        .with_target_partitions(threads)
        .with_information_schema(true)
        .set_bool("datafusion.execution.parquet.pushdown_filters", true)
        .set_bool("datafusion.execution.collect_statistics", false);
    let state = SessionStateBuilder::new().with_config(config).with_runtime_env(surroundings).with_default_features();
    let context = SessionContext::new_with_state(state.with_physical_optimizer_rule(Arc::new(Pauses)).build());
    SWELLING.iter().for_each(|name| context.deregister_udf(name));
    context
}

impl Sql {
    /// Reads a query and refuses whatever does not only read, or is too heavy.
    ///
    /// # Errors
    /// The query is not understood, or would change something.
    pub(crate) fn read(context: SessionContext, query: &str) -> Result<Self, StoreError> {
        if query.len() > QUERY_BYTES_MAX {
            let found = query.len();
            return Err(StoreError::Query(format!("the query has {found} bytes, allowed are {QUERY_BYTES_MAX}")));
        }
        weigh::joints(query)?;
        let state = context.state();
        let dialect = state.config_options().sql_parser.dialect;
        let statement = state.sql_to_statement(query, &dialect).map_err(|e| unread(&e))?;
        weigh::tables(only_reading(&statement)?)?;
        let named = state.resolve_table_references(&statement).map_err(|e| refused(&e))?;
        let about_tables = |t: &TableReference| t.schema() == Some("information_schema");
        let all =
            named.iter().any(about_tables) || !matches!(&statement, Statement::Statement(s) if matches!(**s, Ast::Query(_)));
        let tables = if all { BTreeSet::new() } else { named.iter().map(|t| t.table().to_owned()).collect() };
        Ok(Self { context, statement, tables })
    }

    /// Whether a table must be there for the query.
    pub(crate) fn wants(&self, table: &str) -> bool {
        self.tables.is_empty() || self.tables.contains(table)
    }

    /// Begins to carry the query out.
    ///
    /// # Errors
    /// An unknown table or column, or a limit reached.
    pub(crate) async fn run(self, sight: &Sight) -> Result<SendableRecordBatchStream, StoreError> {
        let mut room = Room::new(&sight.budget);
        let plan = self.plan(sight, &mut room).await?;
        let frame = self.context.execute_logical_plan(plan).await.map_err(|e| refused(&e))?;
        let rows = frame.execute_stream().await.map_err(|e| refused(&e))?;
        // the tables live as long as the answer
        let schema = rows.schema();
        let held = rows.inspect(move |_| {
            let _room = &room;
        });
        Ok(Box::pin(RecordBatchStreamAdapter::new(schema, held)))
    }

    /// What the query would give, without carrying it out.
    ///
    /// # Errors
    /// As [`Self::run`].
    pub(crate) async fn shape(self, sight: &Sight) -> Result<SqlShape, StoreError> {
        let plan = self.plan(sight, &mut Room::new(&sight.budget)).await?;
        let columns = Arc::clone(plan.schema().inner());
        let options = self.context.state().config_options().catalog.clone();
        let catalog = self.context.catalog(&options.default_catalog);
        let mut tables = Vec::new();
        if let Some(schema) = catalog.and_then(|c| c.schema(&options.default_schema)) {
            for name in schema.table_names() {
                if let Some(table) = schema.table(&name).await.map_err(|e| refused(&e))? {
                    tables.push((name, table.schema()));
                }
            }
        }
        tables.sort_by(|a, b| a.0.cmp(&b.0));
        Ok(SqlShape { columns, tables })
    }

    /// How the query would be carried out; makes the tables that it names.
    async fn plan(&self, sight: &Sight, room: &mut Room) -> Result<LogicalPlan, StoreError> {
        let known = self.register(sight, room).map_err(|e| refused(&e))?;
        let planned = self.context.state().statement_to_plan(self.statement.clone()).await;
        let plan = planned.map_err(|e| explained(&e, &known))?;
        let reading = SQLOptions::new().with_allow_ddl(false).with_allow_dml(false).with_allow_statements(false);
        reading.verify_plan(&plan).map_err(|_| StoreError::Query(format!("this query would change something; {ALLOWED}")))?;
        Ok(plan)
    }

    /// Makes the tables that the query names; gives the names of all there are.
    fn register(&self, sight: &Sight, room: &mut Room) -> Result<Vec<String>, DataFusionError> {
        let mut types = hot_types(&sight.hot).map_err(lacking)?;
        types.extend(sight.manifest.files.iter().map(|f| f.machine_type.clone()));
        for (name, rows) in sight.records.iter().filter(|(name, _)| !types.contains(*name)) {
            room.take(rows.iter().map(outlined_bytes).sum()).map_err(lacking)?;
            self.context.register_table(*name, Arc::new(records_table(rows)?))?;
        }
        if let Some(last) = sight.last.as_ref().filter(|_| self.wants(LAST_TABLE) && !types.contains(LAST_TABLE)) {
            // the rows, and as much again as columns
            room.take(2 * size_of_val(last.as_slice())).map_err(lacking)?;
            self.context.register_table(LAST_TABLE, Arc::new(last_table(last)?))?;
        }
        for machine_type in types.iter().filter(|t| self.wants(t)) {
            let mut book = Book::new(&sight.manifest);
            let gathered = gather(&sight.hot, &mut book, Some(machine_type)).map_err(lacking)?;
            room.take(gathered.bytes()).map_err(lacking)?;
            let columns = book.columns.iter().enumerate().filter(|(_, c)| c.machine_type == *machine_type);
            let columns: Vec<_> = columns.map(|(place, c)| (place, c.clone())).collect();
            let schema = viewed(&wide::schema(columns.iter().map(|(_, c)| c)));
            let files: Vec<&PartFile> = sight.manifest.files.iter().filter(|f| f.machine_type == *machine_type).collect();
            let mut frames = Vec::new();
            if !files.is_empty() {
                frames.push(self.context.read_table(sealed(&sight.history, &files, &schema)?)?);
            }
            if gathered.tables.contains_key(machine_type.as_str()) {
                let rows = (gathered, Arc::clone(&sight.words));
                let unsealed = Unsealed::new(machine_type, rows, (columns, schema), &sight.budget);
                frames.push(self.context.read_table(unsealed.table()?)?);
            }
            if let Some(frame) = frames.into_iter().map(Ok).reduce(|a, b| a?.union(b?)) {
                self.context.register_table(TableReference::bare(machine_type.as_str()), frame?.into_view())?;
            }
        }
        types.extend(sight.kinds.iter().cloned());
        types.extend(RECORD_TABLES.map(|(name, _)| name.to_owned()));
        Ok(types.into_iter().collect())
    }
}

fn hot_types(hot: &[Hot]) -> Result<BTreeSet<String>, StoreError> {
    let mut types = BTreeSet::new();
    for hot in hot {
        let machines = &hot.catalogue.machines;
        let mut heard = vec![false; machines.len()];
        hot.each_of(
            |_| false,
            |_, _, batch| {
                heard.get_mut(batch.machine.index()).into_iter().for_each(|heard| *heard = true);
                Ok(())
            },
        )?;
        types.extend(machines.iter().zip(heard).filter(|(_, heard)| *heard).map(|((_, kind), _)| kind.clone()));
    }
    Ok(types)
}

fn only_reading(statement: &Statement) -> Result<&Ast, StoreError> {
    match statement {
        Statement::Statement(ast) => match **ast {
            Ast::Query(_) | Ast::ShowTables { .. } | Ast::ShowColumns { .. } | Ast::ExplainTable { .. } | Ast::Explain { .. } => {
                Ok(ast)
            }
            _ => Err(changing(statement)),
        },
        Statement::Explain(explain) => only_reading(&explain.statement),
        _ => Err(changing(statement)),
    }
}

fn changing(statement: &Statement) -> StoreError {
    StoreError::Query(format!("`{}` is refused; {ALLOWED}", first_words(statement)))
}

fn first_words(statement: &Statement) -> String {
    statement.to_string().split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

/// The next rows of an answer.
///
/// # Errors
/// The query fails on its way.
pub(crate) async fn next(stream: &mut SendableRecordBatchStream) -> Result<Option<RecordBatch>, StoreError> {
    stream.next().await.transpose().map_err(|e| refused(&e))
}

/// The whole answer, at most `rows_max` rows.
///
/// # Errors
/// The query fails on its way.
pub(crate) async fn table(mut stream: SendableRecordBatchStream, rows_max: usize) -> Result<SqlTable, StoreError> {
    let columns = stream.schema().fields().iter().map(|f| f.name().clone()).collect();
    let mut answer = SqlTable { columns, rows: Vec::new(), cut: false };
    while let Some(batch) = next(&mut stream).await? {
        answer.rows.extend(json::rows(&batch).map_err(|e| StoreError::Query(e.to_string()))?);
        if answer.rows.len() > rows_max {
            answer.cut = true;
            break;
        }
    }
    answer.rows.truncate(rows_max);
    Ok(answer)
}

fn records_table(rows: &[Outlined]) -> Result<MemTable, DataFusionError> {
    let text = |name: &str| Field::new(name, DataType::Utf8, false);
    let fields = vec![
        Field::new("number", DataType::Int64, false),
        Field::new("at", wide::time_type(), false),
        text("machine"),
        text("what"),
        text("state"),
        text("body"),
    ];
    let schema = Arc::new(Schema::new(fields));
    let texts = |pick: fn(&Outlined) -> &str| Arc::new(StringArray::from_iter_values(rows.iter().map(pick))) as ArrayRef;
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|r| r.2)).with_timezone(wide::ZONE);
    let numbers = datafusion::arrow::array::Int64Array::from_iter_values(rows.iter().map(|r| r.1));
    let arrays = vec![
        Arc::new(numbers) as ArrayRef,
        Arc::new(times) as ArrayRef,
        texts(|r| &r.3),
        texts(|r| &r.4),
        texts(|r| &r.5),
        texts(|r| &r.6),
    ];
    MemTable::try_new(Arc::clone(&schema), vec![vec![RecordBatch::try_new(schema, arrays)?]])
}

fn last_table(rows: &[LastValue]) -> Result<MemTable, DataFusionError> {
    let fields = vec![
        Field::new("machine", DataType::Utf8, false),
        Field::new("channel", DataType::Utf8, false),
        Field::new("at", wide::time_type(), false),
        Field::new("value", DataType::Float64, true),
        Field::new("word", DataType::Utf8, true),
        Field::new("quality", DataType::UInt8, false),
    ];
    let schema = Arc::new(Schema::new(fields));
    let times = TimestampMicrosecondArray::from_iter_values(rows.iter().map(|r| r.at.micros())).with_timezone(wide::ZONE);
    let arrays = vec![
        Arc::new(StringArray::from_iter_values(rows.iter().map(|r| &r.machine))) as ArrayRef,
        Arc::new(StringArray::from_iter_values(rows.iter().map(|r| &r.channel))),
        Arc::new(times),
        Arc::new(rows.iter().map(|r| r.value).collect::<Float64Array>()),
        Arc::new(rows.iter().map(|r| r.word.as_deref()).collect::<StringArray>()),
        Arc::new(rows.iter().map(|r| Some(r.quality.code())).collect::<UInt8Array>()),
    ];
    MemTable::try_new(Arc::clone(&schema), vec![vec![RecordBatch::try_new(schema, arrays)?]])
}

/// What the cellar says, as DataFusion says it.
pub(super) fn lacking(cause: StoreError) -> DataFusionError {
    DataFusionError::External(Box::new(cause))
}

/// What DataFusion says, without its inner workings.
fn refused(cause: &DataFusionError) -> StoreError {
    if let DataFusionError::External(cause) = cause.find_root()
        && let Some(ours) = cause.downcast_ref::<StoreError>()
    {
        return ours.clone();
    }
    let text = cause.strip_backtrace();
    if matches!(cause.find_root(), DataFusionError::ResourcesExhausted(_)) || text.contains("cannot spill") {
        return StoreError::no_room();
    }
    StoreError::Query(text.lines().next().unwrap_or_default().to_owned())
}

/// Why a query could not be read.
fn unread(cause: &DataFusionError) -> StoreError {
    match cause.find_root() {
        DataFusionError::NotImplemented(_) => StoreError::Query(format!("this is more than one statement; {ALLOWED}")),
        DataFusionError::SQL(cause, _) => StoreError::Query(format!("the query is not understood: {}", inner_words(cause))),
        other => refused(other),
    }
}

fn inner_words(cause: &ParserError) -> &str {
    match cause {
        ParserError::ParserError(words) | ParserError::TokenizerError(words) => words,
        ParserError::RecursionLimitExceeded => "it is nested too deeply",
    }
}

fn explained(cause: &DataFusionError, known: &[String]) -> StoreError {
    let text = cause.strip_backtrace();
    if !text.contains("not found") || !text.contains("table") {
        return refused(cause);
    }
    let first = text.lines().next().unwrap_or_default();
    StoreError::Query(format!("{first}; there are: {}", known.join(", ")))
}

/// A schema with words as views: what DataFusion groups and compares fastest.
fn viewed(schema: &SchemaRef) -> SchemaRef {
    let view = |field: &Arc<Field>| match field.data_type() {
        DataType::Dictionary(..) => Arc::new(field.as_ref().clone().with_data_type(DataType::Utf8View)),
        _ => Arc::clone(field),
    };
    Arc::new(Schema::new(schema.fields().iter().map(view).collect::<Vec<_>>()))
}

/// Sealed files as one table; columns that a file lacks are null.
fn sealed(history: &Path, files: &[&PartFile], schema: &SchemaRef) -> Result<Arc<ListingTable>, DataFusionError> {
    let urls = files.iter().map(|f| ListingTableUrl::parse(history.join(&f.path).to_string_lossy()));
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls.collect::<Result<_, _>>()?)
        .with_listing_options(options)
        .with_schema(Arc::clone(schema));
    Ok(Arc::new(ListingTable::try_new(config)?))
}
