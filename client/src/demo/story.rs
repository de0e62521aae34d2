//! The way of one message in about fifteen lines, each from what was measured.

use std::fmt::Write as _;
use std::path::Path;
use std::time::Duration;

use nihao_protocol::chat::{Message, Sent, Text, shown};
use nihao_protocol::crypto::{Group, SignatureScheme};
use nihao_protocol::tls::{CipherSuite, Negotiated};
use nihao_protocol::x509::Certificate;

use super::recorder::{Seen, Way as Direction};
use super::watched::Way;

/// Everything that was measured.
pub(super) struct Story<'a> {
    pub(super) text: &'a Text,
    pub(super) sent: &'a Sent,
    pub(super) heard: &'a Message,
    /// The certificate that alice showed, in DER.
    pub(super) certificate: &'a [u8],
    /// The connection over which the message was sent and confirmed.
    pub(super) alice: Way,
    /// The connection over which it was received.
    pub(super) bob: Way,
    pub(super) key_log: Option<&'a Path>,
}

impl Story<'_> {
    /// The story as text, and the commands to go on with.
    pub(super) fn tell(&self, directory: &Path) -> String {
        let mut text = format!(
            "bob received from {}: {}\n\n",
            self.heard.from,
            shown(self.heard.text.as_str())
        );
        for (label, line) in self.lines() {
            let _ = writeln!(text, "  {label:<12}{line}");
        }
        let _ = write!(
            text,
            "\nThe server's and both homes' files in {} are removed now. {}",
            directory.display(),
            by_hand()
        );
        text
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = self.connection();
        lines.extend(self.message());
        lines.push(("history", history(self.sent, self.heard)));
        lines.push(("close", close(&self.alice.after)));
        lines
    }

    /// How alice and the server came to talk.
    fn connection(&self) -> Vec<(&'static str, String)> {
        let Way {
            host,
            from,
            to,
            dialing,
            handshake,
            facts,
            before,
            ..
        } = &self.alice;
        let (out, back) = (sizes(before, Direction::Out), sizes(before, Direction::In));
        vec![
            ("name", format!("{host} is {}", to.ip())),
            (
                "TCP",
                format!("alice {from} to server {to}, name and connection in {}", ms(*dialing)),
            ),
            (
                "handshake",
                format!(
                    "TLS 1.3 in {}: alice {} B, server {} B{}",
                    ms(*handshake),
                    out,
                    back,
                    retried(facts)
                ),
            ),
            ("suite", suite(facts.cipher_suite)),
            ("group", group(facts.group)),
            ("server is", certificate(&facts.peer_chain, facts.server_scheme)),
            (
                "trusted by",
                "the key in alice's invite, which signed that certificate; no public authority is asked".into(),
            ),
            ("alice is", member(self.certificate, facts.client_scheme)),
            ("keys", keys(self.key_log)),
        ]
    }

    /// The message's way, record by record.
    fn message(&self) -> Vec<(&'static str, String)> {
        let text = self.text.as_str();
        let mut lines = vec![("text", format!("{} bytes: {}", text.len(), hex(text.as_bytes())))];
        let send = first(&self.alice.after, Direction::Out);
        let receipt = first(&self.alice.after, Direction::In);
        let arrival = self.bob.after.iter().rfind(|seen| seen.way == Direction::In);
        if let (Some(send), Some(receipt), Some(arrival)) = (send, receipt, arrival) {
            lines.push(("alice sends", record(send)));
            lines.push((
                "server",
                format!(
                    "stores it durably as number {} of its log, then tells both",
                    self.sent.seq
                ),
            ));
            lines.push((
                "receipt",
                format!("{}, {} after alice sent", record(receipt), ms(receipt.at - send.at)),
            ));
            lines.push((
                "bob gets",
                format!("{}, {} after alice sent", record(arrival), ms(arrival.at - send.at)),
            ));
        }
        lines
    }
}

fn first(records: &[Seen], way: Direction) -> Option<&Seen> {
    records.iter().find(|seen| seen.way == way)
}

fn sizes(records: &[Seen], way: Direction) -> usize {
    records
        .iter()
        .filter(|seen| seen.way == way)
        .map(|seen| seen.size)
        .sum()
}

