//! What a server puts into a ticket, and wants back.

use crate::clock::UnixTime;
use crate::crypto::{Secret, SignatureScheme};
use crate::tls::messages::Certificate;
use crate::tls::names::CipherSuite;
use crate::wire::{Malformed, Reader, TooLong, Writer};

/// The layout's number: a ticket of another layout is no ticket.
const LAYOUT: u8 = 1;

/// A finished handshake as its server remembers it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::tls) struct TicketState {
    pub(in crate::tls) suite: CipherSuite,
    pub(in crate::tls) psk: Secret,
    /// When the certificates were exchanged: a resumed session does not make them newer.
    pub(in crate::tls) since: UnixTime,
    pub(in crate::tls) server_name: Option<String>,
    pub(in crate::tls) alpn: Option<Vec<u8>>,
    pub(in crate::tls) server_scheme: SignatureScheme,
    pub(in crate::tls) client_scheme: Option<SignatureScheme>,
    pub(in crate::tls) client_chain: Vec<Vec<u8>>,
}

impl TicketState {
    /// The bytes that go, sealed, into the ticket.
    pub(in crate::tls) fn encode(&self) -> Result<Vec<u8>, TooLong> {
        let mut writer = Writer::new();
        writer.u8(LAYOUT);
        writer.u16(self.suite.0);
        writer.vec8(|w| w.bytes(self.psk.expose()));
        writer.bytes(&self.since.0.to_be_bytes());
        encode_optional(&mut writer, self.server_name.as_ref().map(String::as_bytes));
        encode_optional(&mut writer, self.alpn.as_deref());
        writer.u16(self.server_scheme.0);
        encode_optional(
            &mut writer,
            self.client_scheme
                .map(|scheme| scheme.0.to_be_bytes())
                .as_ref()
                .map(<[u8; 2]>::as_slice),
        );
        Certificate::of(&self.client_chain).encode(&mut writer);
        writer.finish()
    }

    /// Reads what [`TicketState::encode`] wrote.
    pub(in crate::tls) fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        const WHAT: &str = "ticket";
        let mut reader = Reader::new(bytes, WHAT);
        if reader.u8()? != LAYOUT {
            return Err(Malformed(WHAT));
        }
        let suite = CipherSuite(reader.u16()?);
        let psk = Secret::copy_of(reader.vec8(32)?);
        let since = UnixTime(reader.array().map(u64::from_be_bytes)?);
        let server_name = decode_optional(&mut reader)?
            .map(|name| String::from_utf8(name).map_err(|_| Malformed(WHAT)))
            .transpose()?;
        let alpn = decode_optional(&mut reader)?;
        let server_scheme = SignatureScheme(reader.u16()?);
        let client_scheme = decode_optional(&mut reader)?
            .map(|scheme| scheme.try_into().map_err(|_| Malformed(WHAT)))
            .transpose()?
            .map(|scheme| SignatureScheme(u16::from_be_bytes(scheme)));
        let chain = Certificate::decode(reader.rest()).map_err(|_| Malformed(WHAT))?;
        Ok(Self {
            suite,
            psk,
            since,
            server_name,
            alpn,
            server_scheme,
            client_scheme,
            client_chain: chain.entries.into_iter().map(|entry| entry.certificate).collect(),
        })
    }
}

/// Nothing, or at most 255 bytes.
fn encode_optional(writer: &mut Writer, value: Option<&[u8]>) {
    writer.u8(u8::from(value.is_some()));
    writer.vec8(|w| w.bytes(value.unwrap_or_default()));
}

fn decode_optional(reader: &mut Reader<'_>) -> Result<Option<Vec<u8>>, Malformed> {
    let is_there = reader.u8()? == 1;
    let value = reader.vec8(0)?;
    Ok(is_there.then(|| value.to_vec()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_into_a_ticket_comes_out_of_it() {
        let mut state = TicketState {
            suite: CipherSuite::TLS_AES_256_GCM_SHA384,
            psk: Secret::copy_of(&[9; 48]),
            since: UnixTime(1_800_000_000_000),
            server_name: Some(String::from("localhost")),
            alpn: Some(b"nihao/1".to_vec()),
            server_scheme: SignatureScheme::ED25519,
            client_scheme: Some(SignatureScheme::ECDSA_SECP256R1_SHA256),
            client_chain: vec![vec![1, 2, 3], vec![4]],
        };
        assert_eq!(TicketState::decode(&state.encode().unwrap()), Ok(state.clone()));
        (state.server_name, state.alpn, state.client_scheme) = (None, Some(Vec::new()), None);
        state.client_chain.clear();
        let bytes = state.encode().unwrap();
        assert_eq!(TicketState::decode(&bytes), Ok(state));
        for length in 0..bytes.len() {
            assert!(TicketState::decode(&bytes[..length]).is_err(), "{length} bytes");
        }
        let other = [&[LAYOUT + 1], &bytes[1..]].concat();
        assert!(TicketState::decode(&other).is_err());
    }
}
