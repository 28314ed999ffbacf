//! What Wireshark's own sFlow dissector makes of a feed.

use std::net::IpAddr;
use std::path::Path;
use std::process::Command;

/// A datagram, dissected.
#[derive(Clone, Debug, Default)]
pub struct Dissected {
    /// The number of the frame that completed it.
    pub frame: usize,
    /// Nanoseconds since 1970.
    pub timestamp: u64,
    /// tshark met the datagram's end, or some other fault, before it was done.
    pub malformed: bool,
    pub agent: Option<IpAddr>,
    /// The samples that the datagram announces.
    pub announced: u32,
    /// The samples whose kind and length tshark shows. It leaves the datagram at a vendor's sample.
    pub samples: u32,
    /// The sampled headers, each with what its sample says.
    pub headers: Vec<Header>,
}

impl Dissected {
    /// Whether tshark went through the datagram from its beginning to its end.
    pub fn is_whole(&self) -> bool {
        !self.malformed && self.samples == self.announced
    }
}

/// A sampled header.
#[derive(Clone, Debug, Default)]
pub struct Header {
    pub sample: Sample,
    pub protocol: u32,
    pub frame_length: u32,
    pub stripped: u32,
    /// Of the header, without its padding.
    pub length: u32,
    pub bytes: Vec<u8>,
}

/// The sample that a header stands in.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    pub class: u32,
    pub index: u32,
    pub rate: u32,
    /// Format and value.
    pub input: (u32, u32),
    pub output: (u32, u32),
}

/// Whether there is a tshark.
pub fn is_there() -> bool {
    let there = Command::new("tshark").arg("--version").output().is_ok_and(|output| output.status.success());
    if !there {
        println!("skipped: no tshark");
    }
    there
}

/// Dissects a feed.
pub fn dissect(feed: &Path) -> Vec<Dissected> {
    let datagrams = pdml(feed);
    let datagram = |lines: &String| {
        let mut reader = Reader::default();
        lines.lines().for_each(|line| reader.line(line));
        reader.datagram
    };
    datagrams.iter().map(datagram).collect()
}

/// A field of the dissection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name, without the protocol before the first dot: versions of Wireshark differ in it (sflow, sflow_5, sflow_245).
    pub name: String,
    /// The bytes that it is read from, hexadecimal; of a part of a word the whole word.
    pub value: String,
}

/// The fields of each datagram of a feed, in tshark's order, by the number of the frame that completed it. One called
/// `malformed` stands where tshark met a fault.
pub fn fields(feed: &Path) -> Vec<(usize, Vec<Field>)> {
    let field = |line: &str| {
        let name = match attribute(line, "name")?.split_once('.')? {
            ("_ws", "malformed") => "malformed",
            (protocol, field) if protocol.starts_with("sflow") => field,
            _ => return None,
        };
        let value = || attribute(line, "unmaskedvalue").or_else(|| attribute(line, "value")).unwrap_or_default();
        let show = || attribute(line, "show").unwrap_or_default();
        let value = match name {
            // Wireshark 4.0 has the bytes of the first label for each.
            "extended_mpls.in_label" | "extended_mpls.out_label" => format!("{:08x}", show().parse::<u32>().unwrap()),
            "header" => show().replace(':', ""),
            _ => value().to_lowercase(),
        };
        Some(Field { name: name.to_owned(), value })
    };
    let datagram = |lines: &String| {
        let number = lines.lines().find(|line| attribute(line, "name") == Some("num")).expect("a frame number");
        let number = attribute(number, "show").unwrap().parse().expect("a number");
        (number, lines.lines().filter_map(field).collect())
    };
    pdml(feed).iter().map(datagram).collect()
}

