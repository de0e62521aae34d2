//! The record header and the limits of a record (RFC 8446 §5.1).

use super::error::Peer;
use super::names::ContentType;

/// Bytes of a record header.
pub const HEADER: usize = 5;
/// The most content a record may carry: 2^14 bytes.
pub const MAX_CONTENT: usize = 1 << 14;
/// The most bytes a protected record may have after its header: the content, its type, padding and the tag.
pub const MAX_PROTECTED: usize = MAX_CONTENT + 256;

/// A record's header.
///
/// ```text
/// struct {
///     ContentType type;
///     ProtocolVersion legacy_record_version;
///     uint16 length;
///     opaque fragment[TLSPlaintext.length];
/// } TLSPlaintext;
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// What the record says it carries; `ApplicationData` for every protected one.
    pub content_type: ContentType,
    /// The bytes that follow.
    pub length: usize,
    /// The header as it was on the wire: the additional data of a protected record.
    pub bytes: [u8; HEADER],
}

impl Header {
    /// Reads a header. RFC 8446 §5.1: legacy_record_version is ignored for all purposes.
    pub const fn decode(bytes: [u8; HEADER]) -> Result<Self, Peer> {
        let [content_type, _, _, high, low] = bytes;
        let Some(kind) = ContentType::from_byte(content_type) else {
            return Err(Peer::UnknownRecordType(content_type));
        };
        let length = u16::from_be_bytes([high, low]) as usize;
        let limit = match kind {
            ContentType::ApplicationData => MAX_PROTECTED,
            _ => MAX_CONTENT,
        };
        if length > limit {
            return Err(Peer::RecordOverflow);
        }
        Ok(Self {
            content_type: kind,
            length,
            bytes,
        })
    }

    /// The five bytes of a header with legacy_record_version 1.2, or 1.0 for an initial ClientHello.
    #[must_use]
    pub const fn encode(content_type: ContentType, minor: u8, length: u16) -> [u8; HEADER] {
        let [high, low] = length.to_be_bytes();
        [content_type.byte(), 3, minor, high, low]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_and_types_are_held_to_their_limits() {
        assert!(Header::decode([22, 9, 9, 0x40, 0]).is_ok());
        assert_eq!(Header::decode([22, 3, 3, 0x40, 1]), Err(Peer::RecordOverflow));
        assert!(Header::decode([23, 3, 3, 0x41, 0]).is_ok());
        assert_eq!(Header::decode([23, 3, 3, 0x41, 1]), Err(Peer::RecordOverflow));
        assert_eq!(Header::decode(*b"GET /"), Err(Peer::UnknownRecordType(b'G')));
    }
}
