//! The key schedule (RFC 8446 §7.1) as typestate: each secret offers only what comes next.
//!
//! ```text
//!              0
//!              |
//!  PSK ->  HKDF-Extract = Early Secret            -> binder key        (no PSK: a constant)
//!              |
//!        Derive-Secret(., "derived", "")
//!              |
//!  (EC)DHE -> HKDF-Extract = Handshake Secret     -> client, server handshake traffic secrets
//!              |
//!        Derive-Secret(., "derived", "")
//!              |
//!    0 ->  HKDF-Extract = Master Secret           -> client, server application traffic secrets, exporter, resumption
//! ```

use super::error::{Error, Misuse};
use super::names::CipherSuite;
use super::seal::{Opener, Sealer};
use crate::crypto::aead::NONCE_LENGTH;
use crate::crypto::hkdf::hmac;
use crate::crypto::secret::equal;
use crate::crypto::{Aead, Digest, HashAlgorithm, Prk, Secret};

/// The two directions' traffic secrets of one epoch.
#[derive(Debug)]
pub struct TrafficSecrets {
    /// The client writes and the server reads with it.
    pub client: TrafficSecret,
    /// The server writes and the client reads with it.
    pub server: TrafficSecret,
}

/// The Early Secret of a resumption PSK.
#[derive(Debug)]
pub struct EarlySecret {
    hash: HashAlgorithm,
    prk: Prk,
}

/// The Handshake Secret.
#[derive(Debug)]
pub struct HandshakeSecret {
    suite: CipherSuite,
    hash: HashAlgorithm,
    prk: Prk,
}

/// The Master Secret.
#[derive(Debug)]
pub struct MasterSecret {
    suite: CipherSuite,
    hash: HashAlgorithm,
    prk: Prk,
}

/// The exporter_master_secret: what secrets for other protocols are made from (RFC 8446 §7.5).
#[derive(Debug)]
pub struct Exporter {
    hash: HashAlgorithm,
    secret: Secret,
}

/// The resumption_master_secret: what the PSKs of tickets are made from (RFC 8446 §4.6.1).
#[derive(Debug)]
pub struct ResumptionSecret {
    hash: HashAlgorithm,
    secret: Secret,
}

/// One direction's traffic secret of one epoch, and the suite it is used with.
#[derive(Debug)]
pub struct TrafficSecret {
    suite: CipherSuite,
    secret: Secret,
}

impl EarlySecret {
    /// From a PSK; `hash` is that of the suite the PSK was made with.
    #[must_use]
    pub fn new(hash: HashAlgorithm, psk: &Secret) -> Self {
        let prk = Prk::extract(hash, &[], psk.expose());
        Self { hash, prk }
    }

    /// Which hash it is for.
    #[must_use]
    pub const fn hash(&self) -> HashAlgorithm {
        self.hash
    }

    /// The binder over a transcript that ends with the truncated ClientHello (RFC 8446 §4.2.11.2).
    pub fn binder(&self, transcript: &Digest) -> Result<Digest, Error> {
        finished(self.hash, &self.binder_key()?, transcript)
    }

    /// Whether `binder` is right for this transcript, in constant time.
    pub fn binder_matches(&self, transcript: &Digest, binder: &[u8]) -> Result<bool, Error> {
        finished_matches(self.hash, &self.binder_key()?, transcript, binder)
    }

    fn binder_key(&self) -> Result<Secret, Error> {
        let nothing = self.hash.hash(b"");
        Ok(self.prk.secret("res binder", nothing.as_bytes(), self.hash.length())?)
    }
}

impl HandshakeSecret {
    /// From the shared secret of the key agreement and a PSK (psk_dhe_ke).
    pub fn resumed(suite: CipherSuite, early: &EarlySecret, shared: &Secret) -> Result<Self, Error> {
        let hash = early.hash;
        let nothing = hash.hash(b"");
        let derived = early.prk.secret("derived", nothing.as_bytes(), hash.length())?;
        let prk = Prk::extract(hash, derived.expose(), shared.expose());
        Ok(Self { suite, hash, prk })
    }

    /// From the shared secret of the key agreement, without a PSK.
    pub fn new(suite: CipherSuite, shared: &Secret) -> Result<Self, Error> {
        let (_, hash) = suite.algorithms().ok_or(Misuse::Unsupported("cipher suite"))?;
        let prk = Prk::extract(hash, derived_from_no_psk(hash), shared.expose());
        Ok(Self { suite, hash, prk })
    }

