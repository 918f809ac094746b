//! The rows of an answer. Enters: the pieces of an Arrow stream as the house writes them. Leaves: messages of Flight, made when the
//! reader takes them, so that a slow reader slows the query. Absent: the query.

use crate::house::SqlBody;
use crate::reply::Refusal;
use arrow::array::RecordBatch;
use arrow::buffer::Buffer;
use arrow::compute::cast;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::ipc::reader::StreamDecoder;
use arrow_flight::FlightData;
use arrow_flight::encode::FlightDataEncoderBuilder;
use arrow_flight::error::FlightError;
use bytes::Bytes;
use futures::stream::{self, BoxStream, Fuse};
use futures::{Stream, StreamExt, TryStreamExt};
use std::sync::Arc;
use tonic::Status;

/// Messages of an answer.
pub type Messages = BoxStream<'static, Result<FlightData, Status>>;

/// The columns as BI tools know them: words as plain UTF-8, which older drivers can read, instead of views or dictionaries.
pub fn plain(schema: &Schema) -> SchemaRef {
    let column = |field: &Arc<Field>| {
        let kind = match field.data_type() {
            DataType::Utf8View => DataType::Utf8,
            DataType::BinaryView => DataType::Binary,
            DataType::Dictionary(_, words) => (**words).clone(),
            kind => kind.clone(),
        };
        Field::new(field.name(), kind, field.is_nullable())
    };
    Arc::new(Schema::new(schema.fields().iter().map(column).collect::<Vec<_>>()))
}

/// The messages of an answer whose pieces are one Arrow stream.
///
/// # Errors
/// The stream breaks off before its columns are known.
pub async fn messages(pieces: SqlBody) -> Result<Messages, Status> {
    let mut reading = Reading { pieces: pieces.fuse(), decoder: StreamDecoder::new(), left: Buffer::from(Bytes::new()) };
    let first = reading.next().await?;
    let columns = reading.decoder.schema().ok_or_else(|| Status::internal("the answer has no columns"))?;
    let rest = stream::try_unfold(reading, |mut reading| async move { Ok(reading.next().await?.map(|batch| (batch, reading))) });
    let batches = stream::iter(first.map(Ok)).chain(rest);
    let columns = plain(&columns);
    let schema = Arc::clone(&columns);
    Ok(encoded(schema, batches.and_then(move |batch| std::future::ready(plainly(&batch, &columns).map_err(broken)))))
}

/// The messages of one batch.
pub fn one(batch: RecordBatch) -> Messages {
    encoded(batch.schema(), stream::iter([Ok(batch)]))
}

fn encoded(schema: SchemaRef, batches: impl Stream<Item = Result<RecordBatch, Status>> + Send + 'static) -> Messages {
    let batches = batches.map_err(|status| FlightError::Tonic(Box::new(status)));
    FlightDataEncoderBuilder::new().with_schema(schema).build(batches).map_err(Status::from).boxed()
}

fn plainly(batch: &RecordBatch, columns: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let cast = batch.columns().iter().zip(columns.fields()).map(|(array, field)| cast(array, field.data_type()));
    let options = arrow::array::RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
    RecordBatch::try_new_with_options(Arc::clone(columns), cast.collect::<Result<_, _>>()?, &options)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of map_err")]
fn broken(cause: ArrowError) -> Status {
    Status::internal(format!("the answer cannot be read: {cause}"))
}

/// An Arrow stream that is read piece by piece.
struct Reading {
    /// May be asked again after their end, which an answer without rows reaches at once.
    pieces: Fuse<SqlBody>,
    decoder: StreamDecoder,
    left: Buffer,
}

impl Reading {
    /// The next batch; the columns are known when this has answered.
    async fn next(&mut self) -> Result<Option<RecordBatch>, Status> {
        loop {
            if let Some(batch) = self.decoder.decode(&mut self.left).map_err(broken)? {
                return Ok(Some(batch));
            }
            match self.pieces.next().await {
                Some(piece) => self.left = Buffer::from(piece.map_err(Refusal::from)?),
                None => return Ok(None),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::house::HouseError;
    use arrow::ipc::writer::StreamWriter;

    /// The pieces of an answer with this many rows, cut anywhere, and the error it ends with.
    fn pieces(rows: i64, error: Option<HouseError>) -> SqlBody {
        let column = Arc::new(arrow::array::Int64Array::from_iter_values(0..rows)) as arrow::array::ArrayRef;
        let batch = RecordBatch::try_from_iter([("n", column)]).expect("a batch");
        let mut writer = StreamWriter::try_new(Vec::new(), &batch.schema()).expect("a stream");
        writer.write(&batch).expect("rows");
        let whole = writer.into_inner().expect("the whole");
        let cut: Vec<_> = whole.chunks(7).map(|piece| Ok(Bytes::copy_from_slice(piece))).chain(error.map(Err)).collect();
        // as the house gives them: it must not be asked again after its end
        stream::unfold(cut.into_iter(), |mut left| async move { Some((left.next()?, left)) }).boxed()
    }

    #[tokio::test]
    async fn an_answer_without_rows_still_tells_its_columns() {
        for (rows, wanted) in [(0, 1), (3, 2)] {
            let messages: Vec<_> = messages(pieces(rows, None)).await.expect("columns").try_collect().await.expect("whole");
            assert!(messages.len() >= wanted, "{rows} rows: {} messages", messages.len());
        }
    }

    #[tokio::test]
    async fn an_answer_that_breaks_off_ends_with_the_sentence() {
        let error = HouseError::Invalid("the query took longer than 30 s".to_owned());
        let broken = messages(pieces(3, Some(error))).await.expect("columns").try_collect::<Vec<_>>().await;
        assert_eq!(broken.expect_err("an error").message(), "the query took longer than 30 s");
    }
}
