//! RSA signatures (RFC 8017), to verify only: there is no private key here for a timing to tell anything about.

use rsa::pkcs1::DecodeRsaPublicKey as _;
use rsa::pkcs1v15::Pkcs1v15Sign;
use rsa::pss::Pss;
use rsa::traits::PublicKeyParts as _;
use sha2::Digest;
use sha2::digest::FixedOutputReset;
use sha2::digest::const_oid::AssociatedOid;

use super::BadSignature;

/// The shortest modulus, in bits. The longest, 8192, and the largest exponent, 2^33 - 1, are the library's: they bound the time
/// that a key made for the purpose can cost.
const MODULUS: u32 = 2048;

/// PSS with MGF1 over the same hash and a salt as long as its output: the one form RFC 8446 §4.2.3 has.
pub(super) fn verify_pss<D: Digest + FixedOutputReset>(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    parse(public_key)?
        .verify(Pss::<D>::new(), &D::digest(message), signature)
        .map_err(|_| BadSignature)
}

/// PKCS#1 v1.5: the whole encoded message is compared, so nothing hides in its padding.
pub(super) fn verify_pkcs1<D: Digest + AssociatedOid>(
    public_key: &[u8],
    message: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    parse(public_key)?
        .verify(Pkcs1v15Sign::new::<D>(), &D::digest(message), signature)
        .map_err(|_| BadSignature)
}

/// Whether signatures of this key are looked at: it is none that is too short, too long or no key.
pub(super) fn takes(public_key: &[u8]) -> bool {
    parse(public_key).is_ok()
}

fn parse(public_key: &[u8]) -> Result<rsa::RsaPublicKey, BadSignature> {
    let key = rsa::RsaPublicKey::from_pkcs1_der(public_key).map_err(|_| BadSignature)?;
    if key.n().bits_vartime() < MODULUS {
        return Err(BadSignature);
    }
    Ok(key)
}

#[cfg(test)]
mod tests {
    use sha2::Sha256;

    use super::*;

    fn integer(bytes: &[u8]) -> Vec<u8> {
        let content = [&[0], bytes].concat();
        wrap(2, &content)
    }

    fn wrap(tag: u8, content: &[u8]) -> Vec<u8> {
        let length = u16::try_from(content.len()).unwrap().to_be_bytes();
        let header: &[u8] = match content.len() {
            0..128 => &[tag, length[1]],
            128..256 => &[tag, 0x81, length[1]],
            _ => &[tag, 0x82, length[0], length[1]],
        };
        [header, content].concat()
    }

    fn key(modulus: &[u8], exponent: &[u8]) -> Vec<u8> {
        let exponent = if exponent[0] < 128 {
            wrap(2, exponent)
        } else {
            integer(exponent)
        };
        wrap(0x30, &[integer(modulus), exponent].concat())
    }

    #[test]
    fn keys_out_of_bounds_are_refused_and_those_within_only_read() {
        const E: &[u8] = &[1, 0, 1];
        let modulus = |bytes| vec![0xff; bytes];
        for (what, accepted, key) in [
            ("2048 bits", true, key(&modulus(256), E)),
            ("8192 bits", true, key(&modulus(1024), E)),
            ("an exponent of 3", true, key(&modulus(256), &[3])),
            (
                "an exponent of 33 bits",
                true,
                key(&modulus(256), &[1, 0xff, 0xff, 0xff, 0xff]),
            ),
            ("1024 bits", false, key(&modulus(128), E)),
            ("2040 bits", false, key(&modulus(255), E)),
            ("8200 bits", false, key(&modulus(1025), E)),
            ("60000 bytes", false, key(&modulus(60000), E)),
            ("an exponent of 34 bits", false, key(&modulus(256), &[2, 0, 0, 0, 1])),
            ("an exponent of 2048 bits", false, key(&modulus(256), &[0x7f; 256])),
            ("an exponent of 1", false, key(&modulus(256), &[1])),
            ("an even exponent", false, key(&modulus(256), &[4])),
            ("an even modulus", false, key(&[&modulus(255)[..], &[0xfe]].concat(), E)),
            ("a byte after it", false, [key(&modulus(256), E), vec![0]].concat()),
            ("nothing", false, Vec::new()),
        ] {
            assert_eq!(parse(&key).is_ok(), accepted, "{what}");
        }
    }

    #[test]
    fn signatures_of_any_length_are_refused_without_a_panic() {
        let key = key(&[0xff; 256], &[3]);
        for length in [0, 1, 255, 256, 257, 1024, 1025, 60000] {
            for byte in [0, 1, 0xff] {
                let signature = vec![byte; length];
                assert_eq!(verify_pss::<Sha256>(&key, b"x", &signature), Err(BadSignature));
                assert_eq!(verify_pkcs1::<Sha256>(&key, b"x", &signature), Err(BadSignature));
            }
        }
    }
}
