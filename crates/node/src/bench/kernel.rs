//! What the kernel accounts for: CPU time and memory of this process or another.
//!
//! Enters: a process id, as the name of its folder in `/proc`. Leaves: seconds, bytes. Absent: wall time.

use crate::cli::Failure;

/// Ticks of `/proc/<pid>/stat` in a second: USER_HZ, which is 100 on every Linux that Rust builds for.
const TICKS_PER_SECOND: f64 = 100.0;

/// CPU time of this process so far, user and system [s], to 10 ms.
///
/// # Errors
/// `/proc` cannot be read.
pub fn own_seconds() -> Result<f64, Failure> {
    seconds("self")
}

/// CPU time of a process so far, of all its threads, user and system [s], to 10 ms.
///
/// # Errors
/// There is no such process, or `/proc` cannot be read.
pub fn seconds(process: &str) -> Result<f64, Failure> {
    let (path, text) = read(process, "stat")?;
    // proc(5): the name in parentheses may hold blanks; utime and stime are fields 14 and 15
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|f| f.parse::<f64>().ok());
    let sum = ticks(11).zip(ticks(12)).map(|(user, system)| (user + system) / TICKS_PER_SECOND);
    sum.ok_or_else(|| Failure::new(format!("{path}: `{}` has no CPU times", text.trim())))
}

/// CPU time of the threads that a process has now, user and system [s], to 1 us; what ended threads used is not in it.
///
/// # Errors
/// There is no such process, or `/proc` cannot be read.
pub fn threads_seconds(process: &str) -> Result<f64, Failure> {
    let folder = format!("/proc/{process}/task");
    let threads = std::fs::read_dir(&folder).map_err(|e| Failure::new(format!("{folder}: {e}")))?;
    let of_thread = |thread: std::fs::DirEntry| thread_seconds(&format!("{process}/task/{}", thread.file_name().display())).ok();
    // a thread may end between the two reads
    Ok(threads.flatten().filter_map(of_thread).sum())
}

/// CPU time of one thread so far, user and system [s], to 1 us.
///
/// # Errors
/// There is no such thread, or `/proc` cannot be read.
pub fn thread_seconds(thread: &str) -> Result<f64, Failure> {
    let (path, text) = read(thread, "schedstat")?;
    let nanos = text.split_whitespace().next().and_then(|n| n.parse::<f64>().ok());
    nanos.map(|nanos| nanos / 1e9).ok_or_else(|| Failure::new(format!("{path}: `{}` has no CPU time", text.trim())))
}

/// Memory of a process in use now [bytes].
///
/// # Errors
/// There is no such process, or `/proc` cannot be read.
pub fn rss_bytes(process: &str) -> Result<u64, Failure> {
    let (path, text) = read(process, "status")?;
    let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|rest| rest.split_whitespace().next()).and_then(|n| n.parse::<u64>().ok());
    kib.map(|kib| kib * 1_024).ok_or_else(|| Failure::new(format!("{path}: it tells no VmRSS")))
}

fn read(process: &str, file: &str) -> Result<(String, String), Failure> {
    let path = format!("/proc/{process}/{file}");
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::new(format!("{path}: {e}")))?;
    Ok((path, text))
}

#[cfg(test)]
mod tests {
    #[test]
    fn work_is_accounted_for() {
        let before = super::own_seconds().expect("a figure");
        let mut sum = 0_u64;
        while super::own_seconds().expect("a figure") < before + 0.02 {
            sum = (0..100_000).fold(sum, |s, n| std::hint::black_box(s ^ n));
        }
        // threads that have ended are not counted, so it may be far less than the process took
        assert!(super::threads_seconds("self").expect("a figure") > 0.0);
        assert!(super::rss_bytes("self").expect("a figure") > 1 << 20);
        assert!(super::seconds("0").is_err());
    }
}
