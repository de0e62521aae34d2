//! pre_shared_key and psk_key_exchange_modes (RFC 8446 §4.2.9, §4.2.11).

use super::extension::Extensions;
use crate::tls::error::{Error, Peer};
use crate::tls::names::ExtensionType;
use crate::wire::{Malformed, Reader, Writer};

/// psk_dhe_ke: a PSK with a key agreement, the only mode this crate has.
pub(super) const PSK_DHE_KE: u8 = 1;

/// The PSKs a client offers; always the last extension of its hello.
///
/// ```text
/// struct {
///     PskIdentity identities<7..2^16-1>;
///     PskBinderEntry binders<33..2^16-1>;
/// } OfferedPsks;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OfferedPsks {
    /// Which PSKs: for resumption, tickets.
    pub identities: Vec<PskIdentity>,
    /// For each the proof that the client has it: as long as the hash of the PSK, if it is right.
    pub binders: Vec<Vec<u8>>,
}

/// The name of a PSK.
///
/// ```text
/// struct {
///     opaque identity<1..2^16-1>;
///     uint32 obfuscated_ticket_age;
/// } PskIdentity;
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PskIdentity {
    /// The ticket.
    pub identity: Vec<u8>,
    /// Milliseconds since the ticket came, plus its `age_add`, modulo 2^32.
    pub obfuscated_age: u32,
}

impl OfferedPsks {
    /// Reads the extension's body.
    pub fn decode(body: &[u8]) -> Result<Self, Error> {
        let mut reader = Reader::new(body, "pre_shared_key");
        let mut list = reader.within(reader.clone().vec16(7)?);
        reader.vec16(7)?;
        let mut identities = Vec::new();
        while !list.is_empty() {
            identities.push(PskIdentity {
                identity: list.vec16(1)?.to_vec(),
                obfuscated_age: list.u32()?,
            });
        }
        let mut list = reader.within(reader.clone().vec16(1)?);
        reader.vec16(1)?;
        reader.finish()?;
        let mut binders = Vec::new();
        while !list.is_empty() {
            // 32 bytes at least, says the RFC; a shorter one proves nothing, as a wrong one does.
            binders.push(list.vec8(0)?.to_vec());
        }
        // RFC 8446 §4.2.11: a binder for each identity, in the same order.
        if identities.len() != binders.len() {
            return Err(Peer::IllegalParameter("not as many PSK binders as identities").into());
        }
        Ok(Self { identities, binders })
    }

    /// Writes the extension's body.
    pub fn encode(&self, writer: &mut Writer) {
        writer.vec16(|list| {
            for identity in &self.identities {
                list.vec16(|w| w.bytes(&identity.identity));
                list.u32(identity.obfuscated_age);
            }
        });
        writer.vec16(|list| {
            for binder in &self.binders {
                list.vec8(|w| w.bytes(binder));
            }
        });
    }

    /// How many bytes the binders take at the end of the ClientHello: what is before is what they sign.
    #[must_use]
    pub fn binders_length(&self) -> usize {
        let binders = self.binders.iter().map(|binder| binder.len().saturating_add(1));
        binders.fold(2, usize::saturating_add)
    }
}

impl Extensions {
    /// The PSKs that a ClientHello offers.
    pub fn offered_psks(&self) -> Result<Option<OfferedPsks>, Error> {
        self.find(ExtensionType::PRE_SHARED_KEY)
            .map(OfferedPsks::decode)
            .transpose()
    }

    /// Which of the offered PSKs a ServerHello selects, counted from 0.
    pub fn selected_psk(&self) -> Result<Option<u16>, Malformed> {
        self.read(ExtensionType::PRE_SHARED_KEY, "pre_shared_key", Reader::u16)
    }

    /// Whether psk_key_exchange_modes is there, and names psk_dhe_ke.
    pub fn offers_psk_dhe_ke(&self) -> Result<Option<bool>, Malformed> {
        let kind = ExtensionType::PSK_KEY_EXCHANGE_MODES;
        self.read(kind, "psk_key_exchange_modes", |reader| {
            Ok(reader.vec8(1)?.contains(&PSK_DHE_KE))
        })
    }

    /// Whether a ClientHello announces early data; the extension is empty (RFC 8446 §4.2.10).
    pub fn offers_early_data(&self) -> Result<bool, Malformed> {
        let offered = self.read(ExtensionType::EARLY_DATA, "early_data", |_| Ok(()))?;
        Ok(offered.is_some())
    }

    /// Says that PSKs are wanted, with a key agreement.
    pub fn add_psk_dhe_ke(&mut self) -> Result<(), Error> {
        self.add(ExtensionType::PSK_KEY_EXCHANGE_MODES, |w| {
            w.vec8(|w| w.u8(PSK_DHE_KE));
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(binders: Vec<Vec<u8>>) -> OfferedPsks {
        OfferedPsks {
            identities: vec![PskIdentity {
                identity: vec![7],
                obfuscated_age: 9,
            }],
            binders,
        }
    }

    fn encoded(psks: &OfferedPsks) -> Vec<u8> {
        let mut writer = Writer::new();
        psks.encode(&mut writer);
        writer.finish().unwrap()
    }

    #[test]
    fn what_is_written_is_read_and_the_binders_are_its_end() {
        let psks = offered(vec![vec![1; 32]]);
        let body = encoded(&psks);
        assert_eq!(OfferedPsks::decode(&body), Ok(psks.clone()));
        assert_eq!(body.len() - psks.binders_length(), 2 + 2 + 1 + 4);
    }

    #[test]
    fn each_identity_has_one_binder() {
        let refused = |psks: &OfferedPsks| OfferedPsks::decode(&encoded(psks)).unwrap_err().alert().unwrap();
        use crate::tls::AlertDescription;
        let two = offered(vec![vec![1; 32], vec![1; 32]]);
        assert_eq!(refused(&two), AlertDescription::ILLEGAL_PARAMETER);
        assert!(OfferedPsks::decode(&encoded(&offered(vec![vec![1; 40]]))).is_ok());
        assert_eq!(refused(&offered(vec![])), AlertDescription::DECODE_ERROR);
    }
}
