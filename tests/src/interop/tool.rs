//! The stacks that others wrote, as the interop matrix names them.

use nihao_protocol::crypto::Group;

use super::process::{Place, Program};
use crate::pki::Kind;

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
    /// A client made of `curl_cffi`: a curl with BoringSSL, which also greets as browsers do.
    CurlCffi,
    /// NSS's `tstclnt`.
    Tstclnt,
    /// NSS's `selfserv`.
    Selfserv,
    /// Chromium without a window, loading a page of the example `s_server`.
    Chromium,
    /// nginx before an application.
    Nginx,
    /// haproxy before an application.
    Haproxy,
    /// caddy before an application.
    Caddy,
    /// A rustls client in this process.
    RustlsClient,
    /// A rustls server in this process.
    RustlsServer,
}

impl Tool {
    /// Every tool, in the order of the matrix.
    pub const ALL: [Self; 24] = [
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
        Self::CurlCffi,
        Self::Tstclnt,
        Self::Selfserv,
        Self::Chromium,
        Self::Nginx,
        Self::Haproxy,
        Self::Caddy,
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
            Self::CurlCffi => "curl_cffi",
            Self::Tstclnt => "tstclnt",
            Self::Selfserv => "selfserv",
            Self::Chromium => "chromium",
            Self::Nginx => "nginx",
            Self::Haproxy => "haproxy",
            Self::Caddy => "caddy",
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
            | Self::CurlCffi
            | Self::Tstclnt
            | Self::Chromium
            | Self::RustlsClient => "server",
            Self::SServer
            | Self::GnutlsServ
            | Self::PythonServer
            | Self::NodeServer
            | Self::Node24Server
            | Self::JavaServer
            | Self::GoServer
            | Self::Selfserv
            | Self::Nginx
            | Self::Haproxy
            | Self::Caddy
            | Self::RustlsServer => "client",
        }
    }

    /// Whether it goes on after a connection.
    #[must_use]
    pub const fn serves_for_ever(self) -> bool {
        matches!(self, Self::GnutlsServ | Self::Selfserv) || self.is_proxy()
    }

    /// Whether it speaks TLS for an application behind it.
    #[must_use]
    pub const fn is_proxy(self) -> bool {
        matches!(self, Self::Nginx | Self::Haproxy | Self::Caddy)
    }

    /// Whether it speaks HTTP: one request, one answer.
    #[must_use]
    pub const fn speaks_http(self) -> bool {
        matches!(self, Self::Curl | Self::CurlCffi | Self::Chromium | Self::Selfserv) || self.is_proxy()
    }

    /// Whether it says something once, and no more. (`tstclnt` spins when a pipe that it reads ends: it is given a file.)
    #[must_use]
    pub const fn speaks_once(self) -> bool {
        matches!(self, Self::Tstclnt) || self.speaks_http()
    }

    /// Whether, of two connections, it says something in the second alone.
    #[must_use]
    pub const fn is_silent_at_first(self) -> bool {
        matches!(self, Self::GnutlsCli)
    }

    /// Whether it tells which alerts it received.
    #[must_use]
    pub const fn tells_alerts(self) -> bool {
        !self.is_proxy() && !matches!(self, Self::Selfserv)
    }

    /// Whether it tells that it received close_notify.
    #[must_use]
    pub const fn tells_close(self) -> bool {
        !matches!(self, Self::CurlCffi | Self::Tstclnt | Self::Selfserv | Self::Chromium) && !self.is_proxy()
    }

    /// The kinds of keys that it knows.
    #[must_use]
    pub const fn kinds(self) -> &'static [Kind] {
        match self {
            Self::CurlCffi | Self::Tstclnt | Self::Selfserv | Self::Chromium => &[Kind::P256],
            _ => &Kind::ALL,
        }
    }

    /// The groups that it shares with us, unless told otherwise.
    #[must_use]
    pub const fn groups(self) -> &'static [Group] {
        match self {
            Self::Chromium => &[Group::SECP256R1, Group::X25519MLKEM768],
            Self::Node24Client | Self::Node24Server | Self::GoClient | Self::GoServer => {
                &[Group::X25519, Group::SECP256R1, Group::X25519MLKEM768]
            }
            _ => &[Group::X25519, Group::SECP256R1],
        }
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
                | Self::CurlCffi
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
            Self::CurlCffi => ("venv/bin/python3", Place::Peers),
            Self::Tstclnt => ("tstclnt", Place::Package("libnss3-tools")),
            Self::Selfserv => ("selfserv", Place::Package("libnss3-tools")),
            Self::Chromium => ("chromium", Place::Package("chromium")),
            Self::Nginx => ("nginx", Place::Package("nginx-light")),
            Self::Haproxy => ("haproxy", Place::Package("haproxy")),
            Self::Caddy => ("caddy", Place::Package("caddy")),
            Self::RustlsClient | Self::RustlsServer => return None,
        };
        Some(Program {
            name,
            place,
            buffers: matches!(self, Self::SServer),
        })
    }

    /// What must be there besides.
    #[must_use]
    pub const fn besides(self) -> Option<Program> {
        let (name, place) = match self {
            Self::JavaClient | Self::JavaServer => ("Peer.class", Place::Made("Peer.java")),
            Self::Chromium => ("certutil", Place::Package("libnss3-tools")),
            _ => return None,
        };
        Some(Program {
            name,
            place,
            buffers: false,
        })
    }
}
