//! The forms that programs give to one value: percent signs, base64, hexadecimal, JSON's escapes.

use std::ops::Range;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};

/// A value, and what it stands for: without its percent signs, out of base64, the password in `name:password`.
pub(super) fn meanings(value: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![value.to_vec(), without_percent(value)];
    let trimmed = value.trim_ascii();
    for engine in [STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD] {
        // Only what is text in it is a value of somebody's; any word may pass for base64.
        let decoded = engine
            .decode(trimmed)
            .ok()
            .filter(|bytes| std::str::from_utf8(bytes).is_ok());
        if let Some(pair) = decoded {
            if let Some(colon) = pair.iter().position(|byte| *byte == b':') {
                all.push(pair.get(colon + 1..).unwrap_or_default().to_vec());
                all.push(pair);
            }
            break;
        }
    }
    all.dedup();
    all
}

/// Every form of a value.
pub(super) fn forms(value: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![value.to_vec()];
    let hex = |upper: bool, before: &str| {
        let byte = |byte: &u8| {
            if upper {
                format!("{before}{byte:02X}")
            } else {
                format!("{before}{byte:02x}")
            }
        };
        value.iter().map(byte).collect::<String>().into_bytes()
    };
    for upper in [false, true] {
        all.extend(["", "%", " ", "\\x"].map(|before| hex(upper, before)));
        all.push(with_percent(value, upper));
    }
    if let Some(text) = std::str::from_utf8(value)
        .ok()
        .and_then(|text| serde_json::to_string(text).ok())
    {
        all.push(text.trim_matches('"').as_bytes().to_vec());
    }
    for skipped in 0..3_usize {
        for engine in [&STANDARD_NO_PAD, &URL_SAFE_NO_PAD] {
            all.extend(inside_base64(value, skipped, engine));
        }
    }
    all.retain(|form| !form.is_empty());
    all.sort();
    all.dedup();
    all
}

/// What base64 makes of a value that `skipped` bytes stand before: the letters that it alone decides.
fn inside_base64(value: &[u8], skipped: usize, engine: &base64::engine::GeneralPurpose) -> Option<Vec<u8>> {
    let padded: Vec<u8> = std::iter::repeat_n(0, skipped).chain(value.iter().copied()).collect();
    let text = engine.encode(&padded);
    let first = (skipped * 8).div_ceil(6);
    let last = padded.len() * 8 / 6;
    let inside = text.as_bytes().get(first..last)?;
    // A few letters would be found everywhere.
    (inside.len() >= 4).then(|| inside.to_vec())
}

/// Where a form stands.
pub(super) fn find(bytes: &[u8], form: &[u8]) -> Vec<Range<usize>> {
    let Some(first) = form.first() else { return Vec::new() };
    let starts = bytes.iter().enumerate().filter(|(_, byte)| *byte == first);
    let found = starts.filter(|(at, _)| bytes.get(*at..).is_some_and(|rest| rest.starts_with(form)));
    found.map(|(at, _)| at..at + form.len()).collect()
}

/// RFC 3986 §2.3: everything but the unreserved as percent sign and two digits.
fn with_percent(value: &[u8], upper: bool) -> Vec<u8> {
    let one = |byte: &u8| match byte {
        byte if byte.is_ascii_alphanumeric() || b"-._~".contains(byte) => char::from(*byte).to_string(),
        byte if upper => format!("%{byte:02X}"),
        byte => format!("%{byte:02x}"),
    };
    value.iter().map(one).collect::<String>().into_bytes()
}

fn without_percent(value: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(value.len());
    let mut rest = value;
    while let Some((byte, after)) = rest.split_first() {
        let digits = after.get(..2).filter(|_| *byte == b'%');
        let number = digits.and_then(|digits| u8::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok());
        plain.push(number.unwrap_or(*byte));
        rest = if number.is_some() {
            after.get(2..).unwrap_or_default()
        } else {
            after
        };
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::super::Credentials;
    use super::*;

    #[test]
    fn a_value_is_found_in_every_form() {
        let mut known = Credentials::default();
        known.learn(b"s3cret/+:\"pass");
        let pass = b"s3cret/+:\"pass";
        for before in ["", "a", "ab", "{\"x\":"] {
            let inside = [before.as_bytes(), pass, b" and on"].concat();
            for engine in [STANDARD, URL_SAFE] {
                let hidden = known.hide(&engine.encode(&inside));
                assert!(hidden.contains("************"), "{before}: {hidden}");
            }
        }
        for form in [
            "s3cret%2F%2B%3A%22pass",
            "7333637265742f2b3a2270617373",
            "s3cret/+:\\\"pass",
            "s3cret/+:\"pass",
        ] {
            let hidden = known.hide(&format!("<{form}>"));
            assert_eq!(hidden, format!("<{}>", "*".repeat(form.len())));
        }
        assert_eq!(known.hide("s3cret"), "s3cret", "a part of it is none of it");
    }

    #[test]
    fn basic_credentials_are_their_password() {
        let mut known = Credentials::default();
        known.learn_header("Authorization", "Basic YWxpY2U6aHVudGVyMTI=");
        assert_eq!(
            known.hide("hunter12 and YWxpY2U6aHVudGVyMTI="),
            "******** and ********************"
        );
        known.learn_url("/x?access_token=t0ken%2Fone&page=2");
        assert_eq!(
            known.hide("t0ken/one t0ken%2Fone page=2"),
            "********* *********** page=2"
        );
        known.learn_url("https://h/v1/hooks/abcdef");
        assert_eq!(known.hide("/v1/hooks/abcdef"), "/v1/hooks/******");
    }
}
