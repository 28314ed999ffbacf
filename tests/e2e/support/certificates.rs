//! Certificates for a server on loopback and for its clients, and the authority that signed them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The files, all PEM.
#[derive(Debug)]
pub struct Certificates {
    pub authority: PathBuf,
    pub server: PathBuf,
    pub server_key: PathBuf,
    pub client: PathBuf,
    pub client_key: PathBuf,
}

impl Certificates {
    /// Makes them in a folder. The server's is good for 127.0.0.1 and localhost.
    pub fn make(folder: &Path) -> Self {
        let file = |name: &str| folder.join(name).display().to_string();
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];
        let (authority, authority_key) = (file("authority.pem"), file("authority.key"));
        let new_authority = ["req", "-x509", "-days", "2", "-subj", "/CN=authority"];
        let extensions = ["-addext", "keyUsage=critical,keyCertSign,digitalSignature"];
        openssl(&[&new_authority[..], &key, &extensions, &["-keyout", &authority_key, "-out", &authority]].concat());
        for (name, kind) in [("server", "serverAuth"), ("client", "clientAuth")] {
            let (request, extensions) = (file(&format!("{name}.csr")), file(&format!("{name}.ext")));
            let (certificate, its_key) = (file(&format!("{name}.pem")), file(&format!("{name}.key")));
            let subject = format!("/CN={name}");
            openssl(&[&["req", "-subj", &subject], &key[..], &["-keyout", &its_key, "-out", &request]].concat());
            let names = "subjectAltName=IP:127.0.0.1,DNS:localhost";
            fs::write(&extensions, format!("{names}\nextendedKeyUsage={kind}\n")).expect("a file");
            openssl(&[
                "x509",
                "-req",
                "-days",
                "2",
                "-in",
                &request,
                "-CA",
                &authority,
                "-CAkey",
                &authority_key,
                "-CAcreateserial",
                "-extfile",
                &extensions,
                "-out",
                &certificate,
            ]);
        }
        let path = |name: &str| folder.join(name);
        Certificates {
            authority: path("authority.pem"),
            server: path("server.pem"),
            server_key: path("server.key"),
            client: path("client.pem"),
            client_key: path("client.key"),
        }
    }

    /// How stunnel ends TLS at one port of loopback and goes on to another.
    pub fn stunnel(&self, from: u16, to: u16, mutual: bool) -> String {
        let (certificate, key) = (self.server.display(), self.server_key.display());
        let verify =
            if mutual { format!("CAfile = {}\nverifyChain = yes\n", self.authority.display()) } else { String::new() };
        format!(
            "foreground = yes\npid =\n[kafka]\naccept = 127.0.0.1:{from}\nconnect = 127.0.0.1:{to}\n\
             cert = {certificate}\nkey = {key}\n{verify}"
        )
    }
}

fn openssl(words: &[&str]) {
    let output = Command::new("openssl").args(words).output().expect("openssl");
    assert!(output.status.success(), "openssl {words:?}: {}", String::from_utf8_lossy(&output.stderr));
}
