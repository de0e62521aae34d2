//! One row of the interop matrix: with whom, in which role, with which certificates, and what must come of it.

use nihao_protocol::crypto::Group;
use nihao_protocol::tls::{CipherSuite, RecordPolicy};

use super::chromium::SHOWN;
use super::foreign::Foreign;
use super::tap::Wire;
use super::tool::Tool;
use crate::pki::Kind;

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing.
    None,
    /// Issued by a CA that the other side does not trust.
    WrongCa,
    /// It names another host than the client asks for.
    WrongName,
    /// It expired yesterday.
    Expired,
    /// It is valid from tomorrow on.
    NotYetValid,
    /// By the trusted CA, but for the other role.
    WrongPurpose,
    /// keyUsage without digitalSignature.
    WrongKeyUsage,
    /// As server: a user's certificate, by the user CA. As client: a server's, by the server CA.
    OtherHierarchy,
}

impl Fault {
    /// All but none.
    pub const ALL: [Self; 7] = [
        Self::WrongCa,
        Self::WrongName,
        Self::Expired,
        Self::NotYetValid,
        Self::WrongPurpose,
        Self::WrongKeyUsage,
        Self::OtherHierarchy,
    ];

    const fn note(self) -> &'static str {
        match self {
            Self::None => "",
            Self::WrongCa => " (wrong CA)",
            Self::WrongName => " (wrong name)",
            Self::Expired => " (expired)",
            Self::NotYetValid => " (not yet valid)",
            Self::WrongPurpose => " (wrong EKU)",
            Self::WrongKeyUsage => " (wrong keyUsage)",
            Self::OtherHierarchy => " (of the other hierarchy)",
        }
    }
}

/// The client's certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClientCertificate {
    /// The server does not ask.
    NotAsked,
    /// The server asks, the client has none, and that is allowed.
    None,
    /// The server demands one, the client has none.
    Missing,
    /// The server demands one and gets this one.
    Sent(Kind, Fault),
}

impl ClientCertificate {
    /// Whether the server asks.
    #[must_use]
    pub const fn is_asked(self) -> bool {
        !matches!(self, Self::NotAsked)
    }

    /// Whether the server refuses clients without.
    #[must_use]
    pub const fn is_required(self) -> bool {
        matches!(self, Self::Missing | Self::Sent(..))
    }
}

/// What the two sides say to each other once they are open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Between {
    /// One round only.
    Nothing,
    /// Two rounds; between them this is typed at the tool, which answers with the second text when it has done it.
    Typed(&'static str, &'static str),
    /// Two rounds; between them we change our key and, if so, ask the peer to change its own.
    OurKeyUpdate(bool),
    /// Two rounds; between them rustls changes its key and asks us to change ours.
    TheirKeyUpdate,
    /// One round only, after which rustls says close_notify first.
    TheirClose,
}

impl Between {
    /// How many rounds there are.
    #[must_use]
    pub const fn rounds(self) -> usize {
        match self {
            Self::Nothing | Self::TheirClose => 1,
            Self::Typed(..) | Self::OurKeyUpdate(_) | Self::TheirKeyUpdate => 2,
        }
    }
}

/// What an unhindered connection brings.
pub const OPEN: &str = "open; 您好！ both ways; close_notify both ways";

/// What an unhindered connection brings with a tool that does not tell whether it received close_notify.
pub const OPEN_QUIETLY: &str = "open; 您好！ both ways; close_notify from the peer";

/// What an unhindered connection with `tool` brings.
#[must_use]
pub const fn open(tool: Tool) -> &'static str {
    match tool {
        Tool::Chromium => SHOWN,
        tool if tool.tells_close() => OPEN,
        _ => OPEN_QUIETLY,
    }
}

/// Options longer than this are not shown in the matrix.
const LONG: usize = 60;

/// One row.
#[derive(Clone)]
pub struct Case {
    /// With whom.
    pub tool: Tool,
    /// Options given to the tool.
    pub knobs: &'static [&'static str],
    /// What is special on our side, for the matrix.
    pub note: &'static str,
    /// The server's certificate.
    pub leaf: Kind,
    /// What is wrong with it.
    pub fault: Fault,
    /// A kind of keys that is not ours, for the server's certificate and its authority.
    pub foreign: Option<Foreign>,
    /// The one group our side agrees on.
    pub group: Group,
    /// The groups our client sends shares for at once.
    pub shares: Vec<Group>,
    /// The one suite our side agrees on.
    pub suite: CipherSuite,
    /// The client's certificate.
    pub client: ClientCertificate,
    /// Whether the connection resumes an earlier one, made for that.
    pub resumed: bool,
    /// What happens between two rounds of 您好！.
    pub between: Between,
    /// How our side cuts and pads records.
    pub records: RecordPolicy,
    /// The application protocols of our side.
    pub alpn: Vec<Vec<u8>>,
    /// What else to look for: on our wire and in what the tool said of its own.
    pub look: fn(&Wire, &str) -> String,
    /// What must come of it.
    pub expected: String,
}

