//! Whether what a converter counted adds up.

use std::collections::BTreeSet;

use sflowcap::capture::Totals;

use super::convert::Converted;

/// Every sample and packet is counted once, and the file agrees.
pub fn check(converted: &Converted) {
    let Totals {
        flow_samples,
        discarded_packets,
        paused,
        other_kinds,
        other_interfaces,
        other_directions,
        without_header,
        packets,
        ..
    } = converted.totals;
    let left_out = paused + other_kinds + other_interfaces + other_directions + without_header;
    let gave_packets = (flow_samples + discarded_packets).checked_sub(left_out).expect("no sample counts twice");
    assert!(gave_packets <= packets && (gave_packets > 0 || packets == 0), "{:?}", converted.totals);
    check_file(converted);
}

/// Every packet is counted once, and the file agrees. That is all there is to say of a file of whole datagrams.
pub fn check_file(converted: &Converted) {
    let Totals {
        datagrams,
        malformed,
        other_agents,
        other_senders,
        packets,
        no_link_type,
        filtered,
        thinned,
        dropped,
        written,
        written_datagrams,
        dropped_datagrams,
        ..
    } = converted.totals;
    assert_eq!(packets, no_link_type + filtered + thinned + dropped + written);
    assert!(malformed + other_agents + other_senders <= datagrams);
    assert_eq!(malformed > 0, !converted.faults.is_empty());
    let file = &converted.file;
    assert_eq!(written + written_datagrams, file.packets.len() as u64);
    assert!(written_datagrams + dropped_datagrams <= datagrams);
    assert_eq!(file.statistics.len(), file.interfaces.len());
    // In whatever order.
    let ids: BTreeSet<u32> = file.statistics.iter().map(|statistics| statistics.interface).collect();
    assert!(ids.into_iter().eq(0..file.interfaces.len() as u32));
    for statistics in &file.statistics {
        let id = statistics.interface;
        let in_file = file.packets.iter().filter(|packet| packet.interface == id).count() as u64;
        assert_eq!(statistics.delivered, Some(in_file));
        let accepted = statistics.accepted.unwrap();
        assert_eq!(accepted, in_file + statistics.os_dropped.unwrap());
        assert!(statistics.received.unwrap() >= accepted);
    }
}