    /// `c hs traffic` and `s hs traffic`, over ClientHello…ServerHello.
    pub fn traffic(&self, transcript: &Digest) -> Result<TrafficSecrets, Error> {
        traffic(self.suite, &self.prk, ["c hs traffic", "s hs traffic"], transcript)
    }

    /// On to the Master Secret.
    pub fn master(self) -> Result<MasterSecret, Error> {
        let derived = self
            .prk
            .secret("derived", self.hash.hash(b"").as_bytes(), self.hash.length())?;
        let zeros = [0; 48];
        let (zeros, _) = zeros.split_at(self.hash.length());
        let prk = Prk::extract(self.hash, derived.expose(), zeros);
        Ok(MasterSecret {
            suite: self.suite,
            hash: self.hash,
            prk,
        })
    }
}

impl MasterSecret {
    /// `c ap traffic` and `s ap traffic`, over ClientHello…server Finished.
    pub fn traffic(&self, transcript: &Digest) -> Result<TrafficSecrets, Error> {
        traffic(self.suite, &self.prk, ["c ap traffic", "s ap traffic"], transcript)
    }

    /// The exporter_master_secret, over ClientHello…server Finished.
    pub fn exporter(&self, transcript: &Digest) -> Result<Exporter, Error> {
        let hash = self.hash;
        let secret = self.prk.secret("exp master", transcript.as_bytes(), hash.length())?;
        Ok(Exporter { hash, secret })
    }

    /// The resumption_master_secret, over ClientHello…client Finished.
    pub fn resumption(&self, transcript: &Digest) -> Result<ResumptionSecret, Error> {
        let hash = self.hash;
        let secret = self.prk.secret("res master", transcript.as_bytes(), hash.length())?;
        Ok(ResumptionSecret { hash, secret })
    }
}

impl Exporter {
    /// Fills `out` with the secret of this label and context; both sides get the same (RFC 8446 §7.5).
    pub fn export(&self, label: &str, context: &[u8], out: &mut [u8]) -> Result<(), Error> {
        let nothing = self.hash.hash(b"");
        let secret = Prk::from_secret(self.hash, &self.secret)?
            .secret(label, nothing.as_bytes(), self.hash.length())
            .map_err(|_| Misuse::Unsupported("exporter label"))?;
        Prk::from_secret(self.hash, &secret)?
            .expand_label("exporter", self.hash.hash(context).as_bytes(), out)
            .map_err(|_| Misuse::Unsupported("exporter length"))?;
        Ok(())
    }

    /// The secret itself, for test vectors.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

impl ResumptionSecret {
    /// The PSK of the ticket with this nonce (RFC 8446 §4.6.1).
    pub fn psk(&self, nonce: &[u8]) -> Result<Secret, Error> {
        Ok(Prk::from_secret(self.hash, &self.secret)?.secret("resumption", nonce, self.hash.length())?)
    }

    /// The secret itself, for test vectors.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

fn traffic(
    suite: CipherSuite,
    prk: &Prk,
    [client, server]: [&str; 2],
    transcript: &Digest,
) -> Result<TrafficSecrets, Error> {
    let secret = |label| {
        Ok::<_, Error>(TrafficSecret {
            suite,
            secret: prk.secret(label, transcript.as_bytes(), transcript.as_bytes().len())?,
        })
    };
    Ok(TrafficSecrets {
        client: secret(client)?,
        server: secret(server)?,
    })
}

impl TrafficSecret {
    /// A traffic secret that came from elsewhere: a key log, a test vector.
    #[must_use]
    pub const fn new(suite: CipherSuite, secret: Secret) -> Self {
        Self { suite, secret }
    }

    /// What seals this direction's records.
    pub fn sealer(&self) -> Result<Sealer, Error> {
        let (aead, iv) = self.keys()?;
        Ok(Sealer::new(aead, iv))
    }

    /// What opens this direction's records.
    pub fn opener(&self) -> Result<Opener, Error> {
        let (aead, iv) = self.keys()?;
        Ok(Opener::new(aead, iv))
    }

