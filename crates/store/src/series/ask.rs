//! Questions about one channel over a part of time: hot and sealed readings together, each exactly once.

use super::manifest::{Manifest, PartFile};
use super::wide::{self, word};
use crate::live::HotSegment;
use crate::{Bucket, StoreError};
use datafusion::arrow::array::{Array, AsArray, RecordBatch};
use datafusion::arrow::datatypes::{DataType, Float64Type, TimestampMicrosecondType, UInt8Type};
use datafusion::dataframe::DataFrame;
use datafusion::datasource::file_format::parquet::ParquetFormat;
use datafusion::datasource::listing::{ListingOptions, ListingTable, ListingTableConfig, ListingTableUrl};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::{col, lit};
use datafusion::prelude::SessionContext;
use datafusion::scalar::ScalarValue;
use futures::StreamExt;
use measure::Instant;
use plant::{ChannelId, Plant, Quality};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A question about one channel, with all it needs.
pub(crate) struct Ask {
    pub history: PathBuf,
    pub journal: PathBuf,
    pub manifest: Arc<Manifest>,
    pub segments: Vec<HotSegment>,
    pub words: Vec<Arc<str>>,
    pub machine: String,
    pub machine_type: String,
    pub channel: String,
    pub word: bool,
    pub from: i64,
    pub to: i64,
}

impl Ask {
    /// A question about a channel of the present plant.
    ///
    /// # Errors
    /// The channel is not in the plant.
    pub(crate) fn new(plant: &Plant, channel: ChannelId, from: Instant, to: Instant) -> Result<Self, StoreError> {
        let channel = plant
            .channels
            .get(channel.index())
            .ok_or_else(|| StoreError::Query(format!("channel number {} is not in the plant", channel.0)))?;
        let machine = plant.machine(channel.machine);
        Ok(Self {
            history: PathBuf::new(),
            journal: PathBuf::new(),
            manifest: Arc::default(),
            segments: Vec::new(),
            words: Vec::new(),
            machine: machine.name.clone(),
            machine_type: machine.kind.clone(),
            channel: channel.name.clone(),
            word: channel.kind.is_word(),
            from: from.micros(),
            to: to.micros(),
        })
    }

    /// Numbers in at most `points` buckets of equal length; empty ones are left out, bad readings do not count.
    pub(crate) async fn buckets(&self, context: &SessionContext, points: usize) -> Result<Vec<Bucket>, StoreError> {
        let span = self.to.saturating_sub(self.from);
        if points == 0 || span <= 0 {
            return Ok(Vec::new());
        }
        let width = span / points as i64 + i64::from(span % points as i64 != 0);
        let mut sums: Vec<Option<Bucket>> = vec![None; points];
        let mut add = |at: i64, value: f64| {
            let place = ((at - self.from) / width) as usize;
            let start = Instant::from_micros(self.from + place as i64 * width);
            let sum = sums[place].get_or_insert(Bucket { at: start, mean: 0.0, low: value, high: value, count: 0 });
            sum.count += 1;
            sum.mean += (value - sum.mean) / sum.count as f64;
            sum.low = sum.low.min(value);
            sum.high = sum.high.max(value);
        };
        self.each_sealed(context, |batch| {
            let times = batch.column(0).as_primitive::<TimestampMicrosecondType>();
            let values = batch.column(1).as_primitive::<Float64Type>();
            (0..batch.num_rows()).filter(|row| usable(batch, *row)).for_each(|row| add(times.value(row), values.value(row)));
        })
        .await?;
        self.each_hot(&mut add)?;
        Ok(sums.into_iter().flatten().collect())
    }

    /// Words with their source times, oldest first, at most the newest `limit`; bad readings do not count. A word that only
    /// repeats the one before is left out where `changes` is set.
    pub(crate) async fn words(
        &self,
        context: &SessionContext,
        limit: usize,
        changes: bool,
    ) -> Result<Vec<(Instant, Arc<str>)>, StoreError> {
        let mut found: Vec<(i64, Arc<str>)> = Vec::new();
        self.each_sealed(context, |batch| {
            let times = batch.column(0).as_primitive::<TimestampMicrosecondType>();
            let texts = batch.column(1).as_string::<i32>();
            let rows = (0..batch.num_rows()).filter(|row| usable(batch, *row));
            found.extend(rows.map(|row| (times.value(row), Arc::from(texts.value(row)))));
        })
        .await?;
        self.each_hot(&mut |at, value| found.push((at, Arc::from(word(&self.words, value)))))?;
        found.sort_by_key(|(at, _)| *at);
        if changes {
            found.dedup_by(|later, earlier| later.1 == earlier.1);
        }
        let cut = found.len().saturating_sub(limit);
        Ok(found.drain(cut..).map(|(at, word)| (Instant::from_micros(at), word)).collect())
    }

