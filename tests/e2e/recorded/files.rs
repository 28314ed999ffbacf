//! Capture files of every kind, written by hand after their specifications.

/// A frame, and when it was recorded, in nanoseconds since 1970.
#[derive(Clone, Debug)]
pub struct Frame {
    pub time: u64,
    pub data: Vec<u8>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    Little,
    Big,
}

impl Order {
    fn u16(self, number: u16) -> [u8; 2] {
        if self == Order::Little { number.to_le_bytes() } else { number.to_be_bytes() }
    }

    pub fn u32(self, number: u32) -> [u8; 4] {
        if self == Order::Little { number.to_le_bytes() } else { number.to_be_bytes() }
    }

    fn u64(self, number: u64) -> [u8; 8] {
        if self == Order::Little { number.to_le_bytes() } else { number.to_be_bytes() }
    }

    fn u32s(self, numbers: impl IntoIterator<Item = u32>) -> Vec<u8> {
        numbers.into_iter().flat_map(|number| self.u32(number)).collect()
    }
}

/// The kinds of classic files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Classic {
    Microseconds,
    Nanoseconds,
    /// Alexey Kuznetzov's, with more in each packet's header.
    Modified,
}

pub const ETHERNET: u32 = 1;

/// A classic file: its bytes, and where each of its packets begins.
pub fn pcap(kind: Classic, order: Order, link_type: u32, frames: &[Frame]) -> (Vec<u8>, Vec<usize>) {
    let (magic, unit) = match kind {
        Classic::Microseconds => (0xa1b2_c3d4, 1000),
        Classic::Nanoseconds => (0xa1b2_3c4d, 1),
        Classic::Modified => (0xa1b2_cd34, 1000),
    };
    let version = [order.u16(2), order.u16(4)].concat();
    let mut file = [&order.u32(magic)[..], &version, &order.u32s([0, 0, 262_144, link_type])].concat();
    let mut starts = Vec::new();
    for Frame { time, data } in frames {
        starts.push(file.len());
        let (seconds, fraction) = (time / 1_000_000_000, time % 1_000_000_000 / unit);
        let length = data.len() as u32;
        file.extend(order.u32s([seconds as u32, fraction as u32, length, length]));
        if kind == Classic::Modified {
            file.extend(order.u32(2)); // the interface
            file.extend(order.u16(0x0800)); // the protocol
            file.extend([0, 0]); // the packet's type, and padding
        }
        file.extend(data);
    }
    (file, starts)
}

/// A pcapng file under construction.
#[derive(Clone, Debug)]
pub struct PcapNg {
    pub bytes: Vec<u8>,
    /// Where each block begins.
    pub starts: Vec<usize>,
    order: Order,
    /// Whether options have an end marker. Some writers leave it out.
    pub end_of_options: bool,
}

impl PcapNg {
    pub fn new(order: Order) -> Self {
        PcapNg { bytes: Vec::new(), starts: Vec::new(), order, end_of_options: true }.section(order)
    }

    pub fn without_end_of_options(self) -> Self {
        PcapNg { end_of_options: false, ..self }
    }

    /// A new section: its interfaces count from 0 again.
    pub fn section(mut self, order: Order) -> Self {
        self.order = order;
        let version = [order.u16(1), order.u16(0)].concat();
        let body = [&order.u32(0x1a2b_3c4d)[..], &version, &[0xff; 8], &self.options(&[(4, b"a test")])].concat();
        self.block(0x0a0d_0d0a, &body)
    }

    /// An interface with its `if_tsresol` and `if_tsoffset`, if it has them.
    pub fn interface(self, link_type: u16, resolution: Option<u8>, offset: Option<i64>) -> Self {
        let order = self.order;
        let offset = offset.map(|offset| order.u64(offset as u64));
        let mut options: Vec<(u16, &[u8])> = vec![(2, b"eth0")];
        let resolution = resolution.map(|resolution| [resolution]);
        options.extend(resolution.as_ref().map(|value| (9, &value[..])));
        options.extend(offset.as_ref().map(|value| (14, &value[..])));
        let body = [&order.u16(link_type)[..], &order.u16(0), &order.u32(262_144), &self.options(&options)].concat();
        self.block(1, &body)
    }

    /// An enhanced packet block. The time is in the interface's units.
    pub fn packet(self, interface: u32, time: u64, data: &[u8]) -> Self {
        let length = data.len() as u32;
        let head = self.order.u32s([interface, (time >> 32) as u32, time as u32, length, length]);
        let body = [&head, data, &padding(data), &self.options(&[(1, b"a comment")])].concat();
        self.block(6, &body)
    }

    /// A simple packet block, which has no time.
    pub fn simple_packet(self, data: &[u8]) -> Self {
        let body = [&self.order.u32(data.len() as u32)[..], data, &padding(data)].concat();
        self.block(3, &body)
    }

    /// A block that readers of packets do not know.
    pub fn unknown(self) -> Self {
        self.block(0x0bad, b"whatever")
    }

    pub fn block(mut self, kind: u32, body: &[u8]) -> Self {
        self.starts.push(self.bytes.len());
        let length = self.order.u32(12 + body.len() as u32);
        self.bytes.extend([&self.order.u32(kind)[..], &length, body, &length].concat());
        self
    }

    fn options(&self, options: &[(u16, &[u8])]) -> Vec<u8> {
        let mut bytes = Vec::new();
        for (code, value) in options {
            bytes.extend(self.order.u16(*code));
            bytes.extend(self.order.u16(value.len() as u16));
            bytes.extend(*value);
            bytes.extend(padding(value));
        }
        if self.end_of_options {
            bytes.extend([0; 4]);
        }
        bytes
    }
}

fn padding(bytes: &[u8]) -> Vec<u8> {
    vec![0; bytes.len().wrapping_neg() % 4]
}
