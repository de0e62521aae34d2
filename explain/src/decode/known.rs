//! What is known beside the frames.

use nihao_protocol::clock::UnixTime;

/// The label by which a key log may tell the outcome of a key agreement, as `NIHAO_SHARED_SECRET client_random secret`: none of the
/// labels that everybody writes, and only a connection that is shown on purpose has it. With it a whole key schedule has values.
pub const SHARED_SECRET: &str = "NIHAO_SHARED_SECRET";

/// What is known beside the frames. What is not known is not guessed: what depends on it is told to be open.
#[derive(Debug, Clone, Copy, Default)]
pub struct Known<'a> {
    /// The lines of an SSLKEYLOGFILE, and of [`SHARED_SECRET`]; without them what is encrypted stays so.
    pub secrets: &'a str,
    /// Whom the client trusts.
    pub trusted: Trusted<'a>,
    /// When µs 0 of the capture was, by the clock that dates of certificates are held against.
    pub began: Option<UnixTime>,
    /// Whether the secrets open what they open, and are themselves told to nobody.
    pub is_withheld: bool,
}

/// Whom a client trusts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trusted<'a> {
    /// Nobody says.
    #[default]
    Untold,
    /// These root certificates, in DER.
    Roots(&'a [Vec<u8>]),
    /// This Ed25519 key of an authority, and no other.
    Key(&'a [u8; 32]),
}

impl<'a> From<&'a str> for Known<'a> {
    fn from(secrets: &'a str) -> Self {
        Self {
            secrets,
            ..Self::default()
        }
    }
}

impl<'a> From<&'a String> for Known<'a> {
    fn from(secrets: &'a String) -> Self {
        Self::from(secrets.as_str())
    }
}
