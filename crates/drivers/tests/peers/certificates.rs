//! Certificates for encrypted peers, made by openssl.

use std::path::PathBuf;
use std::process::{Command, Stdio};

/// A certificate authority, and a certificate of it for localhost.
pub struct Certificates {
    folder: tempfile::TempDir,
}

impl Certificates {
    /// `None`, with a word on the output, where openssl is not installed.
    pub fn make() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let run = |words: &str| {
            let mut command = Command::new("openssl");
            command.args(words.split(' ')).current_dir(folder.path()).stderr(Stdio::null());
            command.status().is_ok_and(|status| status.success())
        };
        let key = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2";
        let made = run(&format!("{key} -keyout ca.key -out ca.pem -subj /CN=test"))
            && run(&format!(
                "{key} -CA ca.pem -CAkey ca.key -keyout own.key -out own.pem -subj /CN=localhost -addext \
                 subjectAltName=DNS:localhost,IP:127.0.0.1 -addext basicConstraints=critical,CA:FALSE"
            ));
        if !made {
            println!("left out: openssl is not installed; `apt-get install openssl` brings it");
        }
        made.then_some(Self { folder })
    }
    /// Of `ca.pem`, `own.pem` or `own.key`.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
    /// Of one of them.
    pub fn bytes(&self, name: &str) -> Vec<u8> {
        std::fs::read(self.path(name)).expect("it was made")
    }
}