impl Case {
    /// A plain connection with this tool that must succeed.
    #[must_use]
    pub fn new(tool: Tool) -> Self {
        Self {
            tool,
            knobs: &[],
            note: "",
            leaf: tool.kinds()[0],
            fault: Fault::None,
            foreign: None,
            group: Group::X25519,
            shares: vec![Group::X25519],
            suite: CipherSuite::TLS_AES_128_GCM_SHA256,
            client: ClientCertificate::NotAsked,
            resumed: false,
            between: Between::Nothing,
            records: RecordPolicy::default(),
            alpn: Vec::new(),
            look: |_, _| String::new(),
            expected: String::from(open(tool)),
        }
    }

    /// With these options for the tool.
    #[must_use]
    pub const fn knobs(mut self, knobs: &'static [&'static str]) -> Self {
        self.knobs = knobs;
        self
    }

    /// With this said about our side.
    #[must_use]
    pub const fn note(mut self, note: &'static str) -> Self {
        self.note = note;
        self
    }

    /// With this kind of server certificate, and this wrong with it.
    #[must_use]
    pub const fn leaf(mut self, leaf: Kind, fault: Fault) -> Self {
        self.leaf = leaf;
        self.fault = fault;
        self
    }

    /// With a server certificate of this kind.
    #[must_use]
    pub const fn foreign(mut self, kind: Foreign) -> Self {
        self.foreign = Some(kind);
        self
    }

    /// With this group alone, a share sent at once.
    #[must_use]
    pub fn group(mut self, group: Group) -> Self {
        self.group = group;
        self.shares = vec![group];
        self
    }

    /// With this client certificate.
    #[must_use]
    pub const fn client(mut self, client: ClientCertificate) -> Self {
        self.client = client;
        self
    }

    /// Resuming an earlier connection.
    #[must_use]
    pub const fn resumed(mut self) -> Self {
        self.resumed = true;
        self
    }

    /// How many connections it takes.
    #[must_use]
    pub const fn connections(&self) -> usize {
        if self.resumed { 2 } else { 1 }
    }

    /// With this between two rounds.
    #[must_use]
    pub const fn between(mut self, between: Between) -> Self {
        self.between = between;
        self
    }

    /// With this looked for besides.
    #[must_use]
    pub const fn look(mut self, look: fn(&Wire, &str) -> String) -> Self {
        self.look = look;
        self
    }

    /// With this outcome.
    #[must_use]
    pub fn expect(mut self, expected: impl Into<String>) -> Self {
        self.expected = expected.into();
        self
    }

    /// With this seen besides.
    #[must_use]
    pub fn and(self, besides: &str) -> Self {
        let expected = format!("{}; {besides}", self.expected);
        self.expect(expected)
    }

    /// Whether the peer says close_notify first. `gnutls-cli` must: it leaves without one of its own when we said ours.
    #[must_use]
    pub fn they_close_first(&self) -> bool {
        self.tool == Tool::GnutlsCli || self.between == Between::TheirClose
    }

    /// The matrix's columns `peer` to `client_cert`.
    #[must_use]
    pub fn columns(&self) -> Vec<String> {
        let mut peer = self.tool.name().to_string();
        for knob in self.knobs {
            peer = match knob.len() {
                0..=LONG => format!("{peer} {knob}"),
                length => format!("{peer} ({length} bytes)"),
            };
        }
        if !self.note.is_empty() {
            peer = format!("{peer} [{}]", self.note);
        }
        let client = match self.client {
            ClientCertificate::NotAsked => String::from("not asked"),
            ClientCertificate::None => String::from("asked; none"),
            ClientCertificate::Missing => String::from("required; none"),
            ClientCertificate::Sent(kind, fault) => format!("{}{}", name(kind), fault.note()),
        };
        vec![
            peer,
            self.tool.our_role().to_string(),
            format!(
                "{}{}",
                self.foreign.map_or(name(self.leaf), Foreign::name),
                self.fault.note()
            ),
            self.group.to_string(),
            self.suite.to_string(),
            String::from(if self.resumed { "yes" } else { "no" }),
            client,
        ]
    }
}

/// A kind of keys, as the matrix names it.
#[must_use]
pub const fn name(kind: Kind) -> &'static str {
    match kind {
        Kind::Ed25519 => "ed25519",
        Kind::P256 => "p256",
    }
}
