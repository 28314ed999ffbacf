//! What an access point knows of the frame: formats 1013 to 1016.

use crate::sample::{Record, Records};
use crate::structure::{Field, List, Mac, Text, structure};
use crate::xdr::{Result, Xdr};

structure! {
    /// `extended_80211_payload`, flow record 0:1013: the frame's payload, decrypted. [sFlow 802.11]
    Extended80211Payload<'a> = "extended_80211_payload" 0:1013 {
        /// How it was encrypted: OUI in the upper three bytes, type in the lowest. Of 00-0F-AC: 0 group key, 1 WEP-40, 2 TKIP,
        /// 4 CCMP, 5 WEP-104.
        cipher_suite: u32,
        /// The first bytes after the 802.11 header.
        data: &'a [u8],
    }

    /// `extended_80211_rx`, flow record 0:1014: how the frame was received. [sFlow 802.11]
    Extended80211Rx<'a> = "extended_80211_rx" 0:1014 {
        /// SSID.
        ssid: Text<'a>,
        /// BSSID.
        bssid: Mac,
        /// 1: 802.11a, 2: b, 3: g, 4: n.
        version: u32,
        /// Channel.
        channel: u32,
        /// Bits per second.
        speed: u64,
        /// Received signal to noise indicator (802.11k).
        rsni: u32,
        /// Received channel power indicator (802.11k).
        rcpi: u32,
        /// Microseconds that the frame took.
        packet_duration: u32,
    }

    /// `extended_80211_tx`, flow record 0:1015: how the frame was sent. [sFlow 802.11]
    Extended80211Tx<'a> = "extended_80211_tx" 0:1015 {
        /// SSID.
        ssid: Text<'a>,
        /// BSSID.
        bssid: Mac,
        /// 1: 802.11a, 2: b, 3: g, 4: n.
        version: u32,
        /// How often it was sent: 1 when the first try succeeded; 0 unknown.
        transmissions: u32,
        /// Microseconds that the successful try took.
        packet_duration: u32,
        /// Microseconds that the failed tries took.
        retrans_duration: u32,
        /// Channel.
        channel: u32,
        /// Bits per second.
        speed: u64,
        /// Milliwatts.
        power: u32,
    }

    /// `extended_80211_aggregation`, flow record 0:1016: the frames that an aggregate is made of. [sFlow 802.11]
    Extended80211Aggregation<'a> = "extended_80211_aggregation" 0:1016 {
        /// The frames.
        pdus: List<'a, Pdu<'a>>,
    }
}

impl Extended80211Aggregation<'_> {
    /// How deep aggregates are read within aggregates; what is deeper stays raw.
    const MOST_NESTED: u32 = 2;

    pub(super) fn is_shallow(record: &Record<'_>) -> bool {
        record.xdr().depth() < Self::MOST_NESTED
    }
}

/// `pdu`: a frame of an aggregate, by flow records of its own.
#[derive(Clone, Copy, Debug)]
pub struct Pdu<'a> {
    records: Xdr<'a>,
    count: u32,
}

impl<'a> Pdu<'a> {
    /// The flow records of the frame.
    pub fn records(&self) -> Records<'a> {
        Records::v5(self.records, self.count)
    }
}

impl PartialEq for Pdu<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.count == other.count && self.records.rest() == other.records.rest()
    }
}

impl<'a> Field<'a> for Pdu<'a> {
    const LEAST: usize = 4;

    fn read(xdr: &mut Xdr<'a>) -> Result<Self> {
        let count = xdr.count(8)?;
        let start = xdr.deeper();
        for _ in 0..count {
            xdr.u32()?;
            xdr.opaque()?;
        }
        Ok(Pdu { records: start.until(xdr.offset()), count })
    }
}
