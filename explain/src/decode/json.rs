//! JSON (RFC 8259), token by token: structure as layers, strings with what they say.

use std::borrow::Cow;

use super::fields::{Fields, Stop};
use crate::event::{Note, Protocol, Value};
use crate::texts;

/// Reads a whole text: one value, and white space around it.
pub(super) fn value(fields: &mut Fields<'_>) -> Result<(), Stop> {
    space(fields)?;
    one(fields, Cow::Borrowed("value"))?;
    space(fields)
}

fn one(fields: &mut Fields<'_>, name: Cow<'static, str>) -> Result<(), Stop> {
    match fields.rest().first() {
        Some(b'"') => string(fields, name, true).map(|_| ()),
        Some(b'{') => composite(fields, name, true),
        Some(b'[') => composite(fields, name, false),
        Some(b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => literal(fields, name),
        _ => broken(fields),
    }
}

fn composite(fields: &mut Fields<'_>, name: Cow<'static, str>, is_object: bool) -> Result<(), Stop> {
    let length = extent(fields.rest()).unwrap_or(fields.left());
    let read = fields.layer((Protocol::Json, name), length, |inner| members(inner, is_object));
    read.ok_or(Stop)
}

fn members(fields: &mut Fields<'_>, is_object: bool) -> Result<(), Stop> {
    let end = if is_object { b'}' } else { b']' };
    sign(fields)?;
    space(fields)?;
    while fields.rest().first().is_some_and(|next| *next != end) {
        let mut name = Cow::Borrowed("element");
        if is_object {
            let key = string(fields, Cow::Borrowed("key"), false)?;
            name = if key.is_empty() {
                Cow::Borrowed("member")
            } else {
                Cow::Owned(key)
            };
            space(fields)?;
            if fields.rest().first() != Some(&b':') {
                return broken(fields);
            }
            sign(fields)?;
            space(fields)?;
        }
        one(fields, name)?;
        space(fields)?;
        if fields.rest().first() == Some(&b',') {
            sign(fields)?;
            space(fields)?;
            if fields.rest().first() == Some(&end) {
                return broken(fields);
            }
        } else if fields.rest().first() != Some(&end) {
            return broken(fields);
        }
    }
    sign(fields)
}

/// How many bytes an object or array takes: up to the bracket that closes it, outside strings.
fn extent(bytes: &[u8]) -> Option<usize> {
    let (mut depth, mut in_string, mut escaped) = (0_usize, false, false);
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if in_string => escaped = true,
            b'"' => in_string = !in_string,
            b'{' | b'[' if !in_string => depth = depth.saturating_add(1),
            b'}' | b']' if !in_string => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at.checked_add(1);
                }
            }
            _ => {}
        }
    }
    None
}

fn sign(fields: &mut Fields<'_>) -> Result<(), Stop> {
    fields.text("punctuation", 1)?;
    fields.explain(&texts::JSON_PUNCTUATION);
    Ok(())
}

fn space(fields: &mut Fields<'_>) -> Result<(), Stop> {
    let is_space = |byte: &&u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
    let length = fields.rest().iter().take_while(is_space).count();
    fields.text("white space", length)?;
    Ok(())
}

fn literal(fields: &mut Fields<'_>, name: Cow<'static, str>) -> Result<(), Stop> {
    let belongs = |byte: &&u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'+' | b'.');
    let length = fields.rest().iter().take_while(belongs).count();
    let text = fields.text(name, length)?;
    let text = String::from_utf8_lossy(text);
    let is_number = serde_json::from_str::<serde_json::Number>(&text).is_ok();
    if !is_number && !matches!(text.as_ref(), "true" | "false" | "null") {
        fields.explain(&texts::JSON_BROKEN);
    }
    Ok(())
}

