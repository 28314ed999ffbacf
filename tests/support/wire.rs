//! An encoder for sFlow structures, written after the wire reference and sharing no line with the decoder.

/// Bytes in XDR's encoding.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wire(pub Vec<u8>);

impl Wire {
    pub fn new() -> Self {
        Wire::default()
    }

    pub fn u32(mut self, value: u32) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub fn u64(mut self, value: u64) -> Self {
        self.0.extend(value.to_be_bytes());
        self
    }

    pub fn u32s(self, values: impl IntoIterator<Item = u32>) -> Self {
        values.into_iter().fold(self, Wire::u32)
    }

    /// Bytes without a length before them.
    pub fn raw(mut self, bytes: impl AsRef<[u8]>) -> Self {
        self.0.extend(bytes.as_ref());
        self
    }

    /// Padding to a multiple of four; agents do not always write zeros there.
    pub fn pad(mut self) -> Self {
        while self.0.len() % 4 != 0 {
            self.0.push(0xa5);
        }
        self
    }

    /// `opaque<>` and `string<>`.
    pub fn opaque(self, bytes: impl AsRef<[u8]>) -> Self {
        self.u32(bytes.as_ref().len() as u32).raw(bytes).pad()
    }

    /// `mac`: six bytes, padded.
    pub fn mac(self, mac: [u8; 6]) -> Self {
        self.raw(mac).pad()
    }

    /// A tag, a length and a body.
    pub fn framed(self, enterprise: u32, format: u32, body: Wire) -> Self {
        self.u32(enterprise << 12 | format).u32(body.0.len() as u32).raw(body.0)
    }

    /// A sampled header record (0:1).
    pub fn sampled_header(self, protocol: u32, frame_length: u32, stripped: u32, header: &[u8]) -> Self {
        self.framed(0, 1, Wire::new().u32s([protocol, frame_length, stripped]).opaque(header))
    }
}

/// A version 5 datagram of agent 10.0.0.1 with these framed samples.
pub fn datagram(samples: &[Wire]) -> Vec<u8> {
    let header = Wire::new().u32s([5, 1, 0x0a00_0001, 0, 7, 1000, samples.len() as u32]);
    samples.iter().fold(header, |datagram, sample| datagram.raw(&sample.0)).0
}

/// A flow sample (0:1) of ifIndex 3, from 3 to 4, at a rate of 1 in 100, with these framed records.
pub fn flow_sample(records: &[Wire]) -> Wire {
    let body = Wire::new().u32s([1, 3, 100, 10_000, 0, 3, 4, records.len() as u32]);
    Wire::new().framed(0, 1, records.iter().fold(body, |body, record| body.raw(&record.0)))
}
