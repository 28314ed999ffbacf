//! Thinning: never too many packets a second, and sums that stay right.

#![allow(clippy::cast_precision_loss, reason = "estimates are not exact")]

mod support;

use core::num::NonZeroU32;
use std::collections::HashMap;

use sflowcap::capture::{Content, Options, Totals};
use support::convert::{self, Converted};
use support::feed::Datagram;
use support::wire::{self, Wire};

const SECOND: u64 = 1_000_000_000;
const START: u64 = 1_650_000_000 * SECOND;
const SAMPLES: u32 = 7;

/// A datagram of samples, whose ports and rates are given, that comes at a time.
fn datagram(time: u64, sequence: u32, samples: &[(u32, u32)]) -> Datagram {
    let sample = |(port, rate): &(u32, u32)| {
        let fields = Wire::new().u32s([sequence, *port, *rate, 0, 0, *port, 0, 1]);
        Wire::new().framed(0, 1, fields.sampled_header(1, 100, 4, &[0xff; 4]))
    };
    let payload = wire::datagram(&samples.iter().map(sample).collect::<Vec<_>>());
    Datagram { timestamp: START + time, ..convert::received(&payload) }
}

/// Datagrams at these times, on this many ports; each port has a rate of its own.
fn feed(times: impl Iterator<Item = u64>, ports: u32) -> Vec<Datagram> {
    let sample = |number: u32| (1 + number % ports, 100 * (1 + number % ports));
    times
        .enumerate()
        .map(|(number, time)| {
            let first = number as u32 * SAMPLES;
            let samples: Vec<_> = (first..first + SAMPLES).map(sample).collect();
            datagram(time, number as u32, &samples)
        })
        .collect()
}

fn thin(feed: &[Datagram], most: u32, seed: u64) -> Converted {
    let max_rate = NonZeroU32::new(most);
    convert::feed(feed, Options { max_rate, seed, comments: true, ..Options::default() })
}

fn told(comment: &str, key: &str) -> Option<u64> {
    comment.split(' ').find_map(|word| word.strip_prefix(key)?.strip_prefix('=')?.parse().ok())
}

/// The sum of the packets' rates for each port.
fn sums(converted: &Converted) -> HashMap<u64, u64> {
    let mut sums = HashMap::new();
    for packet in &converted.file.packets {
        let comment = &packet.comments[0];
        *sums.entry(told(comment, "source").unwrap()).or_default() += told(comment, "rate").unwrap();
    }
    sums
}

fn steady() -> Vec<Datagram> {
    feed((0..6000).map(|number| number * 500_000), 4)
}

/// A tenth of a second in each is a hundred times as fast as the rest.
fn bursty() -> Vec<Datagram> {
    let times = (0..3).flat_map(|second| {
        let slow = (0..100).map(move |number| second * SECOND + number * 9_000_000);
        slow.chain((0..1500).map(move |number| second * SECOND + 900_000_000 + number * 66_000))
    });
    feed(times, 4)
}

fn many_ports() -> Vec<Datagram> {
    feed((0..6000).map(|number| number * 500_000), 500)
}

/// The mean of many choices is within four of its standard errors of the truth, for all and for a port.
#[test]
fn sums_of_corrected_rates_are_unbiased() {
    const ROUNDS: u64 = 60;
    for (name, feed) in [("steady", steady()), ("bursty", bursty()), ("many ports", many_ports())] {
        let all = thin(&feed, 10_000_000, 0);
        assert_eq!(all.totals.thinned, 0);
        let truth = sums(&all);
        let rounds: Vec<_> = (0..ROUNDS).map(|seed| sums(&thin(&feed, 500, seed))).collect();
        let of_all = |sums: &HashMap<u64, u64>| sums.values().sum::<u64>() as f64;
        let of_port = |sums: &HashMap<u64, u64>| sums.get(&3).copied().unwrap_or_default() as f64;
        for (what, of) in [("all", &of_all as &dyn Fn(&_) -> f64), ("a port", &of_port)] {
            let estimates: Vec<f64> = rounds.iter().map(of).collect();
            let mean = estimates.iter().sum::<f64>() / ROUNDS as f64;
            let variance = estimates.iter().map(|each| (each - mean).powi(2)).sum::<f64>() / (ROUNDS - 1) as f64;
            let error = (variance / ROUNDS as f64).sqrt();
            let off = (mean - of(&truth)).abs();
            assert!(off < 4.0 * error, "{name}, {what}: {mean} of {}, error {error}", of(&truth));
            assert!(variance > 0.0);
            if what == "all" {
                assert!(error < 0.05 * of(&truth), "{name}: {error} of {}", of(&truth));
            }
        }
    }
}

