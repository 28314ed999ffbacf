//! Whether what a converter counted adds up.

use sflowcap::capture::Totals;

use super::convert::Converted;

/// Everything is counted once, and the file agrees.
pub fn check(converted: &Converted) {
    let Totals {
        datagrams,
        malformed,
        other_agents,
        flow_samples,
        discarded_packets,
        paused,
        other_kinds,
        other_interfaces,
        other_directions,
        without_header,
        packets,
        no_link_type,
        filtered,
        dropped,
        written,
        written_datagrams,
        dropped_datagrams,
        ..
    } = converted.totals;
    assert_eq!(packets, no_link_type + filtered + dropped + written);
    let left_out = paused + other_kinds + other_interfaces + other_directions + without_header;
    let gave_packets = (flow_samples + discarded_packets).checked_sub(left_out).expect("no sample counts twice");
    assert!(gave_packets <= packets && (gave_packets > 0 || packets == 0), "{:?}", converted.totals);
    assert!(malformed + other_agents <= datagrams);
    assert_eq!(malformed > 0, !converted.faults.is_empty());
    let file = &converted.file;
    assert_eq!(written + written_datagrams, file.packets.len() as u64);
    assert!(written_datagrams + dropped_datagrams <= datagrams);
    assert_eq!(file.statistics.len(), file.interfaces.len());
    for (id, statistics) in (0..).zip(&file.statistics) {
        assert_eq!(statistics.interface, id);
        let in_file = file.packets.iter().filter(|packet| packet.interface == id).count() as u64;
        assert_eq!(statistics.delivered, Some(in_file));
        let accepted = statistics.accepted.unwrap();
        assert_eq!(accepted, in_file + statistics.os_dropped.unwrap());
        assert!(statistics.received.unwrap() >= accepted);
    }
}