/// What one protected record holds beside its header, inner content type and tag (RFC 8446 §5.2).
fn record(seen: &Seen) -> String {
    const AROUND: usize = 5 + 1 + 16;
    format!(
        "one record of {} B: header 5, frame {}, type 1, tag 16",
        seen.size,
        seen.size.saturating_sub(AROUND)
    )
}

fn close(after: &[Seen]) -> String {
    /// header 5, alert 2, type 1, tag 16
    const CLOSE_NOTIFY: usize = 24;
    let said = |way| {
        after
            .iter()
            .rfind(|seen| seen.way == way)
            .is_some_and(|seen| seen.size == CLOSE_NOTIFY)
    };
    match (said(Direction::Out), said(Direction::In)) {
        (true, true) => "alice and the server each send close_notify (24 B), then TCP ends: nothing was cut off".into(),
        (true, false) => "alice sends close_notify (24 B), then TCP ends".into(),
        _ => "TCP ends".into(),
    }
}

fn retried(facts: &Negotiated) -> &'static str {
    if facts.hello_retried {
        ", after one HelloRetryRequest"
    } else {
        ", in one round trip"
    }
}

fn suite(suite: CipherSuite) -> String {
    let what = match suite {
        CipherSuite::TLS_AES_128_GCM_SHA256 => "AES-GCM with a 128-bit key seals records, SHA-256 derives keys",
        CipherSuite::TLS_AES_256_GCM_SHA384 => "AES-GCM with a 256-bit key seals records, SHA-384 derives keys",
        CipherSuite::TLS_CHACHA20_POLY1305_SHA256 => "ChaCha20-Poly1305 seals records, SHA-256 derives keys",
        _ => "seals records and derives keys",
    };
    format!("{suite:?}: {what}")
}

fn group(group: Group) -> String {
    format!("{group}: both drew a key for this connection alone, and agreed on a secret that never travelled")
}

fn certificate(chain: &[Vec<u8>], scheme: SignatureScheme) -> String {
    let Some(leaf) = chain.first().and_then(|der| Certificate::parse(der).ok()) else {
        return "a certificate that cannot be shown".into();
    };
    let names = leaf.server_names().unwrap_or_default().join(", ");
    format!(
        "{names}; certificate by {}, proved by {scheme}",
        shown(&leaf.issuer.to_string())
    )
}

/// What alice showed, and how she proved that it is hers.
fn member(certificate: &[u8], scheme: Option<SignatureScheme>) -> String {
    match (scheme, Certificate::parse(certificate)) {
        (Some(scheme), Ok(own)) => {
            let (subject, issuer) = (own.subject.to_string(), own.issuer.to_string());
            format!(
                "{}; certificate by {}, proved by {scheme}: mutual TLS",
                shown(&subject),
                shown(&issuer)
            )
        }
        _ => "nobody: the server did not ask".into(),
    }
}

/// Both were told the same history, or they were not.
fn history(sent: &Sent, heard: &Message) -> String {
    let known = short(&heard.chain.0);
    match sent.chain == heard.chain {
        true => format!("hash chain at {known}…, in alice's receipt as in bob's message"),
        false => format!(
            "hash chain at {known}… for bob, at {}… for alice: THEY DIFFER",
            short(&sent.chain.0)
        ),
    }
}

fn keys(key_log: Option<&Path>) -> String {
    match key_log {
        Some(path) => format!(
            "one each way for the handshake, one each way for data; logged in {}",
            path.display()
        ),
        None => "one each way for the handshake, one each way for data; wiped with the connection".into(),
    }
}

fn hex(bytes: &[u8]) -> String {
    const SHOWN: usize = 24;
    let more = if bytes.len() > SHOWN { " …" } else { "" };
    bytes
        .iter()
        .take(SHOWN)
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(" ")
        + more
}

fn short(hash: &[u8]) -> String {
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}

fn ms(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}

fn by_hand() -> String {
    let nihao = std::env::current_exe().map_or_else(|_| "nihao".into(), |path| path.display().to_string());
    format!(
        "To go on by hand:\n\n  \
         cargo run --release -p nihao-server -- --data nihao-data --listen 127.0.0.1:8443   # prints an invite\n  \
         {nihao} join 'nihao://…' --as alice\n  \
         {nihao} invite | {nihao} --home bob join - --as bob\n  \
         {nihao} --home bob listen --count 1 &\n  \
         {nihao} send '#general' 您好！\n"
    )
}
