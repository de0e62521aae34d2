//! HKDF (RFC 5869) with the labels of RFC 8446 §7.1, and the HMAC of Finished.

use hkdf::Hkdf;
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::{Sha256, Sha384};

use super::hash::{Digest, HashAlgorithm};
use super::secret::Secret;

/// A pseudorandom key, its HMAC pads hashed once: what everything further is derived from. Wiped on drop.
#[derive(Clone)]
pub struct Prk(Inner);

#[derive(Clone)]
enum Inner {
    Sha256(Hkdf<Sha256>),
    Sha384(Hkdf<Sha384>),
}

/// More bytes were asked for than HKDF can give, or a key is of the wrong length; a defect of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("HKDF cannot give that many bytes, or was keyed with too few")]
pub struct HkdfError;

impl Prk {
    /// HKDF-Extract: the entropy of `input` under `salt`.
    #[must_use]
    pub fn extract(hash: HashAlgorithm, salt: &[u8], input: &[u8]) -> Self {
        Self(match hash {
            HashAlgorithm::Sha256 => Inner::Sha256(Hkdf::new(Some(salt), input)),
            HashAlgorithm::Sha384 => Inner::Sha384(Hkdf::new(Some(salt), input)),
        })
    }

    /// Takes a secret of the hash's length as the key.
    pub fn from_secret(hash: HashAlgorithm, secret: &Secret) -> Result<Self, HkdfError> {
        Ok(Self(match hash {
            HashAlgorithm::Sha256 => Inner::Sha256(Hkdf::from_prk(secret.expose()).map_err(|_| HkdfError)?),
            HashAlgorithm::Sha384 => Inner::Sha384(Hkdf::from_prk(secret.expose()).map_err(|_| HkdfError)?),
        }))
    }

    /// HKDF-Expand of the concatenated `info` parts into `out`.
    pub fn expand(&self, info: &[&[u8]], out: &mut [u8]) -> Result<(), HkdfError> {
        match &self.0 {
            Inner::Sha256(hkdf) => hkdf.expand_multi_info(info, out),
            Inner::Sha384(hkdf) => hkdf.expand_multi_info(info, out),
        }
        .map_err(|_| HkdfError)
    }

    /// HKDF-Expand-Label into `out`.
    ///
    /// RFC 8446 §7.1: the info is `uint16 length; opaque label<7..255> = "tls13 " + Label; opaque context<0..255>`.
    pub fn expand_label(&self, label: &str, context: &[u8], out: &mut [u8]) -> Result<(), HkdfError> {
        let length = u16::try_from(out.len()).map_err(|_| HkdfError)?.to_be_bytes();
        let label_length = [u8::try_from(label.len().saturating_add(6)).map_err(|_| HkdfError)?];
        let context_length = [u8::try_from(context.len()).map_err(|_| HkdfError)?];
        let info: [&[u8]; 6] = [
            &length,
            &label_length,
            b"tls13 ",
            label.as_bytes(),
            &context_length,
            context,
        ];
        self.expand(&info, out)
    }

    /// HKDF-Expand-Label to a secret of `length` bytes.
    pub fn secret(&self, label: &str, context: &[u8], length: usize) -> Result<Secret, HkdfError> {
        let mut outcome = Ok(());
        let secret = Secret::filled(length, |out| outcome = self.expand_label(label, context, out));
        outcome.map(|()| secret)
    }
}

impl std::fmt::Debug for Prk {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Prk(…)")
    }
}

/// HMAC(key, message): the verify_data of Finished (RFC 8446 §4.4.4).
pub fn hmac(hash: HashAlgorithm, key: &Secret, message: &[u8]) -> Result<Digest, HkdfError> {
    Ok(match hash {
        HashAlgorithm::Sha256 => {
            let mac = Hmac::<Sha256>::new_from_slice(key.expose()).map_err(|_| HkdfError)?;
            Digest::copy_of(&mac.chain_update(message).finalize().into_bytes())
        }
        HashAlgorithm::Sha384 => {
            let mac = Hmac::<Sha384>::new_from_slice(key.expose()).map_err(|_| HkdfError)?;
            Digest::copy_of(&mac.chain_update(message).finalize().into_bytes())
        }
    })
}
