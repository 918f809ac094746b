//! Unsealed readings of a machine type as a table of which rows are made as they are read: a question over a long journal holds
//! the entries of the journal, and of wide rows, for each reader, only the batch on its way.
//!
//! Enters: gathered readings, the columns to give. Leaves: a table for DataFusion. Absent: sealed files; threads, as rows are made
//! by the one that wants them.

use super::gather::Gathered;
use super::manifest::Column;
use super::room::Room;
use super::rows::Emitter;
use super::sql::lacking;
use super::wide::BATCH_ROWS;
use crate::StoreError;
use datafusion::arrow::array::RecordBatch;
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::SchemaRef;
use datafusion::catalog::streaming::StreamingTable;
use datafusion::error::DataFusionError;
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_plan::stream::RecordBatchStreamAdapter;
use datafusion::physical_plan::streaming::PartitionStream;
use futures::stream;
use measure::Budget;
use std::fmt;
use std::sync::Arc;

/// A row of a batch while it is made takes two times and a machine [bytes].
const ROW_BYTES: usize = 8 + 8 + 4;
/// A value takes a number, a quality and the mark that it is there [bytes].
const VALUE_BYTES: usize = 8 + 1 + 1;

/// The unsealed readings of one machine type.
pub(super) struct Unsealed {
    machine_type: String,
    gathered: Arc<Gathered>,
    words: Arc<[Arc<str>]>,
    columns: Vec<(usize, Column)>,
    schema: SchemaRef,
    budget: Budget,
}

impl Unsealed {
    /// Rows of the machine type with these columns (place in the book, column), in a schema of as many fields; the memory of
    /// rows comes from the budget.
    pub(super) fn new(
        machine_type: &str,
        (gathered, words): (Gathered, Arc<[Arc<str>]>),
        (columns, schema): (Vec<(usize, Column)>, SchemaRef),
        budget: &Budget,
    ) -> Self {
        let (machine_type, gathered, budget) = (machine_type.to_owned(), Arc::new(gathered), budget.clone());
        Self { machine_type, gathered, words, columns, schema, budget }
    }

    /// As a table.
    ///
    /// # Errors
    /// None that is known.
    pub(super) fn table(self) -> Result<Arc<StreamingTable>, DataFusionError> {
        let schema = Arc::clone(&self.schema);
        Ok(Arc::new(StreamingTable::try_new(schema, vec![Arc::new(self)])?))
    }

    fn reader(&self) -> Reader {
        let mut emitter = Emitter::new(&self.gathered, &self.machine_type, &self.words, Some(self.budget.clone()));
        emitter.begin(i64::MAX, &self.columns);
        let batch_bytes = BATCH_ROWS * (ROW_BYTES + VALUE_BYTES * self.columns.len());
        Reader { emitter, schema: Arc::clone(&self.schema), room: Room::new(&self.budget), batch_bytes }
    }
}

/// One reading of the table.
struct Reader {
    emitter: Emitter,
    schema: SchemaRef,
    /// Of the batch on its way.
    room: Room,
    batch_bytes: usize,
}

impl Reader {
    fn next(&mut self) -> Result<Option<RecordBatch>, StoreError> {
        self.room.hold(self.batch_bytes)?;
        let Some(batch) = self.emitter.next()? else { return Ok(None) };
        let arrays = batch.columns().iter().zip(self.schema.fields()).map(|(array, field)| cast(array, field.data_type()));
        let arrays = arrays.collect::<Result<Vec<_>, _>>();
        let viewed = arrays.and_then(|arrays| RecordBatch::try_new(Arc::clone(&self.schema), arrays));
        viewed.map(Some).map_err(|e| StoreError::Query(e.to_string()))
    }
}

impl fmt::Debug for Unsealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unsealed {}", self.machine_type)
    }
}

impl PartitionStream for Unsealed {
    fn schema(&self) -> &SchemaRef {
        &self.schema
    }
    fn execute(&self, _: Arc<TaskContext>) -> SendableRecordBatchStream {
        let rows = stream::try_unfold(self.reader(), |mut reader| async move {
            let batch = reader.next().map_err(lacking)?;
            Ok(batch.map(|batch| (batch, reader)))
        });
        Box::pin(RecordBatchStreamAdapter::new(Arc::clone(&self.schema), rows))
    }
}
