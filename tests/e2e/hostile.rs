//! A million agents that nobody knows, through the whole program: it takes them all, in bounded memory.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{self, BufWriter, Read, Write};
use std::net::IpAddr;
use std::process::Stdio;
use std::thread;

use sflowcap::capture::MAX_INTERFACES;

use support::hostile::Hostile;
use support::{Home, SFLOWDUMP};

mod support;

const DATAGRAMS: u32 = 1_000_000;

/// The most memory that the program may ever have had, in KiB.
const MOST_MEMORY: u64 = 200 * 1024;

/// Writes a recording, raw IP, of so many datagrams. Returns how many of them are malformed.
fn record(out: impl Write) -> io::Result<u64> {
    let mut out = BufWriter::with_capacity(1 << 20, out);
    for word in [0xa1b2_c3d4_u32, 0x0004_0002, 0, 0, 262_144, 101] {
        out.write_all(&word.to_le_bytes())?;
    }
    let mut hostile = Hostile::new(None);
    for _ in 0..DATAGRAMS {
        let payload = hostile.datagram();
        let IpAddr::V4(sender) = hostile.sender() else { unreachable!("senders are IPv4") };
        let length = 28 + payload.len() as u32;
        for word in [1_700_000_000, 0, length, length] {
            out.write_all(&u32::to_le_bytes(word))?;
        }
        let header = [0x4500_0000 | length, 0, 0x4011_0000, sender.to_bits(), 0x7f00_0001];
        for word in header.into_iter().chain([0x18c7_18c7, (length - 20) << 16]) {
            out.write_all(&word.to_be_bytes())?;
        }
        out.write_all(&payload)?;
    }
    out.flush()?;
    Ok(hostile.malformed)
}

/// What stands in a pcapng file, counted as it comes.
#[derive(Debug, Default)]
struct Counted {
    interfaces: u64,
    packets: u64,
    /// Packets that the statistics tell of (`isb_usrdeliv`).
    delivered: u64,
    left: Vec<u8>,
}

impl Counted {
    fn take(&mut self, bytes: &[u8]) {
        self.left.extend(bytes);
        let mut start = 0;
        while let Some(block) = self.left.get(start..).filter(|rest| rest.len() >= 8) {
            let word = |at: usize| u32::from_le_bytes(block[at..at + 4].try_into().expect("four bytes"));
            let (kind, length) = (word(0), word(4) as usize);
            if block.len() < length {
                break;
            }
            match kind {
                1 => self.interfaces += 1,
                6 => self.packets += 1,
                5 => {
                    let mut at = 20;
                    while word(at) != 0 {
                        let (code, size) = (word(at) as u16, (word(at) >> 16) as usize);
                        if code == 8 {
                            self.delivered += u64::from(word(at + 4));
                        }
                        at += 4 + size.div_ceil(4) * 4;
                    }
                }
                _ => {}
            }
            start += length;
        }
        self.left.drain(..start);
    }
}

#[test]
fn a_million_agents_are_taken_in_bounded_memory_and_counted_to_the_last() {
    let home = Home::bare();
    let mut command = home.command(SFLOWDUMP);
    // Each loss and fault by itself is for the log.
    command.args(["-r", "/dev/stdin", "-w", "-", "--log-file", "/dev/null"]);
    let mut program =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the program");
    let input = program.stdin.take().expect("a pipe");
    let recording = thread::spawn(move || record(input));
    let mut output = program.stdout.take().expect("a pipe");
    let (mut counted, mut memory) = (Counted::default(), 0);
    let mut buffer = vec![0; 1 << 18];
    loop {
        let count = output.read(&mut buffer).expect("a pipe");
        if count == 0 {
            break;
        }
        counted.take(&buffer[..count]);
        // The most so far; the last look is at the very end, when the statistics of all interfaces are on their way.
        let status = fs::read_to_string(format!("/proc/{}/status", program.id())).unwrap_or_default();
        let most =
            status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        memory = memory.max(most.unwrap_or(0));
    }
    let malformed = recording.join().expect("a thread").expect("the program reads all");
    let told = program.wait_with_output().expect("the program");
    let told = String::from_utf8(told.stderr).expect("text");
    println!("{memory} KiB, {counted:?}");
    assert!((10_000..MOST_MEMORY).contains(&memory), "{memory} KiB");
    assert!(counted.left.is_empty(), "the file ends within a block");
    let said = |what: &str| told.lines().find_map(|line| line.strip_suffix(what)?.trim().parse::<u64>().ok());
    assert_eq!(said("packets captured"), Some(counted.packets), "{told}");
    assert_eq!(said("sFlow datagrams received"), Some(DATAGRAMS.into()), "{told}");
    assert_eq!(said("malformed datagrams"), Some(malformed), "{told}");
    assert_eq!(counted.delivered, counted.packets);
    // Some are known by their counters alone, and not described.
    let bound = MAX_INTERFACES as u64;
    assert!((bound / 2..=bound + 1).contains(&counted.interfaces), "{}", counted.interfaces);
    // All but those that were known, and those that are no datagrams at all.
    let untracked = said("datagrams of too many agents: losses among them are not known").expect("told");
    let known = u64::from(DATAGRAMS) - untracked;
    assert!((bound..bound + malformed + 10_000).contains(&known), "{known} {malformed}");
}
