//! Numbers that nobody knows, offered so that servers stay used to ignoring them (RFC 8701).

use crate::crypto::random::{Random, RandomUnavailable, array};
use crate::wire::Writer;

/// One number for each list that takes some: `0x?a?a`, drawn anew for each connection.
pub(super) struct Grease([u8; 5]);

/// A list of the ClientHello.
#[derive(Clone, Copy)]
pub(super) enum Place {
    CipherSuites,
    Groups,
    SignatureSchemes,
    Versions,
    Extensions,
}

impl Grease {
    pub(super) fn draw(random: &mut dyn Random) -> Result<Self, RandomUnavailable> {
        array(random).map(Self)
    }

    /// The number for this list.
    pub(super) const fn at(&self, place: Place) -> u16 {
        let [suite, group, scheme, version, extension] = self.0;
        let drawn = match place {
            Place::CipherSuites => suite,
            Place::Groups => group,
            Place::SignatureSchemes => scheme,
            Place::Versions => version,
            Place::Extensions => extension,
        };
        let byte = drawn & 0xf0 | 0x0a;
        u16::from_be_bytes([byte, byte])
    }
}

/// Writes the number for this list, where there is grease at all.
pub(super) fn write(grease: Option<&Grease>, place: Place, list: &mut Writer) {
    if let Some(grease) = grease {
        list.u16(grease.at(place));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::Seeded;

    #[test]
    fn every_number_is_one_of_the_sixteen() {
        let mut random = Seeded::new(1, "grease");
        for _ in 0..100 {
            let number = Grease::draw(&mut random).unwrap().at(Place::Groups);
            assert_eq!((number & 0x0f0f, number >> 8), (0x0a0a, number & 0xff), "{number:#x}");
        }
    }
}
