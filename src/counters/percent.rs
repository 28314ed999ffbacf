//! The specification's `percentage`.

use core::fmt;

use crate::structure::Field;
use crate::xdr::{Result, Xdr};

/// `percentage`: hundredths of a percent, as on the wire; -1 when the agent does not know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Percent(pub i32);

impl Percent {
    /// What an agent sends that does not know.
    pub const UNKNOWN: Self = Percent(-1);

    /// The percentage, if it is known.
    pub fn percent(self) -> Option<f32> {
        (self != Self::UNKNOWN).then(|| (f64::from(self.0) / 100.0) as f32)
    }
}

impl<'a> Field<'a> for Percent {
    const LEAST: usize = 4;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        xdr.i32().map(Percent)
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.percent() {
            Some(percent) => write!(f, "{percent:.2}%"),
            None => f.write_str("unknown"),
        }
    }
}
