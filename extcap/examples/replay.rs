//! Sends the UDP payloads of a recording again, with the recording's timing: a feed to try things on.
//!
//! ```sh
//! cargo run -p sflowdump --example replay -- fixtures/demo.pcap localhost:6343
//! ```
//!
//! A third argument is how many times faster to send.

use std::error::Error;
use std::fs::File;
use std::io::BufReader;
use std::net::{ToSocketAddrs, UdpSocket};
use std::thread::sleep;
use std::time::{Duration, Instant};

use etherparse::{SlicedPacket, TransportSlice};
use pcap_file::pcap::PcapReader;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (path, target, speed) = match arguments.as_slice() {
        [path, target] => (path, target, 1.0),
        [path, target, speed] => (path, target, speed.parse::<f64>()?),
        _ => return Err("usage: replay FILE HOST:PORT [SPEED]".into()),
    };
    let target = target.to_socket_addrs()?.next().ok_or("the host has no address")?;
    let socket = UdpSocket::bind(if target.is_ipv4() { "0.0.0.0:0" } else { "[::]:0" })?;
    socket.connect(target)?;

    let mut recording = PcapReader::new(BufReader::new(File::open(path)?))?;
    let began = Instant::now();
    let mut first = None;
    let mut sent = 0;
    while let Some(packet) = recording.next_packet() {
        let packet = packet?;
        let Ok(SlicedPacket { transport: Some(TransportSlice::Udp(udp)), .. }) =
            SlicedPacket::from_ethernet(&packet.data)
        else {
            continue;
        };
        let since_first = packet.timestamp.saturating_sub(*first.get_or_insert(packet.timestamp));
        let due = Duration::try_from_secs_f64(since_first.as_secs_f64() / speed)?;
        sleep(due.saturating_sub(began.elapsed()));
        socket.send(udp.payload())?;
        sent += 1;
    }
    println!("{sent} datagrams sent to {target} in {:.1} s", began.elapsed().as_secs_f64());
    Ok(())
}
