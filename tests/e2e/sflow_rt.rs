//! A feed from sFlow-RT: a server that plays its documented REST API, and forwards as it is told.

mod support;

use std::net::{IpAddr, SocketAddr};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;
use support::feed::Feed;
use support::fifo::Fifo;
use support::frames;
use support::process::Running;
use support::{Home, SFLOWDUMP, free_port, wait_for};
use tiny_http::{Method, Response, Server};

/// A request as it came in.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Request {
    method: Method,
    path: String,
    body: String,
}

/// How the server answers.
#[derive(Clone, Copy, Debug)]
struct Manners {
    status: u16,
    after: Duration,
}

const GOOD: Manners = Manners { status: 200, after: Duration::ZERO };

/// A server on loopback, and the requests that it got.
struct SflowRt {
    server: Arc<Server>,
    requests: Receiver<Request>,
    manners: Arc<Mutex<Manners>>,
}

impl SflowRt {
    fn start(manners: Manners) -> Self {
        let server = Arc::new(Server::http("127.0.0.1:0").unwrap());
        let manners = Arc::new(Mutex::new(manners));
        let (sender, requests) = channel();
        let (serving, answering) = (Arc::clone(&server), Arc::clone(&manners));
        thread::spawn(move || {
            for mut request in serving.incoming_requests() {
                let mut body = String::new();
                request.as_reader().read_to_string(&mut body).unwrap();
                let told = Request { method: request.method().clone(), path: request.url().to_owned(), body };
                let Manners { status, after } = *answering.lock().unwrap();
                _ = sender.send(told);
                thread::sleep(after);
                _ = request.respond(Response::empty(status));
            }
        });
        SflowRt { server, requests, manners }
    }

    fn url(&self) -> String {
        format!("http://{}", self.server.server_addr())
    }

    fn next(&self) -> Request {
        self.requests.recv_timeout(support::PATIENCE).expect("a request")
    }

    /// The next request must ask for forwarding; returns its path, and where to.
    fn next_put(&self) -> (String, SocketAddr) {
        let Request { method, path, body } = self.next();
        assert_eq!(method, Method::Put);
        let name = path.strip_prefix("/forwarding/").and_then(|path| path.strip_suffix("/json")).unwrap();
        assert!(name.starts_with("sflowdump-") && !name.contains('/'), "{path}");
        let end: serde_json::Value = serde_json::from_str(&body).unwrap();
        let address: IpAddr = end["address"].as_str().unwrap().parse().unwrap();
        (path, SocketAddr::new(address, end["port"].as_u64().unwrap().try_into().unwrap()))
    }

    /// The next request must end the forwarding of that path.
    fn next_delete(&self, path: &str) {
        let request = self.next();
        assert_eq!((request.method, request.path.as_str()), (Method::Delete, path));
    }
}

impl Drop for SflowRt {
    fn drop(&mut self) {
        self.server.unblock();
    }
}

/// A capture from sFlow-RT into a FIFO.
struct Capturing {
    program: Running,
    fifo: Fifo,
    port: u16,
    _home: Home,
}

fn capture(options: &[&str]) -> Capturing {
    let (home, port) = (Home::new(), free_port());
    let fifo = Fifo::new(&home, "fifo");
    let mut command = home.command(SFLOWDUMP);
    command.args(["--capture", "--extcap-interface", "sflow", "--port", &port.to_string()]);
    command.arg("--fifo").arg(&fifo.path).args(options);
    Capturing { program: Running::start(&home, "sflowdump", &mut command), fifo, port, _home: home }
}

#[test]
fn sflow_rt_forwards_while_the_capture_runs() {
    let sflow_rt = SflowRt::start(GOOD);
    let mut capture = capture(&["--sflow-rt", &sflow_rt.url()]);
    let (path, end) = sflow_rt.next_put();
    assert_eq!(end, SocketAddr::new([127, 0, 0, 1].into(), capture.port), "the address that routes to sFlow-RT");
    Feed::to(end.ip(), end.port()).send_frames([frames::numbered(1)]);
    let captured = capture.fifo.wait_for_packets(1);
    assert_eq!(captured.packets[0].data, frames::numbered(1)[..captured.packets[0].data.len()]);
    capture.program.signal(Signal::TERM);
    sflow_rt.next_delete(&path);
    capture.fifo.read_to_end();
    capture.program.end_quietly();
}

