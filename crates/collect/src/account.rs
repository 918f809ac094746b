//! The accounting of readings: accepted = stored + refused + in flight, at every moment, in sum and per source.

use plant::{RefusalReason, SourceId};
use std::collections::BTreeMap;

/// The account of one source, or of all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Account {
    /// Readings that came through the door.
    pub accepted: u64,
    /// Readings acknowledged by the journal.
    pub stored: u64,
    /// Readings refused, by reason.
    pub refused: BTreeMap<RefusalReason, u64>,
    /// Readings judged good and not yet acknowledged by the journal.
    pub in_flight: u64,
}

/// The accounts of all sources.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounting {
    by_source: BTreeMap<SourceId, Account>,
}

impl Account {
    /// All refusals.
    pub fn refused_sum(&self) -> u64 {
        self.refused.values().sum()
    }
    /// Whether accepted = stored + refused + in flight.
    pub fn balances(&self) -> bool {
        self.accepted == self.stored + self.refused_sum() + self.in_flight
    }
}

impl Accounting {
    /// Each source's account.
    pub const fn by_source(&self) -> &BTreeMap<SourceId, Account> {
        &self.by_source
    }
    /// The sum of all accounts.
    pub fn total(&self) -> Account {
        let mut sum = Account::default();
        for account in self.by_source.values() {
            sum.accepted += account.accepted;
            sum.stored += account.stored;
            sum.in_flight += account.in_flight;
            for (reason, count) in &account.refused {
                *sum.refused.entry(*reason).or_default() += count;
            }
        }
        sum
    }
    /// A reading came through the door and was refused.
    pub fn refuse(&mut self, from: SourceId, reason: RefusalReason) {
        let account = self.by_source.entry(from).or_default();
        account.accepted += 1;
        *account.refused.entry(reason).or_default() += 1;
    }
    /// Readings came through the door and are on their way to the journal.
    pub fn admit(&mut self, from: SourceId, count: u64) {
        let account = self.by_source.entry(from).or_default();
        account.accepted += count;
        account.in_flight += count;
    }
    /// The journal acknowledged readings, or could not take them.
    pub fn settle(&mut self, from: SourceId, count: u64, stored: bool) {
        let account = self.by_source.entry(from).or_default();
        let count = count.min(account.in_flight);
        account.in_flight -= count;
        if stored {
            account.stored += count;
        } else {
            *account.refused.entry(RefusalReason::NotStored).or_default() += count;
        }
    }
}
