//! Sealing: what moves, what stays, and that nothing is lost or doubled.

use crate::fixture::{ALARM, GOOD, POWER, STATE, at, batch, batches, open, plant, rows, tight, words};
use crate::restart::{reopen, reopen_as};
use datafusion::arrow::array::{Array, AsArray};
use datafusion::arrow::datatypes::{Int32Type, TimestampMicrosecondType};
use datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use measure::Chance;
use plant::{Batch, Quality};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use store::StoreLimits;

const DAY: i64 = 86_400;

fn parts(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut waiting = vec![dir.join("history")];
    while let Some(dir) = waiting.pop() {
        for entry in std::fs::read_dir(dir).expect("a directory") {
            let path = entry.expect("an entry").path();
            if path.is_dir() { waiting.push(path) } else { found.push(path) }
        }
    }
    found.sort();
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn channels_of_one_instant_stand_in_one_row_sorted_by_machine_and_time() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let late = batch(0, &[(POWER, 1, 700.0), (GOOD, 1, 3.0)]);
    let mut doubtful = batch(0, &[(POWER, 2, 710.0)]);
    doubtful.qualities[0] = Quality::Uncertain;
    let twice = batch(0, &[(POWER, 2, 711.0), (GOOD, 2, 4.0)]);
    let batches = vec![batch(1, &[(STATE, 5, 0.0)]), doubtful, twice, late];
    store.append(words(0, &["running"]), batches).await.expect("stored");
    let query = "select machine, cast(at as varchar) as t, power, power__q, good, state from milling";
    let ordered = format!("{query} order by machine, at, power");
    let wanted = "[\"mill-1\",\"2026-03-02T06:00:01Z\",700.0,0,3.0,null]\n[\"mill-1\",\"2026-03-02T06:00:02Z\",710.0,1,4.0,null]\n\
                  [\"mill-1\",\"2026-03-02T06:00:02Z\",711.0,0,null,null]\n[\"mill-2\",\"2026-03-02T06:00:05Z\",null,null,null,\"running\"]";
    assert_eq!(rows(&store, &ordered).await, wanted, "hot");
    let report = store.seal(&plant(), at(100)).await.expect("sealed");
    assert_eq!((report.segments, report.readings, report.files), (1, 6, 1));
    assert_eq!(rows(&store, query).await, wanted, "sealed, and sorted in the file");
    assert_eq!(parts(dir.path()), [dir.path().join("history/milling/date=2026-03-02/part-00000001.parquet")]);
    let figures = store.figures();
    assert_eq!((figures.history_files, figures.history_readings), (1, 6));
}

#[tokio::test(flavor = "multi_thread")]
async fn each_type_and_day_has_its_own_file() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let batches = vec![batch(0, &[(POWER, -7 * 3_600, 1.0), (POWER, 0, 2.0)]), batch(2, &[(POWER, DAY, 3.0)])];
    store.append(Vec::new(), batches).await.expect("stored");
    store.seal(&plant(), at(2 * DAY)).await.expect("sealed");
    let names: Vec<String> =
        parts(dir.path()).iter().map(|p| p.strip_prefix(dir.path()).expect("below").display().to_string()).collect();
    assert_eq!(
        names,
        [
            "history/milling/date=2026-03-01/part-00000001.parquet",
            "history/milling/date=2026-03-02/part-00000001.parquet",
            "history/oven/date=2026-03-03/part-00000001.parquet"
        ]
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn only_what_is_due_is_sealed() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 10, 1.0)])]).await.expect("stored");
    assert_eq!(store.seal(&plant(), at(5)).await.expect("sealed").segments, 0);
    store.append(Vec::new(), vec![batch(0, &[(POWER, 20, 2.0)])]).await.expect("stored");
    assert_eq!(store.seal(&plant(), at(15)).await.expect("sealed").segments, 0, "its last reading is not due");
    store.append(Vec::new(), vec![batch(0, &[(POWER, 30, 3.0)])]).await.expect("stored");
    assert_eq!(store.seal(&plant(), at(25)).await.expect("sealed").readings, 2);
    assert_eq!(rows(&store, "select count(power), sum(power) from milling").await, "[3,6.0]");
    drop(store);
    let (store, found) = reopen(dir.path()).await;
    assert_eq!(batches(&found).len(), 1);
    assert_eq!(rows(&store, "select count(power), sum(power) from milling").await, "[3,6.0]");
}

