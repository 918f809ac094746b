//! The machines of the soak: three that write files and one that is polled, with what is wrong with each.
//!
//! Enters: virtual seconds. Leaves: rows in files, answers on a socket, and the exact count of what was sent. Absent: the unit.

use plant::RefusalReason;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{File, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Virtual seconds between two poisonings.
const POISON_EVERY: u64 = 300;
/// Of so many virtual seconds the share of the flapping machine is gone for so many.
const FLAP: (u64, u64) = (420, 120);

/// A machine that appends a row each virtual second.
pub struct Writer {
    folder: PathBuf,
    /// Where the folder is while it is gone.
    away: PathBuf,
    file: File,
    /// First source time [ms since 1970].
    origin_ms: i64,
    /// Bytes of a row that were not written yet.
    rest: String,
    /// Good rows written or waiting in `rest`.
    pub rows: u64,
    /// What the unit must refuse, by reason.
    pub poison: BTreeMap<RefusalReason, u64>,
}

impl Writer {
    /// A machine with a folder of its own.
    pub fn new(folder: &Path, origin_ms: i64) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let file = OpenOptions::new().append(true).create(true).open(folder.join("records.csv"))?;
        let (folder, away) = (folder.to_owned(), folder.with_extension("away"));
        let rest = "t;pieces;force\n".to_owned();
        Ok(Self { folder, away, file, origin_ms, rest, rows: 0, poison: BTreeMap::new() })
    }

    /// The row of one virtual second.
    pub fn work(&mut self) {
        let at = self.origin_ms + self.rows as i64 * 1_000;
        // writing to a String cannot fail
        let _ = writeln!(self.rest, "{at};{};{}", self.rows, self.rows % 250);
        self.rows += 1;
    }

    /// All that waits is written.
    pub fn flush(&mut self) -> io::Result<()> {
        self.file.write_all(std::mem::take(&mut self.rest).as_bytes())
    }

    /// So many bytes of what waits are written, wherever that cuts a row.
    pub fn dribble(&mut self, bytes: usize) -> io::Result<()> {
        let rest = self.rest.split_off(bytes.min(self.rest.len()));
        let now = std::mem::replace(&mut self.rest, rest);
        self.file.write_all(now.as_bytes())
    }

    /// The share goes away and comes back as the virtual second says; the machine writes on.
    pub fn flap(&self, second: u64) -> io::Result<()> {
        let is_gone = second % FLAP.0 < FLAP.1;
        match (is_gone, self.folder.exists()) {
            (true, true) => std::fs::rename(&self.folder, &self.away),
            (false, false) => std::fs::rename(&self.away, &self.folder),
            _ => Ok(()),
        }
    }

    /// The share is there for good.
    pub fn come_back(&self) -> io::Result<()> {
        if self.folder.exists() { Ok(()) } else { std::fs::rename(&self.away, &self.folder) }
    }

    /// From time to time rows that nobody can take.
    pub fn poison(&mut self, second: u64) {
        if !second.is_multiple_of(POISON_EVERY) {
            return;
        }
        let at = self.origin_ms + second as i64 * 1_000;
        let far = at + 400 * 86_400_000;
        let long = "9".repeat(40_000);
        let rows: [(String, RefusalReason, u64); 7] = [
            (format!("{at};-1\n"), RefusalReason::Malformed, 1),
            ("yesterday;-1;-1\n".to_owned(), RefusalReason::Malformed, 1),
            (format!("{at};{long};-1\n"), RefusalReason::Malformed, 1),
            (format!("{at};NaN;inf\n"), RefusalReason::NotFinite, 2),
            (format!("{at};many;\n"), RefusalReason::WrongType, 1),
            (format!("{at};-1;\n"), RefusalReason::OutOfRange, 1),
            (format!("{far};7;7\n"), RefusalReason::FromFuture, 2),
        ];
        for (row, reason, count) in rows {
            self.rest.push_str(&row);
            *self.poison.entry(reason).or_default() += count;
        }
    }
}

/// A meter that is polled over Modbus TCP: it counts its answers, is slow at times, and hangs up at times.
pub struct Meter {
    listener: TcpListener,
    answers: Arc<AtomicU64>,
}

impl Meter {
    /// On a free port.
    pub async fn open() -> io::Result<Self> {
        Ok(Self { listener: TcpListener::bind("127.0.0.1:0").await?, answers: Arc::default() })
    }
    /// Where it is.
    pub fn address(&self) -> io::Result<String> {
        Ok(self.listener.local_addr()?.to_string())
    }
    /// How many answers it gave.
    pub fn answers(&self) -> Arc<AtomicU64> {
        Arc::clone(&self.answers)
    }
    /// Answers for ever.
    pub async fn serve(self) {
        while let Ok((stream, _)) = self.listener.accept().await {
            let answers = Arc::clone(&self.answers);
            // a peer that hangs up ends its connection only
            tokio::spawn(async move { drop(answer(stream, &answers).await) });
        }
    }
}

/// Every request is answered with the number of the answer as two registers (MODBUS Application Protocol V1.1b3, 6.3).
async fn answer(mut stream: TcpStream, answers: &AtomicU64) -> io::Result<()> {
    let mut request = [0_u8; 12];
    loop {
        stream.read_exact(&mut request).await?;
        let number = answers.fetch_add(1, Ordering::Relaxed) + 1;
        if number.is_multiple_of(97) {
            return Ok(()); // hangs up without an answer
        }
        if number.is_multiple_of(41) {
            tokio::time::sleep(Duration::from_millis(if number.is_multiple_of(2) { 150 } else { 400 })).await;
        }
        let value = (number as u32).to_be_bytes();
        let head = [request[0], request[1], 0, 0, 0, 7, request[6], request[7], 4];
        stream.write_all(&[&head[..], &value].concat()).await?;
    }
}
