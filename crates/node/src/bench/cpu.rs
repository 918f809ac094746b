//! CPU time as the kernel accounts for it, of this process or another, with all its threads.
//!
//! Enters: a process id. Leaves: seconds. Absent: wall time.

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

/// CPU time of a process so far, user and system [s], to 10 ms.
///
/// # Errors
/// There is no such process, or `/proc` cannot be read.
pub fn seconds(process: &str) -> Result<f64, Failure> {
    let path = format!("/proc/{process}/stat");
    let text = std::fs::read_to_string(&path).map_err(|e| Failure::new(format!("{path}: {e}")))?;
    // proc(5): the name in parentheses may hold blanks; utime and stime are fields 14 and 15
    let fields: Vec<&str> = text.rsplit(") ").next().unwrap_or_default().split_whitespace().collect();
    let ticks = |place: usize| fields.get(place).and_then(|f| f.parse::<f64>().ok());
    let sum = ticks(11).zip(ticks(12)).map(|(user, system)| (user + system) / TICKS_PER_SECOND);
    sum.ok_or_else(|| Failure::new(format!("{path}: `{}` has no CPU times", text.trim())))
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
        assert!(super::seconds("0").is_err());
    }
}
