//! Work into buckets, backward from an instant.
//!
//! Enters: machines, work, the instant by which it is done. Leaves: from when to when and how much in each bucket. Absent: what the work is for.
//!
//! Where capacities are kept, work goes into the last bucket that has room and on into the buckets before it until all is booked. It does not
//! wait for a full bucket: where one is met the work is moved as a whole before it. Buckets without capacity (nights, holidays) are passed over.
//! Inside a bucket time is not exact: the work of a bucket is somewhere within the part's time in it.

use super::state::State;
use crate::supply::model::Time;
use crate::supply::plan::{PAST, Portion};

/// Where work went.
#[derive(Debug)]
pub struct Poured {
    pub start: Time,
    pub end: Time,
    pub portions: Vec<Portion>,
    /// The first bucket that had too little room, where any had.
    pub full: Option<u32>,
}

/// No room: the first bucket that had too little, where any had.
#[derive(Debug)]
pub struct Full(pub Option<u32>);

impl State<'_> {
    /// Work of one part on machines, done by an instant.
    pub fn pour(&self, machine: Option<u32>, work: Time, at: Time) -> Result<Poured, Full> {
        match machine {
            Some(machine) if self.model.is_constrained && work > 0 => self.fit(machine, work, at),
            Some(_) => {
                let portions = spread(at - work, at, self.model.bucket, self.model.buckets);
                Ok(Poured { start: at - work, end: at, portions, full: None })
            }
            None => Ok(Poured { start: at - work, end: at, portions: Vec::new(), full: None }),
        }
    }

    fn fit(&self, machine: u32, work: Time, at: Time) -> Result<Poured, Full> {
        let (length, limit) = (self.model.bucket, self.limit.unwrap_or(0));
        let mut full = None;
        let (mut rest, mut end, mut portions) = (work, at, Vec::new());
        let mut bucket = (at - 1).div_euclid(length).min(Time::from(self.model.buckets) - 1);
        while bucket >= 0 && (bucket + 1) * length > limit {
            let (low, high) = ((bucket * length).max(limit), ((bucket + 1) * length).min(at));
            let number = bucket as u32;
            let open = high - low;
            let take = rest.min(open).min(self.room(machine, number));
            if take < rest.min(open) && full.is_none() {
                full = Some(number);
            }
            if take > 0 {
                if portions.is_empty() {
                    end = high;
                }
                portions.push(Portion { bucket: number as i32, work: take });
                rest -= take;
                if rest == 0 {
                    portions.reverse();
                    return Ok(Poured { start: high - take, end, portions, full });
                }
            } else if self.model.capacity(machine)[number as usize] > 0 {
                // full: all of it goes before this bucket
                portions.clear();
                rest = work;
            }
            bucket -= 1;
        }
        Err(Full(full))
    }
}

/// Work without a pause by the bucket; what is before now in [`PAST`], what is after the horizon in the last.
fn spread(start: Time, end: Time, length: Time, buckets: u32) -> Vec<Portion> {
    let mut portions = Vec::new();
    if start < 0 && start < end {
        portions.push(Portion { bucket: PAST, work: end.min(0) - start });
    }
    let (mut from, last) = (start.max(0), Time::from(buckets) - 1);
    while from < end {
        let bucket = (from / length).min(last);
        let to = if bucket == last { end } else { end.min((bucket + 1) * length) };
        portions.push(Portion { bucket: bucket as i32, work: to - from });
        from = to;
    }
    portions
}