#[tokio::test(flavor = "multi_thread")]
async fn many_small_files_of_a_day_become_one() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    for i in 0..40 {
        store.append(words(0, &["running"]), vec![batch(0, &[(POWER, i, 1.0), (STATE, i, 0.0)])]).await.expect("stored");
        store.seal(&plant(), at(i)).await.expect("sealed");
    }
    assert!(store.figures().history_files < 12, "{:?}", store.figures());
    store.seal(&plant(), at(40)).await.expect("sealed, and the replaced ones deleted");
    assert_eq!(parts(dir.path()).len() as u64, store.figures().history_files);
    let query = "select count(*), sum(power), count(distinct at), min(state) from milling";
    assert_eq!(rows(&store, query).await, r#"[40,40.0,40,"running"]"#);
    drop(store);
    let (store, _) = reopen(dir.path()).await;
    assert_eq!(rows(&store, query).await, r#"[40,40.0,40,"running"]"#);
}

/// Readings in no order over three days, of doubtful quality here and there, some of one channel at one time.
fn jumble(chance: &mut Chance, count: usize) -> Vec<Batch> {
    let one = |chance: &mut Chance| {
        let place = [POWER, GOOD, STATE][chance.below(3) as usize];
        let seconds = (chance.below(3) as i64 - 1) * DAY + chance.below(40) as i64;
        let mut batch = batch(chance.below(2) as u32, &[(place, seconds, chance.below(3) as f64)]);
        batch.received = at(2 * DAY);
        batch.qualities[0] = Quality::from_code(chance.below(20).saturating_sub(17) as u8);
        batch
    };
    (0..count).map(|_| one(chance)).collect()
}

/// Machine and time of every row of a file.
fn keys(path: &Path) -> Vec<(String, i64)> {
    let file = std::fs::File::open(path).expect("a file");
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).expect("Parquet").build().expect("a reader");
    let mut keys = Vec::new();
    for batch in reader.map(|b| b.expect("rows")) {
        let names = batch.column_by_name("machine").expect("machine").as_dictionary::<Int32Type>().clone();
        let names = names.downcast_dict::<datafusion::arrow::array::StringArray>().expect("text");
        let times = batch.column_by_name("at").expect("at").as_primitive::<TimestampMicrosecondType>();
        keys.extend(names.into_iter().flatten().map(ToOwned::to_owned).zip(times.values().iter().copied()));
        assert_eq!(times.null_count(), 0);
    }
    keys
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_comes_is_in_history_once_and_every_file_is_sorted() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let mut chance = Chance::seeded(3);
    let mut wanted: BTreeMap<(u32, u32, u8), (i64, i64)> = BTreeMap::new();
    store.append(words(0, &["a", "b", "c"]), Vec::new()).await.expect("stored");
    let mut joined = 0;
    for _ in 0..30 {
        let batches = jumble(&mut chance, 200);
        for (batch, reading) in batches.iter().flat_map(|b| b.iter().map(move |r| (b, r))) {
            let key = (batch.machine.0, reading.channel.0 % 4, reading.quality.code());
            let sum = wanted.entry(key).or_default();
            *sum = (sum.0 + 1, sum.1 + reading.value as i64);
        }
        store.append(Vec::new(), batches).await.expect("stored");
        joined += store.seal(&plant(), at(3 * DAY)).await.expect("sealed").joined;
    }
    assert!(joined >= 24, "{joined} files were joined");
    for (machine, name) in [(0, "mill-1"), (1, "mill-2")] {
        for (place, number) in [(POWER, "power"), (GOOD, "good"), (STATE, "ascii(state) - 97")] {
            let column = number.trim_start_matches("ascii(").split(')').next().unwrap_or(number);
            let query = format!(
                "select coalesce({column}__q, 0) as q, count(*), cast(sum({number}) as bigint) from milling \
                 where machine = '{name}' and {column} is not null group by 1 order by 1"
            );
            let of = wanted.iter().filter(|((m, p, _), _)| (*m, *p) == (machine, place));
            let said: Vec<String> = of.map(|((_, _, q), (count, sum))| format!("[{q},{count},{sum}]")).collect();
            assert_eq!(rows(&store, &query).await, said.join("\n"), "{column} of {name}");
        }
    }
    for path in parts(dir.path()) {
        assert!(keys(&path).is_sorted(), "{}", path.display());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn days_beyond_the_limit_are_given_up() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = StoreLimits { history_days: 3, ..tight() };
    let (store, _) = reopen_as(dir.path(), &plant(), limits).await;
    for day in 0..10 {
        store.append(Vec::new(), vec![batch(0, &[(POWER, day * DAY, 1.0)])]).await.expect("stored");
        store.seal(&plant(), at(day * DAY)).await.expect("sealed");
    }
    let query = "select cast(min(at) as varchar), count(*) from milling";
    assert_eq!(rows(&store, query).await, r#"["2026-03-08T06:00:00Z",4]"#);
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_beyond_the_limit_are_given_up_oldest_first() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    for day in 0..5 {
        store.append(Vec::new(), vec![batch(0, &[(POWER, day * DAY, day as f64)])]).await.expect("stored");
        store.seal(&plant(), at(day * DAY)).await.expect("sealed");
    }
    let bytes = store.figures().history_bytes;
    drop(store);
    let limits = StoreLimits { history_bytes_max: bytes / 5 * 2 + 10, ..tight() };
    let (store, _) = reopen_as(dir.path(), &plant(), limits).await;
    assert_eq!(store.seal(&plant(), at(5 * DAY)).await.expect("sealed").expired, 3);
    assert_eq!(rows(&store, "select min(power), count(*) from milling").await, "[3.0,2]");
}

#[tokio::test(flavor = "multi_thread")]
async fn old_days_are_kept_as_minutes() {
    let dir = tempfile::tempdir().expect("a directory");
    let limits = StoreLimits { minutes_after_days: 2, ..tight() };
    let (store, _) = reopen_as(dir.path(), &plant(), limits).await;
    let mut bad = batch(0, &[(POWER, 61, 1e6)]);
    bad.qualities[0] = Quality::Bad;
    let old =
        batch(0, &[(POWER, 0, 2.0), (STATE, 0, 0.0), (POWER, 59, 4.0), (STATE, 30, 1.0), (POWER, 60, 9.0), (GOOD, 70, 5.0)]);
    store.append(words(0, &["a", "b"]), vec![old, bad]).await.expect("stored");
    assert_eq!(store.seal(&plant(), at(2 * DAY)).await.expect("sealed").down_sampled, 0, "not old enough");
    store.append(Vec::new(), vec![batch(0, &[(POWER, 3 * DAY, 7.0)])]).await.expect("stored");
    assert_eq!(store.seal(&plant(), at(3 * DAY)).await.expect("sealed").down_sampled, 1);
    assert_eq!(rows(&store, "select power from milling").await, "[7.0]", "what is young stays as it is");
    let minutes = "select cast(at as varchar) as t, machine, power_mean, power_min, power_max, power_last, power_count, good_last, state_last, \
                   state_count from milling_1m order by t";
    let wanted = "[\"2026-03-02T06:00:00Z\",\"mill-1\",3.0,2.0,4.0,4.0,2.0,null,\"b\",2.0]\n\
                  [\"2026-03-02T06:01:00Z\",\"mill-1\",9.0,9.0,9.0,9.0,1.0,5.0,null,null]";
    assert_eq!(rows(&store, minutes).await, wanted);
    assert_eq!(parts(dir.path()).len(), 3, "the replaced one is not deleted yet");
    store.seal(&plant(), at(3 * DAY)).await.expect("sealed");
    assert_eq!(parts(dir.path()).len(), 2);
    drop(store);
    let (store, _) = reopen_as(dir.path(), &plant(), limits).await;
    assert_eq!(rows(&store, minutes).await, wanted, "after a restart as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_were_never_listed_are_no_part_of_history() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    store.append(Vec::new(), vec![batch(0, &[(POWER, 1, 1.0)])]).await.expect("stored");
    store.seal(&plant(), at(100)).await.expect("sealed");
    drop(store);
    let listed = parts(dir.path());
    let folder = listed[0].parent().expect("a folder");
    std::fs::copy(&listed[0], folder.join("part-00000002.parquet")).expect("what a kill before the listing leaves");
    std::fs::write(folder.join("part-00000003.tmp"), "what a kill while writing leaves").expect("written");
    let (store, _) = reopen(dir.path()).await;
    assert_eq!(rows(&store, "select count(*) from milling").await, "[1]");
    assert_eq!(parts(dir.path()), listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn duckdb_reads_the_same() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let batches = (0..500).map(|i| batch(0, &[(POWER, i, i as f64), (STATE, i, (i % 2) as f64), (ALARM, i, 0.0)])).collect();
    store.append(words(0, &["running", "停机"]), batches).await.expect("stored");
    store.seal(&plant(), at(1_000)).await.expect("sealed");
    let python = std::env::var("SOCIUM_TEST_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    if !Command::new(&python).args(["-c", "import duckdb"]).output().is_ok_and(|o| o.status.success()) {
        eprintln!("skipped: {python} has no duckdb; `pip install duckdb`, or name a python that has it in SOCIUM_TEST_PYTHON");
        return;
    }
    let query = format!(
        "import duckdb; print(duckdb.sql('''select machine, count(*), sum(power), count(distinct state), max(state), \
         typeof(any_value(\"at\")), epoch(min(\"at\")) from read_parquet('{}/history/milling/*/*.parquet') group by machine''').fetchall())",
        dir.path().display()
    );
    let output = Command::new(&python).args(["-c", &query]).output().expect("python runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let wanted = "[('mill-1', 500, 124750.0, 2, '停机', 'TIMESTAMP WITH TIME ZONE', 1772431200.0)]";
    assert_eq!(said.trim(), wanted, "{}", String::from_utf8_lossy(&output.stderr));
}

/// A batch over midnight teaches which channels a machine sends; the ones that came before midnight only are in the next day, too.
#[tokio::test(flavor = "multi_thread")]
async fn every_channel_of_a_batch_over_midnight_is_in_both_days() {
    let dir = tempfile::tempdir().expect("a directory");
    let (store, _) = open(dir.path()).await;
    let midnight = 18 * 3_600;
    let sent = [
        batch(0, &[(POWER, midnight - 1, 1.0), (GOOD, midnight + 1, 2.0)]),
        batch(0, &[(POWER, midnight + 2, 3.0), (GOOD, midnight + 2, 4.0)]),
        batch(0, &[(POWER, midnight + 3, 5.0), (GOOD, midnight + 3, 6.0)]),
    ];
    for one in sent {
        store.append(Vec::new(), vec![one]).await.expect("stored");
    }
    let query = "select count(power), sum(power), count(good), sum(good) from milling";
    let before = rows(&store, query).await;
    store.seal(&plant(), at(DAY)).await.expect("sealed");
    assert_eq!(before, "[3,9.0,3,12.0]");
    assert_eq!(rows(&store, query).await, before);
    assert_eq!(store.figures().history_readings, 6);
}
