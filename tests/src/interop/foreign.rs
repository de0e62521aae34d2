//! Server certificates with keys of kinds that we verify but do not sign with, made by the openssl command.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};

/// A kind of keys that is not ours, for authority and leaf alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Foreign {
    /// RSA with 2048 bits.
    Rsa2048,
    /// ECDSA P-384.
    P384,
}

impl Foreign {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Rsa2048, Self::P384];

    /// Its name in the matrix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rsa2048 => "rsa2048",
            Self::P384 => "p384",
        }
    }

    const fn new_key(self) -> &'static [&'static str] {
        match self {
            Self::Rsa2048 => &["-newkey", "rsa:2048", "-sha256"],
            Self::P384 => &["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-384", "-sha384"],
        }
    }

    /// Writes `servers.pem`, `server.pem` and `server.key` into `folder`.
    ///
    /// # Errors
    /// When openssl is missing or refuses.
    pub(super) fn issue(self, folder: &Path) -> Result<()> {
        let extensions = "subjectAltName=DNS:localhost\nextendedKeyUsage=serverAuth\nkeyUsage=digitalSignature\n";
        std::fs::write(folder.join("extensions"), extensions)?;
        let new_key = self.new_key();
        let root = ["req", "-x509", "-nodes", "-days", "30", "-subj", "/CN=server CA"];
        let usage = ["-addext", "keyUsage=critical,keyCertSign"];
        openssl(
            folder,
            &[&root, &usage, new_key, &["-keyout", "ca.key", "-out", "servers.pem"]],
        )?;
        let request = [
            "req",
            "-new",
            "-nodes",
            "-subj",
            "/CN=leaf",
            "-keyout",
            "server.key",
            "-out",
            "request",
        ];
        openssl(folder, &[&request, new_key])?;
        let leaf = [
            "x509",
            "-req",
            "-in",
            "request",
            "-days",
            "30",
            "-extfile",
            "extensions",
            "-out",
            "server.pem",
        ];
        let digest = [if self == Self::P384 { "-sha384" } else { "-sha256" }];
        openssl(
            folder,
            &[
                &leaf,
                &["-CA", "servers.pem", "-CAkey", "ca.key", "-CAcreateserial"],
                &digest,
            ],
        )
    }
}

fn openssl(folder: &Path, arguments: &[&[&str]]) -> Result<()> {
    let mut command = Command::new("openssl");
    command.args(arguments.concat()).current_dir(folder);
    let output = command.output().context("openssl")?;
    let told = String::from_utf8_lossy(&output.stderr);
    ensure!(
        output.status.success(),
        "openssl {}: {told}",
        arguments.concat().join(" ")
    );
    Ok(())
}