#[test]
fn every_end_ends_the_forwarding() {
    let sflow_rt = SflowRt::start(GOOD);
    for signal in [Some(Signal::INT), Some(Signal::HUP), None] {
        let mut capture = capture(&["--sflow-rt", &sflow_rt.url()]);
        let (path, end) = sflow_rt.next_put();
        capture.fifo.wait_for("the beginning", |capture| !capture.interfaces.is_empty());
        if let Some(signal) = signal {
            capture.program.signal(signal);
        } else {
            capture.fifo.close();
            Feed::to(end.ip(), end.port()).send_frames([frames::numbered(1)]);
        }
        sflow_rt.next_delete(&path);
        assert!(capture.program.end().success());
    }
}

#[test]
fn captures_at_once_do_not_collide() {
    let sflow_rt = SflowRt::start(GOOD);
    let url = sflow_rt.url();
    let captures = [(); 3].map(|()| capture(&["--sflow-rt", &url]));
    let mut paths: Vec<String> = captures.iter().map(|_| sflow_rt.next_put().0).collect();
    paths.sort();
    paths.dedup();
    assert_eq!(paths.len(), 3);
    for mut capture in captures {
        capture.fifo.wait_for("the beginning", |capture| !capture.interfaces.is_empty());
        capture.program.signal(Signal::TERM);
        assert!(capture.program.end().success());
        assert_eq!(sflow_rt.next().method, Method::Delete);
    }
}

#[test]
fn what_is_advertised_is_asked_for() {
    let sflow_rt = SflowRt::start(GOOD);
    let url = sflow_rt.url();
    for (advertised, expected) in [("192.0.2.1:7000", Some("192.0.2.1:7000")), ("192.0.2.1", None)] {
        let mut capture = capture(&["--sflow-rt", &url, "--advertise", advertised]);
        let (path, end) = sflow_rt.next_put();
        let expected =
            expected.map_or(SocketAddr::new([192, 0, 2, 1].into(), capture.port), |end| end.parse().unwrap());
        assert_eq!(end, expected);
        capture.fifo.wait_for("the beginning", |capture| !capture.interfaces.is_empty());
        capture.program.signal(Signal::TERM);
        sflow_rt.next_delete(&path);
        assert!(capture.program.end().success());
    }
}

#[test]
fn a_server_that_refuses_is_told_and_nothing_is_deleted() {
    for status in [404, 500] {
        let sflow_rt = SflowRt::start(Manners { status, ..GOOD });
        let mut capture = capture(&["--sflow-rt", &sflow_rt.url()]);
        assert!(!capture.program.end().success());
        let told = format!("--sflow-rt: {}: refused to forward: HTTP status {status}", sflow_rt.url());
        assert!(capture.program.stderr().starts_with(&told), "{}", capture.program.stderr());
        assert_eq!(capture.program.stderr().lines().count(), 1);
        assert_eq!(sflow_rt.next().method, Method::Put);
        assert!(sflow_rt.requests.try_recv().is_err());
    }
}

#[test]
fn a_server_that_is_not_there_is_told() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let mut capture = capture(&["--sflow-rt", &url]);
    assert!(!capture.program.end().success());
    assert!(capture.program.stderr().starts_with(&format!("--sflow-rt: {url}: ")), "{}", capture.program.stderr());
    assert_eq!(capture.program.stderr().lines().count(), 1);
}

#[test]
fn a_server_that_does_not_answer_keeps_nobody_for_long() {
    let sflow_rt = SflowRt::start(Manners { after: Duration::from_secs(15), ..GOOD });
    let started = Instant::now();
    let mut capture = capture(&["--sflow-rt", &sflow_rt.url()]);
    sflow_rt.next_put();
    capture.program.signal(Signal::TERM);
    capture.program.end();
    assert!(started.elapsed() < Duration::from_secs(12), "{:?}", started.elapsed());
}

#[test]
fn a_server_that_dies_costs_a_line_in_the_log() {
    let sflow_rt = SflowRt::start(GOOD);
    let log = tempfile::NamedTempFile::new().unwrap();
    let mut capture = capture(&["--sflow-rt", &sflow_rt.url(), "--log-file", log.path().to_str().unwrap()]);
    sflow_rt.next_put();
    capture.fifo.wait_for("the beginning", |capture| !capture.interfaces.is_empty());
    *sflow_rt.manners.lock().unwrap() = Manners { status: 503, ..GOOD };
    capture.program.signal(Signal::TERM);
    capture.fifo.read_to_end();
    capture.program.end_quietly();
    wait_for("the log", || {
        let log = std::fs::read_to_string(log.path()).unwrap();
        log.contains("HTTP status 503").then_some(())
    });
}
