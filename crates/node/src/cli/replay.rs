//! `socium replay`: recorded data through the same door as live data, in their own time.

use super::Failure;