    /// RFC 8446 §7.3: the write key and iv.
    fn keys(&self) -> Result<(Aead, [u8; NONCE_LENGTH]), Error> {
        let (aead, hash) = self.suite.algorithms().ok_or(Misuse::Unsupported("cipher suite"))?;
        let prk = Prk::from_secret(hash, &self.secret)?;
        let key = prk.secret("key", &[], aead.key_length())?;
        let mut iv = [0; NONCE_LENGTH];
        prk.expand_label("iv", &[], &mut iv)?;
        let aead = Aead::new(aead, key.expose()).map_err(|_| Misuse::Unsupported("key length"))?;
        Ok((aead, iv))
    }

    /// The verify_data of Finished over this transcript (RFC 8446 §4.4.4).
    pub fn finished(&self, transcript: &Digest) -> Result<Digest, Error> {
        finished(self.hash()?, &self.secret, transcript)
    }

    /// Whether `verify_data` is right for this transcript, in constant time.
    pub fn finished_matches(&self, transcript: &Digest, verify_data: &[u8]) -> Result<bool, Error> {
        finished_matches(self.hash()?, &self.secret, transcript, verify_data)
    }

    fn hash(&self) -> Result<HashAlgorithm, Error> {
        let (_, hash) = self.suite.algorithms().ok_or(Misuse::Unsupported("cipher suite"))?;
        Ok(hash)
    }

    /// The next epoch's secret (RFC 8446 §7.2); this one is wiped.
    pub fn update(self) -> Result<Self, Error> {
        let hash = self.hash()?;
        let secret = Prk::from_secret(hash, &self.secret)?.secret("traffic upd", &[], hash.length())?;
        Ok(Self {
            suite: self.suite,
            secret,
        })
    }

    /// The secret itself, for a key log.
    #[must_use]
    pub const fn secret(&self) -> &Secret {
        &self.secret
    }
}

/// HMAC(HKDF-Expand-Label(base, "finished", "", Hash.length), transcript): of Finished, and of PSK binders.
fn finished(hash: HashAlgorithm, base: &Secret, transcript: &Digest) -> Result<Digest, Error> {
    let key = Prk::from_secret(hash, base)?.secret("finished", &[], hash.length())?;
    Ok(hmac(hash, &key, transcript.as_bytes())?)
}

fn finished_matches(hash: HashAlgorithm, base: &Secret, transcript: &Digest, tag: &[u8]) -> Result<bool, Error> {
    Ok(equal(finished(hash, base, transcript)?.as_bytes(), tag))
}

/// Derive-Secret(HKDF-Extract(0, 0), "derived", ""): without a PSK the same for every connection, so it is not computed anew.
const fn derived_from_no_psk(hash: HashAlgorithm) -> &'static [u8] {
    match hash {
        HashAlgorithm::Sha256 => &[
            0x6f, 0x26, 0x15, 0xa1, 0x08, 0xc7, 0x02, 0xc5, 0x67, 0x8f, 0x54, 0xfc, 0x9d, 0xba, 0xb6, 0x97, 0x16, 0xc0,
            0x76, 0x18, 0x9c, 0x48, 0x25, 0x0c, 0xeb, 0xea, 0xc3, 0x57, 0x6c, 0x36, 0x11, 0xba,
        ],
        HashAlgorithm::Sha384 => &[
            0x15, 0x91, 0xda, 0xc5, 0xcb, 0xbf, 0x03, 0x30, 0xa4, 0xa8, 0x4d, 0xe9, 0xc7, 0x53, 0x33, 0x0e, 0x92, 0xd0,
            0x1f, 0x0a, 0x88, 0x21, 0x4b, 0x44, 0x64, 0x97, 0x2f, 0xd6, 0x68, 0x04, 0x9e, 0x93, 0xe5, 0x2f, 0x2b, 0x16,
            0xfa, 0xd9, 0x22, 0xfd, 0xc0, 0x58, 0x44, 0x78, 0x42, 0x8f, 0x28, 0x2b,
        ],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_constants_are_what_the_schedule_computes() {
        for hash in [HashAlgorithm::Sha256, HashAlgorithm::Sha384] {
            let zeros = vec![0; hash.length()];
            let early = Prk::extract(hash, &[], &zeros);
            let derived = early
                .secret("derived", hash.hash(b"").as_bytes(), hash.length())
                .unwrap();
            assert_eq!(derived.expose(), derived_from_no_psk(hash), "{hash:?}");
        }
    }
}
