//! What people call the numbers of TLS.

use nihao_protocol::crypto::{Group, SignatureScheme};
use nihao_protocol::tls::CipherSuite;
use nihao_protocol::tls::names::{ExtensionType, HandshakeType};

/// RFC 8701 §2: numbers that are offered only to be ignored.
pub(super) const fn is_grease(number: u64) -> bool {
    number & 0x0f0f == 0x0a0a && number >> 8 == number & 0xff
}

fn short(number: u64) -> u16 {
    u16::try_from(number).unwrap_or_default()
}

pub(super) fn version(number: u64) -> Option<&'static str> {
    Some(match number {
        0x0300 => "SSL 3.0",
        0x0301 => "TLS 1.0",
        0x0302 => "TLS 1.1",
        0x0303 => "TLS 1.2",
        0x0304 => "TLS 1.3",
        _ if is_grease(number) => "GREASE",
        _ => return None,
    })
}

pub(super) fn suite(number: u64) -> Option<&'static str> {
    match number {
        0x00ff => Some("TLS_EMPTY_RENEGOTIATION_INFO_SCSV"),
        0xc02b => Some("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
        0xc02c => Some("TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"),
        0xc02f => Some("TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"),
        0xc030 => Some("TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384"),
        0xcca8 => Some("TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256"),
        0xcca9 => Some("TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
        _ if is_grease(number) => Some("GREASE"),
        _ => CipherSuite(short(number)).name(),
    }
}

pub(super) fn group(number: u64) -> Option<&'static str> {
    match number {
        0x0019 => Some("secp521r1"),
        0x001e => Some("x448"),
        0x0100 => Some("ffdhe2048"),
        0x0101 => Some("ffdhe3072"),
        0x0102 => Some("ffdhe4096"),
        0x0103 => Some("ffdhe6144"),
        0x0104 => Some("ffdhe8192"),
        0x11eb => Some("SecP256r1MLKEM768"),
        0x11ed => Some("SecP384r1MLKEM1024"),
        _ if is_grease(number) => Some("GREASE"),
        _ => Group(short(number)).name(),
    }
}

pub(super) fn scheme(number: u64) -> Option<&'static str> {
    match number {
        0x0201 => Some("rsa_pkcs1_sha1"),
        0x0203 => Some("ecdsa_sha1"),
        0x0603 => Some("ecdsa_secp521r1_sha512"),
        0x0808 => Some("ed448"),
        0x0809 => Some("rsa_pss_pss_sha256"),
        0x080a => Some("rsa_pss_pss_sha384"),
        0x080b => Some("rsa_pss_pss_sha512"),
        _ if is_grease(number) => Some("GREASE"),
        _ => SignatureScheme(short(number)).name(),
    }
}

pub(super) fn extension(number: u64) -> Option<&'static str> {
    match number {
        11 => Some("ec_point_formats"),
        17 => Some("status_request_v2"),
        22 => Some("encrypt_then_mac"),
        23 => Some("extended_master_secret"),
        27 => Some("compress_certificate"),
        34 => Some("delegated_credential"),
        35 => Some("session_ticket"),
        0x4469 | 0x44cd => Some("application_settings"),
        0xff01 => Some("renegotiation_info"),
        _ if is_grease(number) => Some("GREASE"),
        _ => ExtensionType(short(number)).name(),
    }
}

pub(super) fn message(number: u64) -> Option<&'static str> {
    HandshakeType(u8::try_from(number).ok()?).name()
}

pub(super) const fn record(number: u64) -> Option<&'static str> {
    match number {
        20 => Some("change_cipher_spec"),
        21 => Some("alert"),
        22 => Some("handshake"),
        23 => Some("application_data"),
        24 => Some("heartbeat"),
        _ => None,
    }
}