/// A string with its quotes, which is a value or a key; what it says.
fn string(fields: &mut Fields<'_>, name: Cow<'static, str>, is_value: bool) -> Result<String, Stop> {
    if fields.rest().first() != Some(&b'"') {
        return broken(fields).map(|()| String::new());
    }
    let mut escaped = false;
    let end = fields.rest().iter().skip(1).position(|byte| {
        let ends = *byte == b'"' && !escaped;
        escaped = *byte == b'\\' && !escaped;
        ends
    });
    let Some(end) = end else {
        return broken(fields).map(|()| String::new());
    };
    let whole = end.saturating_add(2);
    let inside = fields.rest().get(1..whole.saturating_sub(1)).unwrap_or_default();
    let said = std::str::from_utf8(inside).ok().and_then(unescape);
    fields.value(name, whole, |bytes| match &said {
        Some(said) => Value::Text(said.clone()),
        None => Value::Opaque(bytes.to_vec()),
    })?;
    match &said {
        None => fields.explain(&texts::JSON_BROKEN),
        Some(said) if is_value => {
            let detail = format!("{} characters, {} bytes", said.chars().count(), inside.len());
            fields.note(Note::with(&texts::JSON_STRING, detail));
        }
        Some(_) => {}
    }
    Ok(said.unwrap_or_default())
}

/// RFC 8259 §7: what a string says, its escapes resolved.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::new();
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        if character != '\\' {
            if character < ' ' {
                return None;
            }
            out.push(character);
            continue;
        }
        out.push(match rest.next()? {
            'n' => '\n',
            't' => '\t',
            'r' => '\r',
            'b' => '\u{8}',
            'f' => '\u{c}',
            plain @ ('"' | '\\' | '/') => plain,
            'u' => code_point(&mut rest)?,
            _ => return None,
        });
    }
    Some(out)
}

/// Four hexadecimal digits, or eight of a surrogate pair.
fn code_point(rest: &mut std::str::Chars<'_>) -> Option<char> {
    let mut four = || (0..4).try_fold(0, |sum, _| Some(sum << 4 | rest.next()?.to_digit(16)?));
    let high = four()?;
    if !(0xd800..0xdc00).contains(&high) {
        return char::from_u32(high);
    }
    if (rest.next(), rest.next()) != (Some('\\'), Some('u')) {
        return None;
    }
    let mut four = || (0..4).try_fold(0, |sum, _| Some(sum << 4 | rest.next()?.to_digit(16)?));
    let low = four()?.checked_sub(0xdc00)?;
    char::from_u32(0x1_0000 + ((high - 0xd800) << 10) + low)
}

fn broken(fields: &mut Fields<'_>) -> Result<(), Stop> {
    if fields.left() == 0 {
        fields.why(&texts::JSON_BROKEN);
    } else {
        fields.opaque("not JSON");
        fields.explain(&texts::JSON_BROKEN);
    }
    Err(Stop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::decode::fields::layer;

    #[test]
    fn every_byte_of_a_text_is_a_token() {
        let text = "{\"text\": \"您好！\", \"id\" :[1,-2.5e3,true,null, {}], \"q\":\"\\u60a8\\ud83d\\ude00\\n\"}\r\n";
        let (layer, read) = layer(text.as_bytes(), 0..text.len(), (Protocol::Http, "body"), value);
        assert!(layer.is_partition() && read.is_some(), "{layer:#?}");
        let said = |name: &str| layer.field_within(name).map(|field| field.value.clone());
        assert_eq!(said("text"), Some(Value::Text(String::from("您好！"))));
        assert_eq!(said("q"), Some(Value::Text(String::from("您😀\n"))));
    }

    #[test]
    fn what_is_no_json_is_told_with_its_place() {
        for text in [
            "",
            "{",
            "{\"a\"}",
            "[1,]x",
            "[1,]",
            "{\"a\":1,}",
            "[01]",
            "[1.]",
            "[-.5]",
            "\"abc",
            "{\"a\":\"\\x\"}",
            "nul",
            "[[[[",
        ] {
            let (layer, _) = layer(text.as_bytes(), 0..text.len(), (Protocol::Http, "body"), value);
            let mut invalid = 0;
            layer.visit_notes(&mut |_, note| invalid += usize::from(note.text.is_invalid()));
            assert!(layer.is_partition(), "{text}: {layer:#?}");
            assert!(invalid > 0, "{text}: {layer:#?}");
        }
    }
}