    fn each_hot(&self, each: &mut dyn FnMut(i64, f64)) -> Result<(), StoreError> {
        for segment in &self.segments {
            let names = &segment.catalogue;
            let Some(machine) = names.machines.iter().position(|(name, _)| *name == self.machine) else { continue };
            let wanted =
                |c: &crate::form::NamedChannel| c.machine as usize == machine && c.name == self.channel && c.word == self.word;
            let Some(channel) = names.channels.iter().position(wanted) else { continue };
            for batch in segment.load(&self.journal)?.iter().filter(|b| b.machine.index() == machine) {
                for reading in batch.iter().filter(|r| r.channel.index() == channel && r.quality != Quality::Bad) {
                    let at = reading.at.micros();
                    if (self.from..self.to).contains(&at) {
                        each(at, reading.value);
                    }
                }
            }
        }
        Ok(())
    }

    /// Batches of (time, value, quality if there is any) from sealed files.
    async fn each_sealed(&self, context: &SessionContext, mut each: impl FnMut(&RecordBatch)) -> Result<(), StoreError> {
        let columns = &self.manifest.columns;
        let column =
            columns.iter().find(|c| c.machine_type == self.machine_type && c.channel == self.channel && c.word == self.word);
        let touched = |f: &&PartFile| f.machine_type == self.machine_type && f.first_at < self.to && f.last_at >= self.from;
        let files: Vec<&PartFile> = self.manifest.files.iter().filter(touched).collect();
        let (Some(column), false) = (column, files.is_empty()) else { return Ok(()) };
        let wrong = |e: DataFusionError| StoreError::form(format!("history of {}/{}", self.machine, self.channel), &e);
        let table = sealed(&self.history, &files, &wide::schema(std::iter::once(column))).map_err(wrong)?;
        let frame = context.read_table(table).map_err(wrong)?;
        let mut rows = self.selected(frame, column).map_err(wrong)?.execute_stream().await.map_err(wrong)?;
        while let Some(batch) = rows.next().await {
            each(&batch.map_err(wrong)?);
        }
        Ok(())
    }

    fn selected(&self, frame: DataFrame, column: &super::Column) -> Result<DataFrame, DataFusionError> {
        let value = col(format!("\"{}\"", column.name));
        let value = if self.word { datafusion::logical_expr::cast(value, DataType::Utf8) } else { value };
        let mut picked = vec![col("at"), value.clone()];
        if column.quality {
            picked.push(col(format!("\"{}\"", column.quality_name())));
        }
        let time = |micros| lit(ScalarValue::TimestampMicrosecond(Some(micros), Some(wide::ZONE.into())));
        let wanted = col("machine").eq(lit(self.machine.as_str()));
        let wanted = wanted.and(col("at").gt_eq(time(self.from))).and(col("at").lt(time(self.to)));
        frame.filter(wanted.and(value.is_not_null()))?.select(picked)
    }
}

/// Whether the value of a row counts: its quality, where there is a column for it, is not bad.
fn usable(batch: &RecordBatch, row: usize) -> bool {
    let Some(quality) = batch.columns().get(2) else { return true };
    let quality = quality.as_primitive::<UInt8Type>();
    quality.is_null(row) || Quality::from_code(quality.value(row)) != Quality::Bad
}

/// Sealed files as one table; columns that a file lacks are null.
pub(super) fn sealed(
    history: &Path,
    files: &[&PartFile],
    schema: &datafusion::arrow::datatypes::SchemaRef,
) -> Result<Arc<ListingTable>, DataFusionError> {
    let urls = files.iter().map(|f| ListingTableUrl::parse(history.join(&f.path).to_string_lossy()));
    let options = ListingOptions::new(Arc::new(ParquetFormat::default())).with_file_extension(".parquet");
    let config = ListingTableConfig::new_with_multi_paths(urls.collect::<Result<_, _>>()?)
        .with_listing_options(options)
        .with_schema(Arc::clone(schema));
    Ok(Arc::new(ListingTable::try_new(config)?))
}
