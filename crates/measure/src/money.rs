//! Money: whole minor units of one currency. Amounts of different currencies do not add.

use std::fmt;
use std::str::FromStr;
use thiserror::Error;

/// An ISO 4217 currency code such as `EUR` or `CNY`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency([u8; 3]);

/// An amount of one currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Money {
    /// Amount in minor units (cent, fen).
    pub minor: i64,
    /// Currency of the amount.
    pub currency: Currency,
}

/// Why a text is no currency, or two amounts do not add.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum MoneyError {
    /// Not three capital letters.
    #[error("`{found}` is not a currency; allowed is an ISO 4217 code of three capital letters such as EUR or CNY")]
    Currency {
        /// The text as it was found.
        found: String,
    },
    /// Two currencies in one sum.
    #[error("{left} and {right} do not add: convert one first")]
    Mixed {
        /// Currency on the left.
        left: Currency,
        /// Currency on the right.
        right: Currency,
    },
    /// The sum leaves the range of 64 bits.
    #[error("the sum leaves the range of an amount")]
    Range,
}

impl Money {
    /// The sum of two amounts of one currency.
    ///
    /// # Errors
    /// Different currencies, or a sum beyond 64 bits.
    pub fn plus(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::Mixed { left: self.currency, right: other.currency });
        }
        let minor = self.minor.checked_add(other.minor).ok_or(MoneyError::Range)?;
        Ok(Self { minor, currency: self.currency })
    }
}

impl FromStr for Currency {
    type Err = MoneyError;
    fn from_str(text: &str) -> Result<Self, MoneyError> {
        match text.as_bytes() {
            [a, b, c] if [a, b, c].iter().all(|l| l.is_ascii_uppercase()) => Ok(Self([*a, *b, *c])),
            _ => Err(MoneyError::Currency { found: text.to_owned() }),
        }
    }
}
impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{}", char::from(*b)))
    }
}
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.minor < 0 { "-" } else { "" };
        let minor = self.minor.unsigned_abs();
        write!(f, "{sign}{}.{:02} {}", minor / 100, minor % 100, self.currency)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn currencies_do_not_mix() {
        let euro: Currency = "EUR".parse().expect("a code");
        let yuan: Currency = "CNY".parse().expect("a code");
        let five = Money { minor: 500, currency: euro };
        assert_eq!(five.plus(five).map(|m| m.to_string()), Ok("10.00 EUR".to_owned()));
        assert!(five.plus(Money { minor: 1, currency: yuan }).is_err());
        assert!("eur".parse::<Currency>().is_err());
    }
}