/// The lines of each datagram's dissection; there is a field to a line.
fn pdml(feed: &Path) -> Vec<String> {
    let output = Command::new("tshark")
        .args(["-n", "-T", "pdml", "-J", "sflow _ws.malformed", "-Y", "sflow"])
        // Sampled headers as bytes: what they hold must not be taken for the datagram's own fields.
        .args(["-o", "sflow.enable_dissection:FALSE", "-r"])
        .arg(feed)
        .output()
        .expect("tshark runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("PDML in UTF-8");
    text.split("<packet>").skip(1).map(str::to_owned).collect()
}

/// Follows a datagram's lines of PDML.
#[derive(Clone, Debug, Default)]
struct Reader {
    datagram: Dissected,
    sample: Sample,
    header: Header,
}

impl Reader {
    fn line(&mut self, line: &str) {
        let Some(name) = attribute(line, "name") else { return };
        let show = || attribute(line, "show").unwrap_or_default();
        // Masked fields show a part of a word: this is the word.
        let word = || {
            let hex = attribute(line, "unmaskedvalue").or_else(|| attribute(line, "value")).unwrap_or_default();
            u32::from_str_radix(hex, 16).unwrap_or_default()
        };
        let compact = || (word() >> 30, word() & 0x3fff_ffff);
        if name == "_ws.malformed" {
            self.datagram.malformed = true;
            return;
        }
        // Versions of Wireshark differ in the first part of the names: sflow, sflow_5, sflow_245.
        let field = match name.split_once('.') {
            Some((protocol, field)) if protocol.starts_with("sflow") => field,
            _ => name,
        };
        match field {
            "num" => self.datagram.frame = show().parse().expect("a frame number"),
            "timestamp" => self.datagram.timestamp = nanoseconds(attribute(line, "value").expect("a time")),
            "agent" | "agent.v6" => self.datagram.agent = show().parse().ok(),
            "numsamples" => self.datagram.announced = word(),
            "sample_length" => {
                self.datagram.samples += 1;
                self.sample = Sample::default();
            }
            "flow_sample.source_id_class" => self.sample.class = word() >> 24,
            "flow_sample.index" => self.sample.index = word() & 0x00ff_ffff,
            "flow_sample.source_id_type" => self.sample.class = word(),
            "flow_sample.source_id_index" => self.sample.index = word(),
            "flow_sample.sampling_rate" => self.sample.rate = word(),
            "flow_sample.input_interface" => self.sample.input = compact(),
            "flow_sample.input_interface_format" => self.sample.input.0 = word(),
            "flow_sample.input_interface_value" => self.sample.input.1 = word(),
            "flow_sample.output_interface" => self.sample.output = compact(),
            "flow_sample.output_interface.format" => self.sample.output.0 = word(),
            // In the compact form a part of the word that was read already.
            "flow_sample.output_interface_value" if attribute(line, "unmaskedvalue").is_none() => {
                self.sample.output.1 = word();
            }
            "header_protocol" => self.header = Header { sample: self.sample, protocol: word(), ..Header::default() },
            "header.frame_length" => self.header.frame_length = word(),
            "header.payload_stripped" => self.header.stripped = word(),
            "header.sampled_header_length" => self.header.length = word(),
            "header" => {
                // tshark takes the padding for a part of the header.
                let mut header = core::mem::take(&mut self.header);
                header.bytes = bytes(attribute(line, "value").or_else(|| attribute(line, "show")).unwrap_or_default());
                header.bytes.truncate(header.length as usize);
                self.datagram.headers.push(header);
            }
            _ => {}
        }
    }
}

fn attribute<'a>(line: &'a str, name: &str) -> Option<&'a str> {
    let from = line.find(&format!(" {name}=\""))? + name.len() + 3;
    line[from..].split('"').next()
}

fn bytes(hex: &str) -> Vec<u8> {
    let digits: Vec<u8> = hex.chars().filter_map(|digit| digit.to_digit(16)).map(|digit| digit as u8).collect();
    digits.chunks_exact(2).map(|pair| pair[0] << 4 | pair[1]).collect()
}

/// `1662715598.886994000`.
fn nanoseconds(time: &str) -> u64 {
    let (seconds, fraction) = time.split_once('.').expect("a fraction");
    seconds.parse::<u64>().unwrap() * 1_000_000_000 + format!("{fraction:0<9}").parse::<u64>().unwrap()
}
