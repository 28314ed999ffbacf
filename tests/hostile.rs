//! Who means harm can cost what they send and no more: memory has a bound, accounts add up, and what can no longer be told is
//! counted.

mod support;

use std::net::IpAddr;

use sflowcap::capture::{Converter, MAX_INTERFACES, Options, Received, Totals};
use sflowcap::select::Selection;

use support::capture::{Capture, Header, flow};
use support::convert;
use support::feed::Datagram;
use support::hostile::Hostile;
use support::{accounts, wire};

fn feed(hostile: &mut Hostile, count: usize) -> Vec<Datagram> {
    (0..count)
        .map(|_| {
            let payload = hostile.datagram();
            Datagram { source: hostile.sender(), ..convert::received(&payload) }
        })
        .collect()
}

#[test]
fn chaos_adds_up() {
    for agents in [Some(10), Some(1000), None] {
        let mut hostile = Hostile::new(agents);
        let feed = feed(&mut hostile, 3000);
        let options = Options { comments: true, synthetic: true, ..Options::default() };
        let converted = convert::feed(&feed, options);
        accounts::check(&converted);
        assert_eq!(converted.totals.malformed, hostile.malformed);
        assert!(converted.totals.written > 3000);
    }
}

#[test]
fn agents_and_ports_past_the_bound_are_counted_and_their_packets_kept() {
    const MORE: u32 = 1000;
    let agents = MAX_INTERFACES as u32 + MORE;
    let mut converter = Converter::new(Options::default());
    let mut out = Vec::new();
    let mut bytes = wire::datagram(&[flow(1, 3, 0)]);
    let mut send = |agent: u32, port: u32| {
        bytes[8..12].copy_from_slice(&agent.to_be_bytes());
        bytes[28 + 12..28 + 16].copy_from_slice(&port.to_be_bytes());
        let received = Received { timestamp: 1, sender: [192, 0, 2, 1].into(), bytes: &bytes };
        out.clear();
        converter.datagram(&received, Some(&mut out), |_| ());
        *converter.totals()
    };
    for agent in 0..agents - 1 {
        send(agent, 3);
    }
    let totals = send(agents - 1, 3);
    let expected = Totals {
        datagrams: agents.into(),
        untracked_datagrams: MORE.into(),
        untracked_samples: MORE.into(),
        flow_samples: agents.into(),
        packets: agents.into(),
        written: agents.into(),
        past_interface_bound: MORE.into(),
        ..Totals::default()
    };
    assert_eq!(totals, expected);
    // A further port of an agent that is known: its datagrams are followed still.
    let totals = send(0, 4);
    assert_eq!((totals.untracked_datagrams, totals.untracked_samples), (MORE.into(), u64::from(MORE) + 1));
    let told = totals.to_string();
    assert!(told.contains(", 1000 datagrams of agents past the bound, 1001 samples of ports past the bound"), "{told}");
}

#[test]
fn a_datagram_must_come_from_a_selected_sender_of_either_family() {
    let selection = Selection {
        agents: "10.0.0.0/24".parse().unwrap(),
        senders: "192.0.2.0/24, 2001:db8::/32, !192.0.2.9".parse().unwrap(),
        ..Selection::default()
    };
    let mut capture = Capture::new(Options { selection, ..Options::default() });
    let senders = ["192.0.2.1", "192.0.2.9", "::ffff:192.0.2.2", "::ffff:192.0.2.9", "2001:db8::1", "2001:db9::1"];
    for (number, sender) in (1..).zip(senders) {
        let sender: IpAddr = sender.parse().unwrap();
        capture.from(sender, &Header::numbered(number).datagram(&[flow(number, 3, 0)]));
    }
    let mut of_another = wire::datagram(&[]);
    of_another[8..12].copy_from_slice(&[10, 9, 0, 1]);
    capture.from([192, 0, 2, 9], &of_another);
    let captured = capture.end();
    let totals = captured.totals;
    assert_eq!((totals.datagrams, totals.written, totals.other_senders, totals.other_agents), (7, 3, 3, 1));
    assert!(totals.to_string().contains(", 3 datagrams from other senders"));
}
