//! `--kafka-config`: how brokers are spoken to, in a file of Kafka's client properties, as kcat and Kafka's own tools have them.
//! So no password stands on a command line, where everybody could read it.

use std::fmt;
use std::fs;
use std::path::Path;
use std::sync::Arc;

use rskafka::client::partition::Compression;
use rskafka::client::{Credentials, SaslConfig};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ClientConfig, RootCertStore};

use crate::Failure;

/// The properties that are read; others are refused, for none may be passed over that somebody relies on.
const KNOWN: &str = "security.protocol, sasl.mechanism, sasl.username, sasl.password, ssl.ca.location, \
                     ssl.certificate.location, ssl.key.location, compression.type";

/// How brokers are spoken to.
#[derive(Clone)]
pub struct Properties {
    pub tls: Option<Arc<ClientConfig>>,
    pub sasl: Option<SaslConfig>,
    /// Of what is published.
    pub compression: Compression,
}

impl Default for Properties {
    fn default() -> Self {
        Properties { tls: None, sasl: None, compression: Compression::Lz4 }
    }
}

impl fmt::Debug for Properties {
    /// Without the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Properties { tls, sasl, compression } = self;
        let mut shown = f.debug_struct("Properties");
        shown.field("tls", &tls.is_some()).field("sasl", &sasl.is_some()).field("compression", compression).finish()
    }
}

impl Properties {
    /// Reads a file.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let failed = |what: &dyn fmt::Display| Failure::new(format!("--kafka-config: {}: {what}", path.display()));
        let text = fs::read_to_string(path).map_err(|error| failed(&error))?;
        Values::of(&text).and_then(|values| values.properties()).map_err(|what| failed(&what))
    }
}

/// The values of a file.
#[derive(Debug, Default)]
struct Values<'a> {
    protocol: Option<&'a str>,
    mechanism: Option<&'a str>,
    username: Option<&'a str>,
    password: Option<&'a str>,
    authorities: Option<&'a str>,
    certificate: Option<&'a str>,
    key: Option<&'a str>,
    compression: Option<&'a str>,
}

impl<'a> Values<'a> {
    fn of(text: &'a str) -> Result<Self, String> {
        let mut values = Values::default();
        for (number, line) in (1..).zip(text.lines()) {
            let line = line.trim();
            if line.is_empty() || line.starts_with(['#', '!']) {
                continue;
            }
            let (name, value) = line.split_once('=').ok_or_else(|| format!("line {number} is not NAME=VALUE"))?;
            let value = Some(value.trim());
            match name.trim() {
                "security.protocol" => values.protocol = value,
                "sasl.mechanism" | "sasl.mechanisms" => values.mechanism = value,
                "sasl.username" => values.username = value,
                "sasl.password" => values.password = value,
                "ssl.ca.location" => values.authorities = value,
                "ssl.certificate.location" => values.certificate = value,
                "ssl.key.location" => values.key = value,
                "compression.type" | "compression.codec" => values.compression = value,
                other => {
                    return Err(format!("line {number}: '{other}' is none of the properties that are known: {KNOWN}"));
                }
            }
        }
        Ok(values)
    }

    fn properties(&self) -> Result<Properties, String> {
        let protocol = self.protocol.unwrap_or("plaintext").to_ascii_lowercase();
        let (tls, sasl) = match protocol.as_str() {
            "plaintext" => (false, false),
            "ssl" => (true, false),
            "sasl_plaintext" => (false, true),
            "sasl_ssl" => (true, true),
            _ => {
                return Err(format!(
                    "security.protocol: '{protocol}' is not plaintext, ssl, sasl_plaintext or sasl_ssl"
                ));
            }
        };
        for (needed, protocols, given) in [
            (tls, "ssl or sasl_ssl", [self.authorities, self.certificate, self.key].iter().any(Option::is_some)),
            (
                sasl,
                "sasl_plaintext or sasl_ssl",
                [self.mechanism, self.username, self.password].iter().any(Option::is_some),
            ),
        ] {
            if given && !needed {
                return Err(format!("security.protocol is {protocol}; what else is there needs {protocols}"));
            }
        }
        Ok(Properties {
            tls: tls.then(|| self.tls()).transpose()?.map(Arc::new),
            sasl: sasl.then(|| self.sasl()).transpose()?,
            compression: self.compression()?,
        })
    }

    fn compression(&self) -> Result<Compression, String> {
        Ok(match self.compression.map(str::to_ascii_lowercase).as_deref() {
            None | Some("lz4") => Compression::Lz4,
            Some("none") => Compression::NoCompression,
            Some("gzip") => Compression::Gzip,
            Some("snappy") => Compression::Snappy,
            Some("zstd") => Compression::Zstd,
            Some(other) => return Err(format!("compression.type: '{other}' is not none, gzip, snappy, lz4 or zstd")),
        })
    }

