//! Slowing down who guesses passwords: attempts are counted per name and address and per address; past the free ones each
//! further attempt doubles the wait. The table is bounded; the clock is an argument.

use std::collections::HashMap;
use std::hash::Hash;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Attempts of one name from one address before it must wait.
const FREE_OF_NAME: u32 = 5;
/// Attempts from one address, whatever the name, before it must wait.
const FREE_OF_ADDRESS: u32 = 50;
/// The first wait; each further attempt doubles it.
const WAIT_FIRST: Duration = Duration::from_secs(5);
/// The longest wait, after which also all is forgotten.
const WAIT_MAX: Duration = Duration::from_secs(15 * 60);
/// Names and addresses remembered at most.
const KEPT_MAX: usize = 10_000;

#[derive(Clone, Copy)]
struct Tries {
    count: u32,
    last: Instant,
}

impl Tries {
    /// How long this one must wait still.
    fn wait(&self, free: u32, now: Instant) -> Option<Duration> {
        let doublings = self.count.checked_sub(free)?.min(16);
        let wait = WAIT_FIRST.saturating_mul(1 << doublings).min(WAIT_MAX);
        wait.checked_sub(now.saturating_duration_since(self.last)).filter(|left| !left.is_zero())
    }
}

#[derive(Default)]
struct Tables {
    names: HashMap<(String, IpAddr), Tries>,
    addresses: HashMap<IpAddr, Tries>,
}

/// The counts of attempts.
#[derive(Default)]
pub struct Throttle {
    tables: Mutex<Tables>,
}

fn count<K: Hash + Eq + Clone>(table: &mut HashMap<K, Tries>, key: K, now: Instant) {
    if table.len() >= KEPT_MAX {
        table.retain(|_, tries| now.saturating_duration_since(tries.last) < WAIT_MAX);
    }
    if table.len() >= KEPT_MAX {
        let oldest = table.iter().min_by_key(|(_, tries)| tries.last).map(|(key, _)| key.clone());
        oldest.map(|key| table.remove(&key));
    }
    let tries = table.entry(key).or_insert(Tries { count: 0, last: now });
    if now.saturating_duration_since(tries.last) >= WAIT_MAX {
        tries.count = 0;
    }
    tries.count = tries.count.saturating_add(1);
    tries.last = now;
}

/// Who holds one IPv6 address holds the 2^64 of its subnet: they count as one (RFC 4291, section 2.5.4).
fn holder(from: IpAddr) -> IpAddr {
    match from.to_canonical() {
        IpAddr::V6(v6) => IpAddr::V6(Ipv6Addr::from_bits(v6.to_bits() >> 64 << 64)),
        v4 => v4,
    }
}

impl Throttle {
    fn with<T>(&self, work: impl FnOnce(&mut Tables) -> T) -> T {
        work(&mut self.tables.lock().unwrap_or_else(PoisonError::into_inner))
    }
    /// Counts an attempt before it is judged, so that many at once gain nothing.
    ///
    /// # Errors
    /// How long to wait; then the attempt must not be judged, and is not counted.
    pub fn attempt(&self, name: &str, from: IpAddr, now: Instant) -> Result<(), Duration> {
        let from = holder(from);
        let key = (name.to_lowercase(), from);
        self.with(|tables| {
            let of_name = tables.names.get(&key).and_then(|t| t.wait(FREE_OF_NAME, now));
            let of_address = tables.addresses.get(&from).and_then(|t| t.wait(FREE_OF_ADDRESS, now));
            if let Some(wait) = of_name.max(of_address) {
                return Err(wait);
            }
            count(&mut tables.names, key, now);
            count(&mut tables.addresses, from, now);
            Ok(())
        })
    }
    /// An attempt was right: the name is forgotten, and the address is given it back.
    pub fn passed(&self, name: &str, from: IpAddr) {
        let from = holder(from);
        self.with(|tables| {
            tables.names.remove(&(name.to_lowercase(), from));
            if let Some(tries) = tables.addresses.get_mut(&from) {
                tries.count = tries.count.saturating_sub(1);
            }
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    #[test]
    fn five_are_free_then_the_wait_doubles() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        // (second, wait told in seconds; 0 is let through)
        let table =
            [(0, 0), (0, 0), (0, 0), (0, 0), (0, 0), (0, 5), (4, 1), (5, 0), (5, 10), (15, 0), (15, 20), (35, 0), (74, 1)];
        for (row, (second, wait)) in table.into_iter().enumerate() {
            let got = throttle.attempt("Ann", HERE, start + Duration::from_secs(second));
            assert_eq!(got, if wait == 0 { Ok(()) } else { Err(Duration::from_secs(wait)) }, "row {row}");
        }
        assert_eq!(throttle.attempt("bob", HERE, start), Ok(()), "another name is not slowed");
        throttle.passed("ann", HERE);
        assert_eq!(throttle.attempt("ann", HERE, start + Duration::from_secs(36)), Ok(()));
    }

    #[test]
    fn an_address_that_tries_many_names_waits_too() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for i in 0..FREE_OF_ADDRESS {
            assert_eq!(throttle.attempt(&format!("name{i}"), HERE, now), Ok(()));
        }
        assert!(throttle.attempt("fresh", HERE, now).is_err());
        assert!(throttle.attempt("fresh", HERE, now + WAIT_MAX).is_ok());
    }

    #[test]
    fn the_addresses_of_an_ipv6_subnet_count_as_one() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        let from = |text: &str| text.parse::<IpAddr>().expect("an address");
        for i in 0..5 {
            assert_eq!(throttle.attempt("ann", from(&format!("2001:db8::{i}")), now), Ok(()));
        }
        assert!(throttle.attempt("ann", from("2001:db8::ffff:1"), now).is_err());
        assert_eq!(throttle.attempt("ann", from("2001:db8:0:1::1"), now), Ok(()));
        for _ in 0..5 {
            assert_eq!(throttle.attempt("ann", from("::ffff:10.0.0.7"), now), Ok(()));
        }
        assert!(throttle.attempt("ann", from("10.0.0.7"), now).is_err());
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let (throttle, now) = (Throttle::default(), Instant::now());
        for i in 0..(KEPT_MAX as u32 + 50) {
            let from = IpAddr::V4(std::net::Ipv4Addr::from_bits(i));
            throttle.attempt("ann", from, now).expect("the first of its address");
        }
        assert_eq!(throttle.with(|t| (t.names.len(), t.addresses.len())), (KEPT_MAX, KEPT_MAX));
    }
}
