//! The task over real files in a real folder: grown, rotated, rewritten, refused, restarted.

use super::*;
use crate::Settled;

/// A unit that keeps what is handed in, or refuses it.
struct Unit {
    running: Running,
    stop: CancellationToken,
    arrivals: mpsc::Receiver<Arrival>,
    bookmarks: BTreeMap<String, String>,
}

impl Unit {
    fn start(config: &Config, bookmarks: BTreeMap<String, String>) -> Self {
        let (door, arrivals) = mpsc::channel(16);
        let stop = CancellationToken::new();
        let clock: crate::Clock = Arc::new(|| Instant::from_seconds(1_772_500_000));
        let common = crate::Common { clock, door, memory: measure::Budget::new(1 << 20) };
        let config = Config { bookmarks: bookmarks.clone(), ..config.clone() };
        let running = crate::start(SourceId(0), crate::Config::File(config), common, stop.clone());
        Self { running, stop, arrivals, bookmarks }
    }

    /// The next thing handed in, kept or refused.
    async fn next(&mut self, is_kept: bool) -> String {
        let wait = tokio::time::timeout(Duration::from_secs(20), self.arrivals.recv());
        let Arrival { delivery, done, .. } = wait.await.expect("an arrival within 20 s").expect("the task lives");
        let text = lines(&delivery);
        let bookmark = delivery.bookmark.expect("a bookmark with every arrival");
        if is_kept {
            self.bookmarks.insert(bookmark.key, bookmark.value);
        }
        done.send(Settled { is_taken: is_kept, ..Settled::default() }).expect("the task waits");
        text
    }

    /// Everything handed in until nothing has come for a while.
    async fn all(&mut self) -> String {
        let mut text = String::new();
        while let Ok(Some(Arrival { delivery, done, .. })) =
            tokio::time::timeout(Duration::from_millis(400), self.arrivals.recv()).await
        {
            text += &lines(&delivery);
            let bookmark = delivery.bookmark.expect("a bookmark with every arrival");
            self.bookmarks.insert(bookmark.key, bookmark.value);
            done.send(Settled::TAKEN).expect("the task waits");
        }
        text
    }

    /// Ends the task; what the store would give back.
    async fn end(self) -> BTreeMap<String, String> {
        self.stop.cancel();
        self.running.task.await.expect("it ends");
        self.bookmarks
    }
}

fn at(minute: u32, value: &str) -> String {
    format!("2026-03-02T06:{minute:02}:00Z,{value}\n")
}

fn is(minute: u32, value: &str) -> String {
    format!("2026-03-02T06:{minute:02}:00Z 0 = {value}\n")
}

fn append(path: &Path, text: &str) {
    let mut file = fs::OpenOptions::new().append(true).create(true).open(path).expect("a file");
    file.write_all(text.as_bytes()).expect("written");
}

#[tokio::test]
async fn a_growing_file_is_followed_line_by_line_and_across_restarts() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("press.csv");
    let mut config = config(folder.path(), "kw");
    config.settle = Duration::from_secs(60);
    append(&path, &format!("time,kw\n{}{}2026-03-02T06:02:00Z,", at(0, "1"), at(1, "2")));
    let mut unit = Unit::start(&config, BTreeMap::new());
    assert_eq!(unit.next(true).await, is(0, "1") + &is(1, "2"), "the line that is still written waits");
    append(&path, "3\n");
    assert_eq!(unit.next(true).await, is(2, "3"));
    let kept = unit.end().await;
    append(&path, &at(3, "4"));
    let mut unit = Unit::start(&config, kept);
    assert_eq!(unit.next(true).await, is(3, "4"), "a restart goes on where it was acknowledged");
    append(&path, &format!("2026-03-02T06:04:00Z,\"a\nb\"\n{}2026-03-02T06:06:00Z,\"open\n", at(5, "6")));
    let text = unit.next(true).await;
    assert!(text.starts_with(&is(5, "6")) && text.contains("press.csv:6 kw: found `a\nb`"), "{text}");
    append(&path, &format!("{}closed\"\n", at(6, "7")));
    let text = unit.next(true).await;
    assert!(text.contains("press.csv:9 kw"), "a value over three lines is one value: {text}");
    unit.end().await;
}

#[tokio::test]
async fn what_the_unit_cannot_keep_is_read_again_and_nothing_twice() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("press.csv");
    let mut unit = Unit::start(&config(&path, "kw"), BTreeMap::new());
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(!unit.running.health.borrow().connected, "a file that is not there yet is waited for");
    append(&path, &format!("time,kw\n{}", at(0, "1")));
    assert_eq!(unit.next(false).await, is(0, "1"));
    assert_eq!(unit.next(false).await, is(0, "1"));
    append(&path, &at(1, "2"));
    assert_eq!(unit.next(true).await, is(0, "1") + &is(1, "2"));
    assert_eq!(unit.all().await, "");
    unit.end().await;
}

#[tokio::test]
async fn a_file_that_is_rotated_is_read_to_its_end_and_its_successor_from_the_start() {
    let folder = tempfile::tempdir().expect("a folder");
    let (path, old) = (folder.path().join("press.csv"), folder.path().join("press.csv.1"));
    let mut config = config(folder.path(), "kw");
    config.files = Some("press.csv*".to_owned());
    append(&path, &format!("time,kw\n{}", at(0, "1")));
    let mut unit = Unit::start(&config, BTreeMap::new());
    assert_eq!(unit.all().await, is(0, "1"));
    let kept = unit.end().await;
    append(&path, &at(1, "2"));
    fs::rename(&path, &old).expect("renamed");
    append(&path, &format!("time,kw\n{}{}", at(2, "3"), at(3, "4")));
    let mut unit = Unit::start(&config, kept);
    let text = unit.all().await;
    let mut seen: Vec<&str> = text.lines().collect();
    seen.sort_unstable();
    assert_eq!(seen.join("\n") + "\n", is(1, "2") + &is(2, "3") + &is(3, "4"));
    unit.end().await;
}