    fn sasl(&self) -> Result<SaslConfig, String> {
        let of = |value: Option<&str>, name| value.map(str::to_owned).ok_or_else(|| format!("{name} is missing"));
        let credentials = Credentials::new(of(self.username, "sasl.username")?, of(self.password, "sasl.password")?);
        let mechanism = self.mechanism.ok_or("sasl.mechanism is missing")?;
        match mechanism.to_ascii_uppercase().as_str() {
            "PLAIN" => Ok(SaslConfig::Plain(credentials)),
            "SCRAM-SHA-256" => Ok(SaslConfig::ScramSha256(credentials)),
            "SCRAM-SHA-512" => Ok(SaslConfig::ScramSha512(credentials)),
            _ => Err(format!("sasl.mechanism: '{mechanism}' is not PLAIN, SCRAM-SHA-256 or SCRAM-SHA-512")),
        }
    }

    fn tls(&self) -> Result<ClientConfig, String> {
        let mut roots = RootCertStore::empty();
        if let Some(path) = self.authorities {
            for certificate in certificates("ssl.ca.location", path)? {
                roots.add(certificate).map_err(|error| format!("ssl.ca.location: {path}: {error}"))?;
            }
        } else {
            roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
            if roots.is_empty() {
                return Err("this host has no certificate authorities: name them by ssl.ca.location".to_owned());
            }
        }
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(|error| error.to_string())?.with_root_certificates(roots);
        match (self.certificate, self.key) {
            (None, None) => Ok(builder.with_no_client_auth()),
            (Some(certificate), Some(key)) => {
                let chain = certificates("ssl.certificate.location", certificate)?;
                let key_file = PrivateKeyDer::from_pem_file(key);
                let key_file = key_file.map_err(|error| format!("ssl.key.location: {key}: {error}"))?;
                let config = builder.with_client_auth_cert(chain, key_file);
                config.map_err(|error| format!("{certificate} and {key}: {error}"))
            }
            _ => Err("ssl.certificate.location and ssl.key.location belong together".to_owned()),
        }
    }
}

/// The certificates in a PEM file.
fn certificates(name: &str, path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    match found {
        Ok(found) if found.is_empty() => Err(format!("{name}: {path}: there is no certificate in it")),
        Ok(found) => Ok(found),
        Err(error) => Err(format!("{name}: {path}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(text: &str) -> Result<Properties, String> {
        Values::of(text)?.properties()
    }

    #[test]
    fn each_protocol_and_mechanism_is_read_and_the_password_never_shown() {
        let plain = properties("# a comment\n\n").unwrap();
        assert!(plain.tls.is_none() && plain.sasl.is_none());
        for (mechanism, expected) in
            [("PLAIN", "Plain"), ("scram-sha-256", "ScramSha256"), ("SCRAM-SHA-512", "ScramSha512")]
        {
            let text = format!(
                "security.protocol = SASL_PLAINTEXT\nsasl.mechanisms={mechanism}\nsasl.username=u\nsasl.password=a=b c\n"
            );
            let read = properties(&text).unwrap();
            assert!(!format!("{read:?}").contains("a=b c"));
            let told = format!("{:?}", read.sasl.unwrap());
            assert!(told.starts_with(expected) && told.contains("a=b c"), "{told}");
        }
    }

    #[test]
    fn what_is_wrong_is_told_by_name() {
        for (text, message) in [
            ("security.protocol", "line 1 is not NAME=VALUE"),
            ("#\nacks=all", "line 2: 'acks' is none of the properties that are known: security.protocol, "),
            ("security.protocol=tls", "security.protocol: 'tls' is not plaintext, ssl, sasl_plaintext or sasl_ssl"),
            ("sasl.username=u", "security.protocol is plaintext; what else is there needs sasl_plaintext or sasl_ssl"),
            (
                "security.protocol=sasl_plaintext\nssl.ca.location=x",
                "security.protocol is sasl_plaintext; what else is there needs ssl or sasl_ssl",
            ),
            ("security.protocol=sasl_plaintext\nsasl.username=u", "sasl.password is missing"),
            ("security.protocol=sasl_plaintext\nsasl.username=u\nsasl.password=p", "sasl.mechanism is missing"),
            (
                "security.protocol=sasl_plaintext\nsasl.mechanism=GSSAPI\nsasl.username=u\nsasl.password=p",
                "sasl.mechanism: 'GSSAPI' is not PLAIN, ",
            ),
            ("compression.type=brotli", "compression.type: 'brotli' is not none, gzip, snappy, lz4 or zstd"),
            ("security.protocol=ssl\nssl.ca.location=/no/such/file", "ssl.ca.location: /no/such/file: "),
            (
                "security.protocol=ssl\nssl.ca.location=/dev/null",
                "ssl.ca.location: /dev/null: there is no certificate in it",
            ),
        ] {
            let error = properties(text).unwrap_err();
            assert!(error.starts_with(message), "{error}");
        }
    }
}
