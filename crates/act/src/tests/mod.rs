//! Tables of cycles (inputs, a leap in time, outputs), the sentences of the envelope, outcomes by hand, random lives.

mod cycles;
mod outcome;
mod random;
mod refuse;
