//! Lines for the page: texts once instead of wherever they are told, no value that is just its bytes, nothing that steers the eye.

use std::collections::BTreeMap;

use nihao_protocol::chat::shown;
use serde_json::{Map, Value};

/// A line without what the page finds elsewhere; `texts` gets what is told by its key.
pub(super) fn line(mut line: Value, texts: &mut BTreeMap<String, Value>) -> Value {
    condense(&mut line, texts);
    line
}

/// The values of fields that say no more than their bytes in hexadecimal, which the page has.
fn drop_values(part: &mut Value, bytes: &str) {
    if let Some(parts) = part.get_mut("parts").and_then(Value::as_array_mut) {
        parts.iter_mut().for_each(|part| drop_values(part, bytes));
    }
    let end = |index| usize::try_from(part.get("range")?.get(index)?.as_u64()?).ok();
    let (Some(start), Some(end)) = (end(0), end(1)) else {
        return;
    };
    let own = bytes.get(start.saturating_mul(2)..end.saturating_mul(2));
    let value = part.get("value").and_then(Value::as_str);
    let says_no_more = own.zip(value).is_some_and(|(own, value)| {
        value.len() + 1 == own.len() / 2 * 3 && value.chars().filter(|letter| *letter != ' ').eq(own.chars())
    });
    if let (true, Value::Object(members)) = (says_no_more, part) {
        members.remove("value");
    }
}

fn condense(value: &mut Value, texts: &mut BTreeMap<String, Value>) {
    match value {
        Value::String(text) => {
            let harmless = shown(text);
            if harmless != *text {
                *text = harmless.to_string();
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| condense(item, texts)),
        Value::Object(members) => {
            take_text(members, texts);
            let bytes = members.get("bytes").and_then(Value::as_str).map(String::from);
            if let (Some(tree), Some(bytes)) = (members.get_mut("tree"), bytes) {
                drop_values(tree, &bytes);
            }
            members.values_mut().for_each(|member| condense(member, texts));
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Of a text only its key stays, and the particulars of the case.
fn take_text(members: &mut Map<String, Value>, texts: &mut BTreeMap<String, Value>) {
    let is_text = ["text", "section"].iter().all(|name| members.contains_key(*name));
    let Some(key) = members.get("key").and_then(Value::as_str).filter(|_| is_text) else {
        return;
    };
    let key = key.to_owned();
    let told: Map<String, Value> = ["text", "section", "invalid"]
        .into_iter()
        .filter_map(|name| Some((name.to_owned(), members.remove(name)?)))
        .collect();
    texts.entry(key).or_insert_with(|| Value::Object(told));
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_stand_once_and_bytes_are_not_said_twice() {
        let mut texts = BTreeMap::new();
        let note = json!({"key": "K", "text": "why", "section": "RFC 1 §2", "detail": "7"});
        let made = line(
            json!({"bytes": "00ff10", "tree": {"range": [0, 3], "parts": [
                {"field": "a", "range": [0, 2], "value": "00 ff", "notes": [note]},
                {"field": "b", "range": [2, 3], "value": "16"}]}}),
            &mut texts,
        );
        assert_eq!(
            made["tree"]["parts"],
            json!([
                {"field": "a", "range": [0, 2], "notes": [{"key": "K", "detail": "7"}]},
                {"field": "b", "range": [2, 3], "value": "16"}])
        );
        assert_eq!(texts["K"], json!({"text": "why", "section": "RFC 1 §2"}));
    }
}