#[tokio::test]
async fn a_whole_file_is_read_when_it_rests_and_then_only_its_new_rows() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("press.csv.gz");
    let pack = |text: &str| {
        let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        packer.write_all(text.as_bytes()).expect("packed");
        fs::write(&path, packer.finish().expect("packed")).expect("written");
    };
    pack(&format!("time,kw\n{}{}", at(0, "1"), at(1, "x")));
    let config = config(folder.path(), "kw");
    let mut unit = Unit::start(&config, BTreeMap::new());
    let first = unit.all().await;
    assert!(first.starts_with(&is(0, "1")) && first.contains("press.csv.gz:3 kw: found `x`"), "{first}");
    let kept = unit.end().await;
    pack(&format!("time,kw\n{}{}{}", at(0, "1"), at(1, "x"), at(2, "3")));
    let mut unit = Unit::start(&config, kept);
    assert_eq!(unit.all().await, is(2, "3"), "rows taken before are passed over");
    pack(&format!("time,kw\n{}{}", at(0, "9"), at(1, "2")));
    assert_eq!(unit.all().await, is(0, "9") + &is(1, "2"), "rows that changed are read again");
    let error = unit.running.health.borrow().last_error.clone().expect("told").1;
    assert!(error.contains("press.csv.gz: rows that were taken before have changed"), "{error}");
    unit.end().await;
}

#[tokio::test]
async fn one_bad_file_is_refused_once_and_the_others_go_on() {
    let folder = tempfile::tempdir().expect("a folder");
    append(&folder.path().join("a.csv"), "when,kw\n1,2\n");
    append(&folder.path().join("b.parquet"), "no parquet");
    append(&folder.path().join("c.csv"), &format!("time,kw\n2026-03-02T06:00:00Z,\"1\n{}", at(1, "2")));
    append(&folder.path().join("d.csv"), &format!("time,kw\n{}2026-03-02T06:01:00Z,8", at(0, "7")));
    let mut unit = Unit::start(&config(folder.path(), "kw"), BTreeMap::new());
    let text = unit.all().await + &unit.all().await;
    assert!(text.contains("refused (malformed) a.csv: found no column `time`; allowed is a CSV, CSV.gz, Excel"), "{text}");
    assert!(text.contains("refused (malformed) b.parquet: found "), "{text}");
    assert!(text.contains("refused (malformed) c.csv:2: found a quote left open"), "{text}");
    assert!(text.contains(&is(1, "2")), "the line after an open quote is read: {text}");
    assert!(text.contains(&is(0, "7")) && text.contains(&is(1, "8")), "a last line without a line break: {text}");
    assert_eq!(text.matches("refused").count(), 3, "{text}");
    append(&folder.path().join("d.csv"), &format!("\n{}", at(2, "9")));
    assert_eq!(unit.all().await, is(2, "9"));
    unit.end().await;
}

#[tokio::test]
async fn a_file_rewritten_in_place_is_read_anew() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("press.csv");
    append(&path, &format!("time,kw\n{}{}", at(0, "1"), at(1, "2")));
    let mut unit = Unit::start(&config(folder.path(), "kw"), BTreeMap::new());
    assert_eq!(unit.all().await, is(0, "1") + &is(1, "2"));
    fs::write(&path, format!("time,kw\n{}", at(5, "3"))).expect("written");
    assert_eq!(unit.all().await, is(5, "3"));
    unit.end().await;
}

#[tokio::test]
async fn a_place_that_cannot_be_read_bars_the_file() {
    let folder = tempfile::tempdir().expect("a folder");
    append(&folder.path().join("press.csv"), &format!("time,kw\n{}", at(0, "1")));
    let mut unit = Unit::start(&config(folder.path(), "kw"), [("press.csv".to_owned(), "9 later".to_owned())].into());
    assert_eq!(unit.all().await, "");
    let error = unit.running.health.borrow().last_error.clone().expect("told").1;
    assert!(error.contains("press.csv: the place `9 later` kept for it is none"), "{error}");
    let (answer, answered) = tokio::sync::oneshot::channel();
    let value = plant::CommandValue::Number(1.0);
    unit.running.writes.send(crate::WriteRequest { channel: ChannelId(0), value, answer }).await.expect("sent");
    assert_eq!(answered.await.expect("an answer"), Err("a file is read only; nothing is written to it".to_owned()));
    unit.end().await;
}

#[tokio::test]
async fn a_large_file_comes_in_chunks_that_lose_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("press.csv");
    let mut text = "t,kw\n".to_owned();
    (0..20_000).for_each(|i| text += &format!("{i},{}\n", i % 7));
    fs::write(&path, &text).expect("written");
    let mut config = config(folder.path(), "kw");
    config.times = vec!["t".to_owned()];
    config.formats = berlin(&["unix_s"]);
    let mut kept = BTreeMap::new();
    let mut seen = Vec::new();
    for turn in 0.. {
        // every other chunk is refused, and the task restarted after each: each row is kept once all the same
        let mut unit = Unit::start(&config, kept);
        let chunk = unit.next(turn % 2 == 1).await;
        if turn % 2 == 1 {
            seen.extend(chunk.lines().map(ToOwned::to_owned));
        }
        kept = unit.end().await;
        if seen.len() >= 20_000 {
            break;
        }
    }
    let wanted: Vec<String> = (0..20_000).map(|i| format!("{} 0 = {}", Instant::from_seconds(i), i % 7)).collect();
    assert_eq!(seen, wanted);
}
