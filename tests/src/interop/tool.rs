//! The stacks that others wrote, as the interop matrix names them.

use super::process::{Place, Program};

/// One stack in one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tool {
    /// `openssl s_client`.
    SClient,
    /// `openssl s_server`.
    SServer,
    /// curl.
    Curl,
    /// `gnutls-cli`.
    GnutlsCli,
    /// `gnutls-serv`.
    GnutlsServ,
    /// A client made of Python's `ssl`.
    PythonClient,
    /// A server made of Python's `ssl`.
    PythonServer,
    /// A client made of Node's `tls`, the Node that Debian has.
    NodeClient,
    /// A server made of Node's `tls`, the Node that Debian has.
    NodeServer,
    /// A client made of the `tls` of Node 24, which brings an OpenSSL 3.5.
    Node24Client,
    /// A server made of the `tls` of Node 24.
    Node24Server,
    /// A client made of Java's JSSE.
    JavaClient,
    /// A server made of Java's JSSE.
    JavaServer,
    /// A client made of Go's `crypto/tls`.
    GoClient,
    /// A server made of Go's `crypto/tls`.
    GoServer,
    /// A rustls client in this process.
    RustlsClient,
    /// A rustls server in this process.
    RustlsServer,
}

impl Tool {
    /// Every tool, in the order of the matrix.
    pub const ALL: [Self; 17] = [
        Self::SClient,
        Self::SServer,
        Self::Curl,
        Self::GnutlsCli,
        Self::GnutlsServ,
        Self::PythonClient,
        Self::PythonServer,
        Self::NodeClient,
        Self::NodeServer,
        Self::Node24Client,
        Self::Node24Server,
        Self::JavaClient,
        Self::JavaServer,
        Self::GoClient,
        Self::GoServer,
        Self::RustlsClient,
        Self::RustlsServer,
    ];

    /// Its name in the matrix.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SClient => "openssl s_client",
            Self::SServer => "openssl s_server",
            Self::Curl => "curl",
            Self::GnutlsCli => "gnutls-cli",
            Self::GnutlsServ => "gnutls-serv",
            Self::PythonClient | Self::PythonServer => "python",
            Self::NodeClient | Self::NodeServer => "node",
            Self::Node24Client | Self::Node24Server => "node-24",
            Self::JavaClient | Self::JavaServer => "java",
            Self::GoClient | Self::GoServer => "go",
            Self::RustlsClient | Self::RustlsServer => "rustls",
        }
    }

    /// Our role beside it.
    #[must_use]
    pub const fn our_role(self) -> &'static str {
        match self {
            Self::SClient
            | Self::Curl
            | Self::GnutlsCli
            | Self::PythonClient
            | Self::NodeClient
            | Self::Node24Client
            | Self::JavaClient
            | Self::GoClient
            | Self::RustlsClient => "server",
            Self::SServer
            | Self::GnutlsServ
            | Self::PythonServer
            | Self::NodeServer
            | Self::Node24Server
            | Self::JavaServer
            | Self::GoServer
            | Self::RustlsServer => "client",
        }
    }

    /// Whether it goes on after a connection.
    #[must_use]
    pub const fn serves_for_ever(self) -> bool {
        matches!(self, Self::GnutlsServ)
    }

    /// Whether its knobs are `name=value` pairs among the options of our own script, and no options of its own.
    #[must_use]
    pub const fn is_script(self) -> bool {
        matches!(
            self,
            Self::PythonClient
                | Self::PythonServer
                | Self::NodeClient
                | Self::NodeServer
                | Self::Node24Client
                | Self::Node24Server
                | Self::JavaClient
                | Self::JavaServer
                | Self::GoClient
                | Self::GoServer
        )
    }

    /// The program to run; rustls runs in this process.
    #[must_use]
    pub const fn program(self) -> Option<Program> {
        let (name, place) = match self {
            Self::SClient | Self::SServer => ("openssl", Place::Package("openssl")),
            Self::Curl => ("curl", Place::Package("curl")),
            Self::GnutlsCli => ("gnutls-cli", Place::Package("gnutls-bin")),
            Self::GnutlsServ => ("gnutls-serv", Place::Package("gnutls-bin")),
            Self::PythonClient | Self::PythonServer => ("python3", Place::Package("python3")),
            Self::NodeClient | Self::NodeServer => ("node", Place::Package("nodejs")),
            Self::Node24Client | Self::Node24Server => ("node-24", Place::Peers),
            Self::JavaClient | Self::JavaServer => ("java", Place::Package("openjdk-17-jdk-headless")),
            Self::GoClient | Self::GoServer => ("peer-go", Place::Made("peer.go")),
            Self::RustlsClient | Self::RustlsServer => return None,
        };
        Some(Program {
            name,
            place,
            buffers: matches!(self, Self::SServer),
        })
    }

    /// What the program needs besides, in the folder of the peers.
    #[must_use]
    pub const fn besides(self) -> Option<Program> {
        match self {
            Self::JavaClient | Self::JavaServer => Some(Program {
                name: "Peer.class",
                place: Place::Made("Peer.java"),
                buffers: false,
            }),
            _ => None,
        }
    }
}