#[test]
fn no_second_has_more_packets_than_allowed() {
    let flood = feed((0..40_000).map(|number| number * 50_000), 4);
    for (most, feed) in [(1, steady()), (200, steady()), (500, bursty()), (1000, flood), (3000, bursty())] {
        let packets = thin(&feed, most, 1).file.packets;
        let period = SECOND.max(128 * SECOND / u64::from(most));
        let allowed = u128::from(most) * u128::from(period) / u128::from(SECOND);
        for (place, first) in packets.iter().enumerate() {
            let within = packets[place..].iter().take_while(|packet| packet.timestamp < first.timestamp + period);
            assert!(within.count() as u128 <= allowed, "{most}");
        }
        assert!(!packets.is_empty());
    }
}

#[test]
fn a_fast_feed_keeps_three_quarters_and_a_slow_one_all() {
    let kept = thin(&steady(), 1000, 2).totals.written;
    assert!((2000..=2600).contains(&kept), "{kept} in three seconds");
    let slow = feed((0..300).map(|number| number * 10_000_000), 4);
    let converted = thin(&slow, 1000, 2);
    assert_eq!((converted.totals.written, converted.totals.thinned), (2100, 0));
    assert!(converted.file.packets.iter().all(|packet| told(&packet.comments[0], "thinned").is_none()));
}

#[test]
fn the_rate_is_the_agents_times_what_the_comment_tells() {
    let converted = thin(&steady(), 200, 3);
    let mut factors = Vec::new();
    for packet in &converted.file.packets {
        let comment = &packet.comments[0];
        let factor = told(comment, "thinned").unwrap_or(1);
        assert!(factor.is_power_of_two());
        assert_eq!(told(comment, "rate"), Some(100 * told(comment, "source").unwrap() * factor));
        factors.push(factor);
    }
    assert!(factors.iter().any(|factor| *factor > 16));
}

#[test]
fn the_same_seed_makes_the_same_file_and_another_another() {
    let feed = steady();
    assert_eq!(thin(&feed, 500, 7).bytes, thin(&feed, 500, 7).bytes);
    assert_ne!(thin(&feed, 500, 7).bytes, thin(&feed, 500, 8).bytes);
}

#[test]
fn what_is_thinned_is_counted_and_is_no_loss() {
    let converted = thin(&steady(), 500, 4);
    let Totals { packets, thinned, written, dropped, .. } = converted.totals;
    assert_eq!((packets, packets), (42_000, thinned + written));
    assert_eq!(dropped, 0);
    assert!(converted.totals.to_string().contains(&format!(", {thinned} packets thinned out")));
}

#[test]
fn whole_datagrams_are_thinned_too() {
    let options =
        Options { max_rate: NonZeroU32::new(200), content: Content::Datagrams, comments: true, ..Options::default() };
    let converted = convert::feed(&steady(), options);
    let Totals { written_datagrams, thinned_datagrams, .. } = converted.totals;
    assert_eq!(written_datagrams + thinned_datagrams, 6000);
    assert!((300..=600).contains(&written_datagrams), "{written_datagrams}");
    assert!(converted.file.packets.iter().any(|packet| told(&packet.comments[0], "thinned").is_some()));
}

#[test]
fn a_clock_that_is_set_back_does_not_stop_the_capture() {
    let mut feed = steady();
    for datagram in &mut feed[3000..] {
        datagram.timestamp -= 3600 * SECOND;
    }
    let packets = thin(&feed, 500, 5).file.packets;
    assert!(packets.iter().filter(|packet| packet.timestamp < START).count() > 300);
}
