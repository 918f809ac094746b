//! A window of stored readings, cut into pieces that memory holds.
//!
//! Enters: a window, pieces that were read or held too much. Leaves: the next piece to try. Absent: reading.

use measure::Span;
use plant::Window;
use store::StoreError;

/// Readings in memory at a time.
pub const READINGS_MAX: usize = 400_000;
/// Narrowest piece that is tried; a piece that holds too much nevertheless is an error [µs].
const NARROW: i64 = 1_000_000;

/// What of a window is still to be read.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pieces {
    left: Window,
    width: Span,
}

impl Pieces {
    /// A window in pieces of so much time at most.
    pub const fn of(left: Window, width: Span) -> Self {
        Self { left, width }
    }
    /// The piece to read next; `None` at the end.
    pub fn next(&self) -> Option<Window> {
        let Window { from, to } = self.left;
        (from < to).then(|| Window { from, to: (from + self.width).min(to) })
    }
    /// A piece was read.
    pub const fn took(&mut self, piece: Window) {
        self.left.from = piece.to;
    }
    /// The next piece holds more than memory: narrower ones are tried.
    ///
    /// # Errors
    /// They cannot be any narrower.
    pub fn narrow(&mut self) -> Result<(), StoreError> {
        if self.width.micros() <= NARROW {
            let (width, from) = (self.width, self.left.from);
            return Err(StoreError::Query(format!("more than {READINGS_MAX} readings within {width} from {from} on")));
        }
        self.width = Span::from_micros(self.width.micros() / 2);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use measure::Instant;

    #[test]
    fn a_window_is_read_once_from_end_to_end_however_often_it_was_too_much() {
        let s = Instant::from_seconds;
        let mut pieces = Pieces::of(Window { from: s(0), to: s(100) }, Span::from_seconds(60));
        let (mut read, mut tries) = (Vec::new(), 0);
        while let Some(piece) = pieces.next() {
            tries += 1;
            match (piece.to - piece.from) > Span::from_seconds(20) {
                true => pieces.narrow().expect("wider than a second"),
                false => {
                    pieces.took(piece);
                    read.push((piece.from, piece.to));
                }
            }
        }
        assert_eq!(read.first().map(|p| p.0), Some(s(0)));
        assert_eq!(read.last().map(|p| p.1), Some(s(100)));
        assert!(read.windows(2).all(|w| w[0].1 == w[1].0) && tries == read.len() + 2, "{read:?}");
        let mut narrow = Pieces::of(Window { from: s(0), to: s(1) }, Span::from_seconds(1));
        assert!(narrow.narrow().is_err_and(|e| e.to_string().contains("400000")));
    }
}
