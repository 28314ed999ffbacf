//! A feed from sFlow-RT: it is asked to forward its sFlow to us while the capture runs.
//!
//! The REST API of sFlow-RT: `PUT /forwarding/{name}/json` with an address and a port begins it, `DELETE` of the same ends it.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, ToSocketAddrs, UdpSocket};
use std::str::FromStr;
use std::time::Duration;

use ureq::Agent;
use ureq::http::Uri;

use crate::Failure;

/// How long sFlow-RT may take for an answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where sFlow-RT answers, such as `http://10.0.0.9:8008`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    text: String,
    host: String,
    port: u16,
}

impl FromStr for Url {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let uri: Uri = text.parse().map_err(|_| ())?;
        if uri.scheme_str() != Some("http") || uri.query().is_some() {
            return Err(());
        }
        let host = uri.host().filter(|host| !host.is_empty()).ok_or(())?;
        // The parser passes over a port that is none, and takes much for a host.
        let authority = uri.authority().map_or("", |authority| authority.as_str());
        let port = authority.rsplit('@').next().and_then(|end| end.strip_prefix(host)).ok_or(())?;
        let port = match port.strip_prefix(':') {
            None | Some("") if port.len() < 2 => 80,
            Some(digits) if digits.bytes().all(|digit| digit.is_ascii_digit()) => digits.parse().map_err(|_| ())?,
            _ => return Err(()),
        };
        let host = match host.strip_prefix('[').and_then(|host| host.strip_suffix(']')) {
            Some(address) => address.parse::<Ipv6Addr>().map_err(|_| ())?.to_string(),
            None if host.contains(['[', ']', ',']) => return Err(()),
            None => host.to_owned(),
        };
        Ok(Url { text: text.trim_end_matches('/').to_owned(), host, port })
    }
}

/// Where sFlow-RT is to send to, where that is not the address and port that we know.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Advertised {
    address: IpAddr,
    port: Option<u16>,
}

impl FromStr for Advertised {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let with_port = |end: SocketAddr| Advertised { address: end.ip(), port: Some(end.port()) };
        let without = |address| Advertised { address, port: None };
        text.parse().map(with_port).or_else(|_| text.parse().map(without)).map_err(|_| ())
    }
}

/// Forwarding that sFlow-RT was asked for; it ends with this value.
#[derive(Debug)]
pub struct Forwarding {
    agent: Agent,
    url: String,
}

impl Forwarding {
    /// Asks sFlow-RT to forward to `port` of this host, or to what is `advertised`.
    ///
    /// # Errors
    /// When sFlow-RT cannot be reached, does not answer in time, or refuses.
    pub fn start(sflow_rt: &Url, port: u16, advertised: Option<Advertised>) -> Result<Self, Failure> {
        let failed = |what: &dyn fmt::Display| Failure::new(format!("--sflow-rt: {}: {what}", sflow_rt.text));
        let address = match advertised {
            Some(advertised) => advertised.address,
            None => our_address(sflow_rt).map_err(|error| failed(&error))?,
        };
        let port = advertised.and_then(|advertised| advertised.port).unwrap_or(port);
        // sFlow-RT is in this network: a proxy for the web would not find it.
        let config = Agent::config_builder().timeout_global(Some(PATIENCE)).http_status_as_error(false).proxy(None);
        let agent: Agent = config.build().into();
        let url = format!("{}/forwarding/{}/json", sflow_rt.text, name());
        let body = format!(r#"{{"address":"{address}","port":{port}}}"#);
        let answer = agent.put(&url).content_type("application/json").send(&body).map_err(|error| {
            failed(&format_args!("{error}; does sFlow-RT run there, and is this its REST API (port 8008, mostly)?"))
        })?;
        if !answer.status().is_success() {
            return Err(failed(&format_args!("refused to forward: HTTP status {}", answer.status())));
        }
        tracing::info!("{} forwards to {address} port {port}", sflow_rt.text);
        Ok(Forwarding { agent, url })
    }
}

impl Drop for Forwarding {
    fn drop(&mut self) {
        match self.agent.delete(&self.url).call() {
            Ok(answer) if answer.status().is_success() => tracing::info!("sFlow-RT was told to forward no more"),
            Ok(answer) => tracing::warn!("DELETE {}: HTTP status {}", self.url, answer.status()),
            Err(error) => tracing::warn!("DELETE {}: {error}", self.url),
        }
    }
}

/// The address of this host that routes to sFlow-RT. Nothing is sent for that.
fn our_address(sflow_rt: &Url) -> std::io::Result<IpAddr> {
    let Url { host, port, .. } = sflow_rt;
    let mut last = std::io::Error::new(std::io::ErrorKind::NotFound, "the host has no address");
    for end in (host.as_str(), *port).to_socket_addrs()? {
        let any = if end.is_ipv4() { Ipv4Addr::UNSPECIFIED.into() } else { IpAddr::V6(Ipv6Addr::UNSPECIFIED) };
        let address = UdpSocket::bind((any, 0)).and_then(|socket| {
            socket.connect(end)?;
            socket.local_addr()
        });
        match address {
            Ok(address) => return Ok(address.ip()),
            Err(error) => last = error,
        }
    }
    Err(last)
}

/// A name that no other capture has, on this desk or another.
fn name() -> String {
    let host = rustix::system::uname().nodename().to_string_lossy().into_owned();
    let host: String = host.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
    let random = RandomState::new().build_hasher().finish();
    format!("sflowdump-{host}-{}-{:08x}", std::process::id(), random as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_of_http_with_a_host() {
        let url: Url = "http://10.0.0.9:8008/".parse().unwrap();
        assert_eq!(url, Url { text: "http://10.0.0.9:8008".into(), host: "10.0.0.9".into(), port: 8008 });
        let url: Url = "http://[2001:db8::1]/rt".parse().unwrap();
        assert_eq!((url.host.as_str(), url.port), ("2001:db8::1", 80));
        for bad in ["10.0.0.9:8008", "ftp://host", "https://host", "http://", "http://host/?x=1", "http://a b", ""] {
            assert_eq!(bad.parse::<Url>(), Err(()), "{bad}");
        }
    }

    #[test]
    fn what_is_advertised_may_have_a_port() {
        let of =
            |text: &str| text.parse::<Advertised>().map(|advertised| (advertised.address.to_string(), advertised.port));
        assert_eq!(of("192.0.2.1"), Ok(("192.0.2.1".into(), None)));
        assert_eq!(of("192.0.2.1:7000"), Ok(("192.0.2.1".into(), Some(7000))));
        assert_eq!(of("[2001:db8::1]:7000"), Ok(("2001:db8::1".into(), Some(7000))));
        assert_eq!(of("2001:db8::1"), Ok(("2001:db8::1".into(), None)));
        assert_eq!(of("host"), Err(()));
    }

    #[test]
    fn names_differ_between_captures() {
        assert_ne!(name(), name());
        assert!(name().chars().all(|c| c.is_ascii_alphanumeric() || c == '-'));
    }
}
