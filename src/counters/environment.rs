//! Counters of a device's surroundings: enterprise 0, formats 3000 to 3003, from an
//! [sFlow discussion](https://groups.google.com/g/sflow/c/gN3nxSi2SBs). All ones: unknown.

use crate::structure::structure;

structure! {
    /// `energy`, counter record 0:3000: what the data source consumes.
    Energy = "energy" 0:3000 {
        /// Millivolts.
        voltage: u32,
        /// Milliamperes.
        current: u32,
        /// Milliwatts.
        real_power: u32,
        /// Hundredths of a percent, -10000 to 10000, for alternating current; -2147483647 if unknown; 2147483647 for
        /// direct current.
        power_factor: i32,
        /// Millijoules consumed so far.
        energy: u32,
        /// Times that voltage, current or power were out of bounds.
        errors: u32,
    }

    /// `temperature`, counter record 0:3001: what the data source's thermometers say.
    Temperature = "temperature" 0:3001 {
        /// The coolest, in tenths of a degree Celsius.
        minimum: i32,
        /// The hottest, in tenths of a degree Celsius.
        maximum: i32,
        /// Times that a temperature was out of bounds.
        errors: u32,
    }

    /// `humidity`, counter record 0:3002.
    Humidity = "humidity" 0:3002 {
        /// Relative humidity, in percent.
        relative: i32,
    }

    /// `fans`, counter record 0:3003: cooling.
    Fans = "fans" 0:3003 {
        /// Fans that there are.
        total: u32,
        /// Fans that failed.
        failed: u32,
        /// Average speed, in percent.
        speed: u32,
    }
}
