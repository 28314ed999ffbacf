//! Classic pcap: the same packets as in pcapng, read back by another's parser.

mod support;

use sflowcap::capture::{Content, Format, Options};
use support::{convert, feed};

#[test]
fn pcap_has_the_packets_of_pcapng_with_their_times() {
    let recording = include_bytes!("../fixtures/demo.pcap");
    let datagrams = feed::datagrams(&feed::frames(recording));
    for content in [Content::Packets, Content::Datagrams, Content::Both] {
        let options = |format| Options { format, content, synthetic: true, comments: true, ..Options::default() };
        let expected = feed::frames(&convert::feed(&datagrams, options(Format::Pcapng)).bytes);
        let whole = |frame: &feed::Frame| (frame.timestamp, frame.original_length, frame.data.clone());
        let got = feed::frames(&convert::written(&datagrams, options(Format::Pcap)).bytes);
        assert!(got.len() > 100 && got.iter().map(whole).eq(expected.iter().map(whole)), "{content:?}");
    }
}
