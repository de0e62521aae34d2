//! Revocation lists, read into their parts (RFC 5280 §5.1).

use nihao_protocol::clock::UnixTime;
use nihao_protocol::x509::der::{Der, tag};
use nihao_protocol::x509::{DerError, DistinguishedName, Extension, Oid, Signed};

/// A revocation list in parts. Reading is not verifying: no signature and no date is checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RevocationList<'a> {
    /// The signature's algorithm.
    pub signature_algorithm: Oid<'a>,
    /// Who signed.
    pub issuer: DistinguishedName<'a>,
    /// When it was made.
    pub this_update: UnixTime,
    /// By when the next one is out.
    pub next_update: Option<UnixTime>,
    /// Serial number, and the time of the revocation.
    pub revoked: Vec<(&'a [u8], UnixTime)>,
    /// The extensions in order.
    pub extensions: Vec<Extension<'a>>,
}

impl<'a> RevocationList<'a> {
    /// Reads one DER revocation list.
    ///
    /// # Errors
    /// [`DerError`] where the bytes are not one.
    pub fn read(der: &'a [u8]) -> Result<Self, DerError> {
        let signed = Signed::parse(der)?;
        let mut body = Der::new(signed.body.content);
        body.optional(tag::INTEGER)?;
        body.expect(tag::SEQUENCE)?;
        let issuer = DistinguishedName::new(body.expect(tag::SEQUENCE)?.content);
        let this_update = body.time()?;
        let next_update = match body.peek() {
            Some(tag::UTC_TIME | tag::GENERALIZED_TIME) => Some(body.time()?),
            _ => None,
        };
        let mut revoked = Vec::new();
        if let Some(list) = body.optional(tag::SEQUENCE)? {
            let mut list = Der::new(list.content);
            while !list.is_empty() {
                let mut entry = list.inside(tag::SEQUENCE)?;
                revoked.push((entry.unsigned()?, entry.time()?));
                entry.optional(tag::SEQUENCE)?;
                entry.finish()?;
            }
        }
        let extensions = match body.optional(tag::explicit(0))? {
            Some(wrapped) => Extension::read_all(wrapped.content)?,
            None => Vec::new(),
        };
        body.finish()?;
        Ok(Self {
            signature_algorithm: signed.algorithm,
            issuer,
            this_update,
            next_update,
            revoked,
            extensions,
        })
    }
}
