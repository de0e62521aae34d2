//! What the messages of a handshake prove about who sent them (RFC 8446 §4.4), computed again from the bytes that were seen.

use nihao_protocol::crypto::{Digest, HashAlgorithm, Secret, SignatureScheme};
use nihao_protocol::tls::key_schedule::EarlySecret;
use nihao_protocol::tls::messages::{
    Certificate, CertificateVerify, ClientHello, Finished, Message, Signer, signed_content,
};
use nihao_protocol::tls::names::ExtensionType;
use nihao_protocol::x509::{self, takes_key, verify_with_certificate};

use super::{CLIENT, Connection, SERVER};
use crate::decode::chain::{self, Chain, hex};
use crate::decode::known::Trusted;
use crate::decode::spaces::Spaces;
use crate::event::{Aspect, Check, Layer, Protocol, Span};
use crate::texts::{self, Text};

/// A message that was told: whose, its bytes, where they stand, and the frame that made it whole.
pub(super) struct Sent<'a> {
    pub(super) side: usize,
    pub(super) bytes: &'a [u8],
    pub(super) span: Span,
    pub(super) frame: usize,
}

/// A check before it is known where it belongs.
struct Outcome {
    aspect: Aspect,
    expected: String,
    seen: String,
    ok: Option<bool>,
    open: Option<&'static Text>,
    field: &'static str,
}

impl Connection<'_> {
    /// Adds what a message proves. The transcript does not have it yet.
    pub(super) fn prove(&mut self, sent: &Sent<'_>, spaces: &Spaces) {
        let message = layer_of(spaces, &sent.span);
        let checks = match Message::decode(sent.bytes) {
            Ok(Message::Certificate(certificate)) => self.chain_checks(sent, &certificate, message),
            Ok(Message::CertificateVerify(verify)) => self.told(sent, message, self.possession(sent.side, &verify)),
            Ok(Message::Finished(finished)) => self.told(sent, message, self.finished_check(sent.side, &finished)),
            Ok(Message::ClientHello(hello)) => self.told(sent, message, self.binders(sent.bytes, &hello)),
            _ => return,
        };
        self.checks.extend(checks);
    }

    fn told(&self, sent: &Sent<'_>, message: Option<&Layer>, outcomes: Vec<Outcome>) -> Vec<Check> {
        let check = |outcome: Outcome| {
            let field = message.and_then(|message| message.field_within(outcome.field));
            let range = field.map_or_else(|| sent.span.range.clone(), |field| field.range.clone());
            Check {
                aspect: outcome.aspect,
                of_server: sent.side == SERVER,
                about: message.map_or_else(String::new, |message| message.name.to_string()),
                frame: sent.frame,
                expected: outcome.expected,
                seen: outcome.seen,
                ok: outcome.ok,
                why: outcome.open.unwrap_or_else(|| texts::why_aspect(outcome.aspect)),
                of: vec![Span {
                    space: sent.span.space,
                    range,
                }],
            }
        };
        outcomes.into_iter().map(check).collect()
    }

    fn chain_checks(&self, sent: &Sent<'_>, message: &Certificate, layer: Option<&Layer>) -> Vec<Check> {
        let certificates: Vec<_> = message.entries.iter().map(|entry| entry.certificate.clone()).collect();
        if certificates.is_empty() {
            return Vec::new();
        }
        let inner = layer.map(Layer::layers).unwrap_or_default().into_iter();
        let places = inner.filter(|layer| layer.protocol == Protocol::X509 && layer.name == "certificate");
        let first = message.entries.first();
        let stapled = first.and_then(|entry| entry.extensions.find(ExtensionType::STATUS_REQUEST));
        let chain = Chain {
            certificates: &certificates,
            of_server: sent.side == SERVER,
            name: self.agreed.server_name.as_deref(),
            at: self.around.time_of(sent.frame),
            trusted: self.trusted(sent.side),
            is_stapled: stapled.is_some(),
            frame: sent.frame,
            places: (sent.span.space, places.collect()),
        };
        chain.checks()
    }

    /// Whom the receiver of what this side sends trusts: of servers nobody knows.
    pub(super) const fn trusted(&self, side: usize) -> Trusted<'_> {
        match side {
            SERVER => self.around.trusted,
            _ => Trusted::Untold,
        }
    }

    fn possession(&self, side: usize, verify: &CertificateVerify) -> Vec<Outcome> {
        let (Some(half), Some(transcript)) = (self.halves.get(side), self.transcript.digest()) else {
            return Vec::new();
        };
        let offered = self.schemes.get(side).map(Vec::as_slice).unwrap_or_default();
        let names: Vec<_> = offered.iter().map(ToString::to_string).collect();
        let leaf = half.chain.first().map(Vec::as_slice).unwrap_or_default();
        let ok = verified(leaf, side, &transcript, verify);
        let hash = self.transcript.algorithm().map_or("?", hash_name);
        let end = if side == SERVER { "server" } else { "client" };
        let key = x509::Certificate::parse(leaf).map_or_else(|_| "?".into(), |view| chain::key(view.public_key_info));
        vec![
            Outcome {
                aspect: Aspect::Scheme,
                expected: names.join(", "),
                seen: verify.scheme.to_string(),
                ok: Some(offered.contains(&verify.scheme)),
                open: None,
                field: "algorithm",
            },
            Outcome {
                aspect: Aspect::Possession,
                expected: format!(
                    "{}(64 x 20 ‖ \"TLS 1.3, {end} CertificateVerify\" ‖ 00 ‖ {hash}(ClientHello…Certificate) {}), {key}",
                    verify.scheme,
                    hex(transcript.as_bytes())
                ),
                seen: hex(&verify.signature),
                ok,
                open: ok.is_none().then_some(&texts::CHECK_UNSUPPORTED),
                field: "signature",
            },
        ]
    }

    fn finished_check(&self, side: usize, finished: &Finished) -> Vec<Outcome> {
        let keys = self.halves.get(side).and_then(|half| half.keys.as_ref());
        let computed = self.transcript.digest().zip(keys);
        let Some(computed) = computed.and_then(|(transcript, keys)| keys.finished(&transcript)) else {
            return Vec::new();
        };
        vec![Outcome {
            aspect: Aspect::Finished,
            expected: hex(computed.as_bytes()),
            seen: hex(&finished.verify_data),
            ok: Some(computed.as_bytes() == finished.verify_data),
            open: None,
            field: "verify_data",
        }]
    }

    /// The binders of those PSKs that are known.
    fn binders(&self, bytes: &[u8], hello: &ClientHello) -> Vec<Outcome> {
        let Ok(Some(psks)) = hello.extensions.offered_psks() else {
            return Vec::new();
        };
        let signed = bytes.get(..bytes.len().saturating_sub(psks.binders_length()));
        let outcome = |identity: &Vec<u8>, binder: &Vec<u8>| {
            let psk = self.around.tickets.get(identity)?;
            let hash = hash_of(psk)?;
            let transcript = self.transcript.digest_with(hash, signed?);
            let computed = EarlySecret::new(hash, psk).binder(&transcript).ok()?;
            Some(Outcome {
                aspect: Aspect::Binder,
                expected: hex(computed.as_bytes()),
                seen: hex(binder),
                ok: Some(computed.as_bytes() == binder),
                open: None,
                field: "binder",
            })
        };
        let identities = psks.identities.iter().map(|psk| &psk.identity);
        let both = identities.zip(&psks.binders);
        both.filter_map(|(identity, binder)| outcome(identity, binder))
            .collect()
    }

    /// What a signature or keyed hash comes to, for the field that has it.
    pub(super) fn is_right(&self, side: usize, bytes: &[u8]) -> Option<bool> {
        let outcomes = match Message::decode(bytes) {
            Ok(Message::Finished(finished)) => self.finished_check(side, &finished),
            Ok(Message::CertificateVerify(verify)) => self.possession(side, &verify),
            _ => return None,
        };
        outcomes.last().and_then(|outcome| outcome.ok)
    }
}

