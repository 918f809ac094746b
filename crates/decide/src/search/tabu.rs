//! Short-term memory: what was undone lately is not done again.
//!
//! Enters: attributes of moves, the iteration. Leaves: whether an attribute is tabu. Absent: what a move is good for. The table has a
//! fixed size; two attributes that share a place make a move tabu that need not be, now and then.

/// Places of the table; a power of two.
const PLACES: usize = 1 << 14;

/// Until when attributes are tabu.
#[derive(Clone, Debug)]
pub(super) struct Tabu {
    until: Vec<u32>,
    /// The iteration now.
    pub now: u32,
}

impl Tabu {
    /// Nothing is tabu.
    pub fn new() -> Self {
        Self { until: vec![0; PLACES], now: 1 }
    }

    /// Makes an attribute tabu for some iterations.
    pub fn forbid(&mut self, attribute: (u32, u32), tenure: u32) {
        self.until[place(attribute)] = self.now + tenure;
    }

    /// Whether an attribute is tabu.
    pub fn is_tabu(&self, attribute: (u32, u32)) -> bool {
        self.until[place(attribute)] > self.now
    }
}

/// Multiplicative hashing (Knuth, volume 3, 6.4).
const fn place(attribute: (u32, u32)) -> usize {
    let key = ((attribute.0 as u64) << 32) | attribute.1 as u64;
    (key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (64 - 14)) as usize
}
