//! Keeping history in few files: many small files of a day are joined into one, days beyond the limit are given up.

use super::ask::sealed;
use super::manifest::{Manifest, PartFile};
use super::{files, seal, wide};
use crate::StoreError;
use datafusion::error::DataFusionError;
use datafusion::prelude::{SessionContext, col};
use measure::Instant;
use std::collections::BTreeMap;
use std::path::Path;

/// Files of one day and type that are joined when there are this many.
const JOIN_FROM: usize = 12;
/// Files at least this large are left as they are [bytes].
const SMALL_BYTES: u64 = 32 << 20;
/// Most rows of one join.
const JOIN_ROWS_MAX: u64 = 500_000;

/// The small files of one day and type that are worth joining, the first such group.
pub(crate) fn join_candidates(manifest: &Manifest) -> Option<Vec<PartFile>> {
    let mut groups: BTreeMap<&str, Vec<&PartFile>> = BTreeMap::new();
    for file in manifest.files.iter().filter(|f| f.bytes < SMALL_BYTES) {
        groups.entry(file.path.rsplit_once('/').map_or("", |(dir, _)| dir)).or_default().push(file);
    }
    for (_, mut group) in groups {
        group.sort_by_key(|f| f.rows);
        let mut rows = 0;
        let fits = |f: &&&PartFile| {
            rows += f.rows;
            rows <= JOIN_ROWS_MAX
        };
        let group: Vec<PartFile> = group.iter().take_while(fits).map(|f| (*f).clone()).collect();
        if group.len() >= JOIN_FROM {
            return Some(group);
        }
    }
    None
}

/// Writes one file with the rows of all, by machine and source time.
///
/// # Errors
/// The disk refuses, or memory does not suffice; nothing has changed then.
pub(crate) async fn write_joined(
    context: &SessionContext,
    history: &Path,
    manifest: &Manifest,
    (site, parts): (&str, &[PartFile]),
) -> Result<PartFile, StoreError> {
    let first = parts.first().ok_or_else(|| StoreError::form("a join", "no files"))?;
    let wrong = |e: DataFusionError| StoreError::form(format!("a join of {} files of {}", parts.len(), first.machine_type), &e);
    let columns = manifest.columns.iter().filter(|c| c.machine_type == first.machine_type);
    let files: Vec<&PartFile> = parts.iter().collect();
    let schema = wide::schema(columns);
    let frame = context.read_table(sealed(history, &files, &schema).map_err(wrong)?).map_err(wrong)?;
    let order = vec![col("machine").sort(true, false), col("at").sort(true, false)];
    let rows = frame.sort(order).map_err(wrong)?.collect().await.map_err(wrong)?;
    let highest = parts.iter().filter_map(|p| files::number(Path::new(&p.path))).max().unwrap_or(0);
    let dir = first.path.rsplit_once('/').map_or("", |(dir, _)| dir);
    let path = format!("{dir}/part-{highest:08}j.parquet");
    let (target, written, site) = (history.join(&path), rows, site.to_owned());
    let (bytes, bounds) = tokio::task::spawn_blocking(move || {
        let bounds = seal::bounds(&written);
        seal::write_file(&target, &site, &schema, &written).map(|bytes| (bytes, bounds))
    })
    .await
    .map_err(|e| StoreError::form("a join", &e))??;
    Ok(PartFile {
        path,
        machine_type: first.machine_type.clone(),
        first_at: bounds.0,
        last_at: bounds.1,
        rows: parts.iter().map(|p| p.rows).sum(),
        readings: parts.iter().map(|p| p.readings).sum(),
        bytes,
    })
}

/// Files whose newest reading is more than `days` days before `now`; none where `days` is 0.
pub(crate) fn expired(manifest: &Manifest, now: Instant, days: u32) -> Vec<PartFile> {
    let from = seal::kept_from(now, days);
    manifest.files.iter().filter(|f| days > 0 && f.last_at < from).cloned().collect()
}
