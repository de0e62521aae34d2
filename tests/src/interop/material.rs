//! The certificates of one case, as values for us and as files for others.

use std::sync::Arc;

use anyhow::Result;
use nihao_protocol::net::system::system_clock;
use nihao_protocol::tls::Identity;
use nihao_protocol::x509::{Roots, Trust};
use rcgen::{ExtendedKeyUsagePurpose, KeyUsagePurpose};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use tempfile::TempDir;

use super::case::{Case, ClientCertificate, Fault};
use super::ours::PAYLOAD;
use crate::pki::{Ca, Kind, Leaf};

/// The certificates of one case and a folder with their files, gone with this value.
pub struct Material {
    folder: TempDir,
    servers: Ca,
    users: Ca,
    server: (Ca, Leaf),
    client: Option<(Ca, Leaf)>,
    /// Empty, or the root of the servers in place of `servers`: DER.
    foreign_root: Vec<u8>,
}

impl Material {
    /// Issues what the case needs and writes it down.
    ///
    /// # Errors
    /// When files cannot be written.
    pub fn new(case: &Case) -> Result<Self> {
        let now = system_clock().now();
        let authority = |name, kind, number| Ca::at(name, kind, number, now);
        let servers = || authority("server CA", case.leaf, 1);
        let users = || authority("user CA", Kind::Ed25519, 2);
        let (server_issuer, server_leaf) = match case.fault {
            Fault::WrongCa => (authority("other CA", case.leaf, 3), Leaf::server(case.leaf)),
            Fault::OtherHierarchy => (users(), Leaf::user(case.leaf)),
            fault => (servers(), spoiled(Leaf::server(case.leaf), fault)),
        };
        let client = match case.client {
            ClientCertificate::Sent(kind, Fault::WrongCa) => {
                Some((authority("other user CA", Kind::Ed25519, 4), Leaf::user(kind)))
            }
            ClientCertificate::Sent(kind, Fault::OtherHierarchy) => Some((servers(), Leaf::server(kind))),
            ClientCertificate::Sent(kind, fault) => Some((users(), spoiled(Leaf::user(kind), fault))),
            _ => None,
        };
        let mut material = Self {
            folder: TempDir::new()?,
            servers: servers(),
            users: users(),
            server: (server_issuer, server_leaf),
            client,
            foreign_root: Vec::new(),
        };
        material.write()?;
        if let Some(kind) = case.foreign {
            kind.issue(material.folder.path())?;
            let text = std::fs::read_to_string(material.path("servers.pem"))?;
            material.foreign_root = CertificateDer::from_pem_slice(text.as_bytes())?.to_vec();
            let both = ["server.pem", "server.key"].map(|name| std::fs::read_to_string(material.path(name)));
            let [certificate, key] = both;
            std::fs::write(material.path("server.both"), certificate? + &key?)?;
        }
        Ok(material)
    }

    fn write(&self) -> Result<()> {
        let (certificate, key) = self.server.0.pem_identity(&self.server.1);
        let both = format!("{certificate}{key}");
        let mut files = vec![
            ("server.both", both),
            ("servers.pem", self.servers.pem()),
            ("users.pem", self.users.pem()),
            ("server.pem", certificate),
            ("server.key", key),
        ];
        if let Some((ca, leaf)) = &self.client {
            let (certificate, key) = ca.pem_identity(leaf);
            files.extend([("client.pem", certificate), ("client.key", key)]);
        }
        for (name, text) in files {
            std::fs::write(self.folder.path().join(name), text)?;
        }
        std::fs::write(self.folder.path().join("payload"), &*PAYLOAD)?;
        Ok(())
    }

    /// The path of one of the files: `servers.pem` and `users.pem` (the roots), `server` and `client` with `.pem` and `.key`,
    /// `server.both`, `payload`.
    #[must_use]
    pub fn path(&self, name: &str) -> String {
        self.folder.path().join(name).display().to_string()
    }

    /// What clients trust.
    #[must_use]
    pub fn servers(&self) -> Trust {
        trust(self.roots().0)
    }

    /// What servers trust.
    #[must_use]
    pub fn users(&self) -> Trust {
        trust(&self.users.der)
    }

    /// The root that clients trust, the one that servers trust: DER.
    #[must_use]
    pub fn roots(&self) -> (&[u8], &[u8]) {
        if self.foreign_root.is_empty() {
            (&self.servers.der, &self.users.der)
        } else {
            (&self.foreign_root, &self.users.der)
        }
    }

    /// Who the server is.
    #[must_use]
    pub fn server(&self) -> Identity {
        self.server.0.identity(&self.server.1)
    }

    /// Who the client is, if anybody.
    #[must_use]
    pub fn client(&self) -> Option<Identity> {
        self.client.as_ref().map(|(ca, leaf)| ca.identity(leaf))
    }

    /// Whether the client has a certificate.
    #[must_use]
    pub fn has_client(&self) -> bool {
        self.client.is_some()
    }
}

fn trust(root: &[u8]) -> Trust {
    let mut roots = Roots::new();
    roots.add(root).expect("a root");
    Trust::Roots(Arc::new(roots))
}

fn spoiled(mut leaf: Leaf, fault: Fault) -> Leaf {
    match fault {
        Fault::None | Fault::WrongCa | Fault::OtherHierarchy => {}
        Fault::WrongName => leaf.names = vec![String::from("other.test")],
        Fault::Expired => (leaf.from_day, leaf.to_day) = (-30, -1),
        Fault::NotYetValid => leaf.from_day = 1,
        Fault::WrongPurpose if leaf.purposes == [ExtendedKeyUsagePurpose::ServerAuth] => {
            leaf.purposes = vec![ExtendedKeyUsagePurpose::ClientAuth];
        }
        Fault::WrongPurpose => leaf.purposes = vec![ExtendedKeyUsagePurpose::ServerAuth],
        Fault::WrongKeyUsage => leaf.usages = vec![KeyUsagePurpose::KeyCertSign],
    }
    leaf
}