/// Whether the signature is right; nothing if this program cannot check such signatures.
fn verified(leaf: &[u8], side: usize, transcript: &Digest, verify: &CertificateVerify) -> Option<bool> {
    let signer = if side == CLIENT { Signer::Client } else { Signer::Server };
    let content = signed_content(signer, transcript);
    match verify_with_certificate(leaf, verify.scheme, &content, &verify.signature) {
        Ok(()) => Some(true),
        Err(_) if is_foreign(leaf, verify.scheme) => None,
        Err(_) => Some(false),
    }
}

/// Whether it is a scheme or a key that nothing here verifies; a scheme that does not fit the key is wrong.
fn is_foreign(leaf: &[u8], scheme: SignatureScheme) -> bool {
    let takes = |view: x509::Certificate<'_>| takes_key(view.public_key_info);
    scheme.algorithm().is_none() || !x509::Certificate::parse(leaf).is_ok_and(takes)
}

fn layer_of<'a>(spaces: &'a Spaces, span: &Span) -> Option<&'a Layer> {
    let layers = spaces.layer(span.space)?.layers().into_iter();
    let mut messages = layers.filter(|layer| layer.field("message type").is_some());
    messages.find(|layer| layer.range == span.range)
}

/// A PSK is as long as the hash that it was made with.
fn hash_of(psk: &Secret) -> Option<HashAlgorithm> {
    let all = [HashAlgorithm::Sha256, HashAlgorithm::Sha384];
    all.into_iter().find(|hash| hash.length() == psk.expose().len())
}

const fn hash_name(hash: HashAlgorithm) -> &'static str {
    match hash {
        HashAlgorithm::Sha256 => "SHA-256",
        HashAlgorithm::Sha384 => "SHA-384",
    }
}
