//! Unsealed readings of a machine type as a table of which rows are made as they are read: a question over a long journal holds
//! the entries of the journal, and of wide rows only the few batches on their way.
//!
//! Enters: gathered readings, the columns to give. Leaves: a table for DataFusion. Absent: sealed files, memory's limits (`sql`).

use super::gather::Gathered;
use super::manifest::Column;
use super::rows::Emitter;
use super::sql::lacking;
use crate::StoreError;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::streaming::PartitionStream;
use std::fmt;
use std::sync::Arc;

/// Batches that wait for their reader.
const WAITING_MAX: usize = 2;

/// The unsealed readings of one machine type.
pub(super) struct Unsealed(Arc<Source>, SchemaRef);

/// What rows are made of.
struct Source {
    machine_type: String,
    gathered: Gathered,
    words: Arc<[Arc<str>]>,
    columns: Vec<(usize, Column)>,
}

impl Unsealed {
    /// Rows of the machine type with these columns (place in the book, column), in a schema of as many fields.
    pub(super) fn new(
        machine_type: &str,
        (gathered, words): (Gathered, Arc<[Arc<str>]>),
        (columns, schema): (Vec<(usize, Column)>, SchemaRef),
    ) -> Self {
        Self(Arc::new(Source { machine_type: machine_type.to_owned(), gathered, words, columns }), schema)
    }

    /// As a table.
    ///
    /// # Errors
    /// None that is known.
    pub(super) fn table(self) -> Result<Arc<StreamingTable>, DataFusionError> {
        let schema = Arc::clone(&self.1);
        Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(self)])?))
    }
}

impl Source {
    /// Hands on all rows, until `take` refuses one.
    fn each(&self, schema: &SchemaRef, take: &mut impl FnMut(RecordBatch) -> Result<(), StoreError>) -> Result<(), StoreError> {
        let Some(table) = self.gathered.tables.get(&self.machine_type) else { return Ok(()) };
        Emitter::new(&self.gathered, table, &self.words)?.until(i64::MAX, &self.columns, &mut |batch| {
            let arrays = batch.columns().iter().zip(schema.fields()).map(|(array, field)| cast(array, field.data_type()));
            let arrays = arrays.collect::<Result<Vec<_>, _>>();
            let viewed = arrays.and_then(|arrays| RecordBatch::try_new(Arc::clone(schema), arrays));
            take(viewed.map_err(|e| StoreError::Query(e.to_string()))?)
        })
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unsealed {}", self.0.machine_type)
    }
}

impl PartitionStream for Unsealed {
    fn schema(&self) -> &SchemaRef {
        &self.1
    }
    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let mut rows = RecordBatchReceiverStreamBuilder::new(Arc::clone(&self.1), WAITING_MAX);
        let (source, schema, reader) = (Arc::clone(&self.0), Arc::clone(&self.1), rows.tx());
        rows.spawn_blocking(move || {
            // a reader that has gone has all that it wants
            let told = source.each(&schema, &mut |batch| reader.blocking_send(Ok(batch)).map_err(|_| StoreError::Closed));
            told.or_else(|cause| if reader.is_closed() { Ok(()) } else { Err(lacking(cause)) })
        });
        rows.build()
    }
}
