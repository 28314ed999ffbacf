//! A Kafka broker, tansu, and kcat as a client that is not ours.

use std::net::TcpStream;
use std::process::Command;

use super::objects::Store;
use super::process::Running;
use super::tools::have;
use super::{Home, free_port, wait_for};

use super::certificates::Certificates;
use super::doorkeeper;
use super::kcat::Kcat;

/// Where scripts/install-kafka-tools.sh put the broker and the library for kcat.
pub const TOOLS: &str = "/usr/local/lib/sflowdump-test";
const TANSU: &str = "/usr/local/lib/sflowdump-test/tansu";

/// Whether there is all that a broker and its clients need.
pub fn have_kafka() -> bool {
    have(&[TANSU, "/usr/local/lib/sflowdump-test/librdkafka.so.1", "kcat", "stunnel4", "openssl"])
}

/// How clients get in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    Open,
    /// TLS, and clients may have to show a certificate.
    Tls {
        mutual: bool,
    },
    /// SASL's PLAIN, with one user.
    Kept,
    /// SASL's SCRAM, with no user that it knows.
    Closed,
}

/// A broker on loopback. It ends with the test; what it acknowledged outlives it.
pub struct Broker {
    // In this order they end.
    terminator: Option<Running>,
    tansu: Option<Running>,
    store: Store,
    door: Door,
    certificates: Option<Certificates>,
    /// Where clients connect, and where tansu listens: the same without TLS.
    port: u16,
    inner: u16,
    home: Home,
}

impl Broker {
    pub fn start() -> Self {
        Broker::behind(Door::Open)
    }

    /// A broker behind TLS.
    pub fn with_tls() -> Self {
        Broker::behind(Door::Tls { mutual: false })
    }

    /// A broker behind TLS that wants a certificate of its clients.
    pub fn with_mutual_tls() -> Self {
        Broker::behind(Door::Tls { mutual: true })
    }

    /// A broker that wants SCRAM-SHA-256 or SCRAM-SHA-512, and finds every password wrong: on this store tansu keeps no users.
    pub fn that_refuses() -> Self {
        Broker::behind(Door::Closed)
    }

    /// A broker that lets in who has the password.
    pub fn with_password() -> Self {
        Broker::behind(Door::Kept)
    }

    fn behind(door: Door) -> Self {
        let (home, port) = (Home::bare(), free_port());
        let behind_tls = matches!(door, Door::Tls { .. });
        let certificates = behind_tls.then(|| Certificates::make(home.path()));
        let inner = if behind_tls || door == Door::Kept { free_port() } else { port };
        if door == Door::Kept {
            doorkeeper::keep(port, inner);
        }
        let mut broker =
            Broker { terminator: None, tansu: None, store: Store::start(), door, certificates, port, inner, home };
        broker.restart();
        broker
    }

    /// Where clients connect.
    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    /// The certificates of a broker behind TLS.
    pub fn certificates(&self) -> &Certificates {
        self.certificates.as_ref().expect("a broker behind TLS")
    }

    /// A client that may get in, if there is one.
    pub fn kcat(&self) -> Kcat {
        let kcat = Kcat::to(&self.address());
        match self.door {
            Door::Open => kcat,
            Door::Tls { .. } => {
                let Certificates { authority, client, client_key, .. } = self.certificates();
                let set = |kcat: Kcat, name, path: &std::path::Path| kcat.set(name, &path.display().to_string());
                let kcat = set(kcat.set("security.protocol", "ssl"), "ssl.ca.location", authority);
                set(set(kcat, "ssl.certificate.location", client), "ssl.key.location", client_key)
            }
            Door::Kept => kcat
                .set("security.protocol", "sasl_plaintext")
                .set("sasl.mechanism", "PLAIN")
                .set("sasl.username", doorkeeper::USER)
                .set("sasl.password", doorkeeper::PASSWORD),
            Door::Closed => kcat
                .set("security.protocol", "sasl_plaintext")
                .set("sasl.mechanism", "SCRAM-SHA-256")
                .set("sasl.username", "collector")
                .set("sasl.password", "wrong"),
        }
    }

    pub fn create_topic(&self, name: &str, partitions: u32) {
        let broker = format!("tcp://127.0.0.1:{}", self.inner);
        self.home
            .output(TANSU, &["topic", "create", "--broker", &broker, "--partitions", &partitions.to_string(), name]);
    }

    fn command(&self) -> Command {
        let mut command = self.home.command(TANSU);
        command
            .arg("broker")
            .env("LISTENER_URL", format!("tcp://127.0.0.1:{}", self.inner))
            .env("ADVERTISED_LISTENER_URL", format!("tcp://127.0.0.1:{}", self.port))
            .envs(self.store.environment());
        command
    }

    /// Ends the broker as a failure of power does; nobody listens at its address.
    pub fn kill(&mut self) {
        // Dropped, they get SIGKILL.
        self.terminator = None;
        self.tansu = None;
    }

    /// Starts the broker where it was, with what it had, and waits until it answers.
    pub fn restart(&mut self) {
        self.kill();
        let mut command = self.command();
        if self.door == Door::Closed {
            command.arg("--authentication");
        }
        self.tansu = Some(Running::start(&self.home, "tansu", &mut command));
        wait_for_tcp(self.inner);
        if let Some(certificates) = &self.certificates {
            let configuration = self.home.file("stunnel.conf");
            let mutual = self.door == Door::Tls { mutual: true };
            std::fs::write(&configuration, certificates.stunnel(self.port, self.inner, mutual)).expect("a file");
            let mut command = self.home.command("stunnel4");
            self.terminator = Some(Running::start(&self.home, "stunnel", command.arg(configuration)));
            wait_for_tcp(self.port);
        }
        if self.door == Door::Closed {
            self.kcat().refusal();
        } else {
            self.kcat().wait_until_answered();
        }
    }

    /// What the broker said.
    pub fn said(&self) -> String {
        let said = |of: &Option<Running>| of.as_ref().map(|of| of.stdout() + &of.stderr()).unwrap_or_default();
        said(&self.tansu) + &said(&self.terminator)
    }
}

fn wait_for_tcp(port: u16) {
    wait_for(&format!("TCP port {port}"), || TcpStream::connect(("127.0.0.1", port)).ok());
}
