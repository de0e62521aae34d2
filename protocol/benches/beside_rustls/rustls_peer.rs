//! The peer: rustls, set up for the same work over either of its crypto libraries.

use std::cell::RefCell;
use std::io::Read as _;
use std::sync::Arc;

use rustls::client::Resumption;
#[cfg(feature = "bench-aws-lc")]
use rustls::crypto::aws_lc_rs;
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{ClientConfig, ClientConnection, Connection, RootCertStore, ServerConfig, ServerConnection};

use super::pki::Pki;
use super::{End, Implementation};

pub(crate) struct Rustls {
    clients: [Arc<ClientConfig>; 2],
    servers: [Arc<ServerConfig>; 2],
}

impl Rustls {
    /// Over ring.
    pub(crate) fn ring() -> Self {
        Self::new(CryptoProvider {
            cipher_suites: vec![ring::cipher_suite::TLS13_AES_128_GCM_SHA256],
            kx_groups: vec![ring::kx_group::X25519],
            ..ring::default_provider()
        })
    }

    /// Over aws-lc-rs.
    #[cfg(feature = "bench-aws-lc")]
    pub(crate) fn aws_lc() -> Self {
        Self::new(CryptoProvider {
            cipher_suites: vec![aws_lc_rs::cipher_suite::TLS13_AES_128_GCM_SHA256],
            kx_groups: vec![aws_lc_rs::kx_group::X25519],
            ..aws_lc_rs::default_provider()
        })
    }

    fn new(provider: CryptoProvider) -> Self {
        let pki = Pki::new();
        let provider = Arc::new(provider);
        let roots = |der: Vec<u8>| {
            let mut store = RootCertStore::empty();
            store.add(CertificateDer::from(der)).unwrap();
            Arc::new(store)
        };
        let key = |key: &nihao_protocol::crypto::SigningKey| {
            PrivateKeyDer::from_pem_slice(key.to_pkcs8_pem().unwrap().as_bytes()).unwrap()
        };
        let chain = |der: &[u8]| vec![CertificateDer::from(der.to_vec())];
        let client = || {
            ClientConfig::builder_with_provider(Arc::clone(&provider))
                .with_protocol_versions(&[&rustls::version::TLS13])
                .unwrap()
                .with_root_certificates(roots(pki.server_root.clone()))
        };
        let server = || {
            ServerConfig::builder_with_provider(Arc::clone(&provider))
                .with_protocol_versions(&[&rustls::version::TLS13])
                .unwrap()
        };
        let users = WebPkiClientVerifier::builder_with_provider(roots(pki.user_root.clone()), Arc::clone(&provider));
        let mut clients = [
            client().with_no_client_auth(),
            client()
                .with_client_auth_cert(chain(&pki.user.0), key(&pki.user.1))
                .unwrap(),
        ];
        let mut servers = [
            server().with_no_client_auth(),
            server().with_client_cert_verifier(users.build().unwrap()),
        ]
        .map(|builder| {
            builder
                .with_single_cert(chain(&pki.server.0), key(&pki.server.1))
                .unwrap()
        });
        clients
            .iter_mut()
            .for_each(|config| config.resumption = Resumption::disabled());
        servers.iter_mut().for_each(|config| config.send_tls13_tickets = 0);
        Self {
            clients: clients.map(Arc::new),
            servers: servers.map(Arc::new),
        }
    }
}

struct RustlsEnd {
    connection: Connection,
}

impl Implementation for Rustls {
    fn client(&self, mutual: bool) -> Box<dyn End> {
        let config = Arc::clone(&self.clients[usize::from(mutual)]);
        let name = ServerName::try_from("localhost").unwrap();
        Box::new(RustlsEnd {
            connection: ClientConnection::new(config, name).unwrap().into(),
        })
    }

    fn server(&self, mutual: bool) -> Box<dyn End> {
        let config = Arc::clone(&self.servers[usize::from(mutual)]);
        Box::new(RustlsEnd {
            connection: ServerConnection::new(config).unwrap().into(),
        })
    }
}

impl End for RustlsEnd {
    fn receive(&mut self, mut wire: &[u8]) {
        while !wire.is_empty() {
            self.connection.read_tls(&mut wire).unwrap();
            self.connection.process_new_packets().unwrap();
        }
    }

    fn transmit(&mut self, wire: &mut Vec<u8>) {
        while self.connection.wants_write() {
            self.connection.write_tls(wire).unwrap();
        }
    }

    fn is_handshaking(&self) -> bool {
        self.connection.is_handshaking()
    }

    fn send(&mut self, plaintext: &[u8]) {
        use std::io::Write as _;
        self.connection.writer().write_all(plaintext).unwrap();
    }

    fn take(&mut self) -> usize {
        SCRATCH.with_borrow_mut(|scratch| self.connection.reader().read(scratch).unwrap())
    }
}

thread_local! {
    /// The buffer an application reads into: not the connection's, so neither its time to be made nor its bytes are counted.
    static SCRATCH: RefCell<Vec<u8>> = RefCell::new(vec![0; 16 * 1024]);
}
