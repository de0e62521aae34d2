//! A story as one page of its own: it asks for nothing, works from a disk, by keyboard, by day and by night.
//!
//! Its parts are plain files beside this one. A browser does not let a page from a disk import modules, so the scripts are
//! joined into one, and the page's policy names the hash of exactly that script and that style sheet: nothing else runs, and
//! nothing is asked for. What is told comes as JSON in an element of its own and enters the page as text nodes alone.

mod condense;

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use nihao_protocol::crypto::hash::HashAlgorithm;
use serde_json::{Value, json};

use crate::texts::{COLON, COMMA, LABELS, Language, NAMES, WORD_LOST, WORD_RECEIVES, WORD_SENDS, WORD_SWITCH, Word};

const PAGE: &str = include_str!("page.html");
const STYLES: [(&str, &str); 5] = [
    ("style.css", include_str!("style.css")),
    ("ladder.css", include_str!("ladder.css")),
    ("bytes.css", include_str!("bytes.css")),
    ("tables.css", include_str!("tables.css")),
    ("print.css", include_str!("print.css")),
];
/// Each after those it imports from.
const SCRIPTS: [(&str, &str); 14] = [
    ("dom.js", include_str!("dom.js")),
    ("words.js", include_str!("words.js")),
    ("data.js", include_str!("data.js")),
    ("state.js", include_str!("state.js")),
    ("player.js", include_str!("player.js")),
    ("ladder.js", include_str!("ladder.js")),
    ("hex.js", include_str!("hex.js")),
    ("fields.js", include_str!("fields.js")),
    ("reason.js", include_str!("reason.js")),
    ("cells.js", include_str!("cells.js")),
    ("schedule.js", include_str!("schedule.js")),
    ("costs.js", include_str!("costs.js")),
    ("tables.js", include_str!("tables.js")),
    ("main.js", include_str!("main.js")),
];

/// What a page tells.
#[derive(Debug, Clone)]
pub struct Page {
    /// The language of what is around the bytes; the views' lines should be in the same.
    pub language: Language,
    /// The story from each point, as lines of [`json`](super::json::json) and what the caller adds to them.
    pub views: Vec<Vec<Value>>,
    /// Captures that can be saved from the page: the file's name and its bytes.
    pub captures: Vec<(String, Vec<u8>)>,
}

impl Page {
    /// The whole file. The same page gives the same bytes.
    #[must_use]
    pub fn text(&self) -> String {
        let style: String = STYLES.iter().map(|(_, text)| *text).collect();
        let script = script();
        let policy = format!(
            "default-src 'none'; style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; form-action 'none'; \
             require-trusted-types-for 'script'; trusted-types 'none'",
            source(&style),
            source(&script)
        );
        let tag = match self.language {
            Language::English => "en",
            Language::Chinese => "zh-Hans",
        };
        let parts = BTreeMap::from([
            ("language", tag.to_owned()),
            ("policy", policy),
            ("style", style),
            ("script", script),
            ("data", element_text(&self.data())),
        ]);
        fill(PAGE, &parts)
    }

    fn data(&self) -> Value {
        let mut texts = BTreeMap::new();
        let views: Vec<Vec<Value>> = self
            .views
            .iter()
            .map(|lines| {
                let lines = lines.iter().cloned();
                lines.map(|line| condense::line(line, &mut texts)).collect()
            })
            .collect();
        let captures = self.captures.iter();
        let captures: Vec<_> = captures
            .map(|(name, bytes)| json!({"name": name, "bytes": BASE64_STANDARD.encode(bytes)}))
            .collect();
        let labels: BTreeMap<_, _> = labels().map(|label| (label.key, label.told(self.language))).collect();
        let names: BTreeMap<_, _> = NAMES
            .iter()
            .map(|(kind, name, word)| (format!("{kind} {name}"), word.told(self.language)))
            .collect();
        json!({"views": views, "texts": texts, "captures": captures, "labels": labels, "names": names})
    }
}

/// What the page itself says.
fn labels() -> impl Iterator<Item = &'static Word> {
    let words = [&COLON, &COMMA, &WORD_LOST, &WORD_RECEIVES, &WORD_SENDS, &WORD_SWITCH];
    LABELS.iter().chain(words)
}

/// All scripts as one module: what they import from each other is there already, in the scope they share. A name that two of them have
/// is an error of syntax, which no browser overlooks.
fn script() -> String {
    let mut joined = String::new();
    for (name, text) in SCRIPTS {
        joined += &format!("// {name}\n");
        for line in text.lines().filter(|line| !line.starts_with("import ")) {
            joined += line.strip_prefix("export ").unwrap_or(line);
            joined.push('\n');
        }
    }
    joined
}

/// How a policy names an inline script or style sheet.
fn source(text: &str) -> String {
    let hash = HashAlgorithm::Sha256.hash(text.as_bytes());
    format!("sha256-{}", BASE64_STANDARD.encode(hash.as_bytes()))
}

/// JSON as the text of an element: without `<` nothing in it ends the element.
fn element_text(value: &Value) -> String {
    value.to_string().replace('<', "\\u003c")
}

/// The template with each `{{name}}` replaced, once: what is put in is not looked through.
fn fill(template: &str, parts: &BTreeMap<&str, String>) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, (name, after))) = rest
        .split_once("{{")
        .and_then(|(before, after)| Some((before, after.split_once("}}")?)))
    {
        filled += before;
        filled += parts.get(name).map_or("", String::as_str);
        rest = after;
    }
    filled + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_stay_in_their_elements_and_ask_for_nothing() {
        for (name, text) in SCRIPTS.into_iter().chain(STYLES) {
            for word in [
                "innerHTML",
                "outerHTML",
                "insertAdjacentHTML",
                "document.write",
                "DOMParser",
                "eval(",
                "Function(",
                "fetch(",
                "XMLHttpRequest",
                "import(",
                "@import",
                "url(",
                "</",
                "<!--",
                "{{",
            ] {
                assert!(!text.contains(word), "{name} has {word}");
            }
            let outside = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!outside.contains("://"), "{name} names another place");
            assert!(text.lines().count() <= 300, "{name} is long: split it by noun");
        }
    }

    #[test]
    fn scripts_import_only_from_those_before_them() {
        let mut before: Vec<&str> = Vec::new();
        for (name, text) in SCRIPTS {
            for line in text.lines().filter(|line| line.starts_with("import ")) {
                let from = line.split('"').nth(1).and_then(|path| path.strip_prefix("./"));
                assert!(line.ends_with("\";"), "{name}: an import is one line: {line}");
                assert!(from.is_some_and(|from| before.contains(&from)), "{name}: {line}");
                assert!(
                    !line.contains(" as "),
                    "{name}: the joined file has no other names: {line}"
                );
            }
            before.push(name);
        }
        let joined = script();
        assert!(
            !joined
                .lines()
                .any(|line| line.starts_with("import ") || line.starts_with("export "))
        );
    }

    #[test]
    fn every_label_is_used_and_every_used_label_is_there() {
        let joined = script();
        let used: Vec<&str> = joined
            .split("say(\"")
            .skip(1)
            .filter_map(|rest| rest.split('"').next())
            .collect();
        for name in &used {
            assert!(labels().any(|label| label.key == *name), "no label {name}");
        }
        for label in labels() {
            assert!(
                joined.contains(&format!("\"{}\"", label.key)),
                "nobody says {}",
                label.key
            );
        }
    }

    #[test]
    fn what_is_told_cannot_end_its_element() {
        let attack = "</script><img src=x onerror=alert(1)>{{script}}";
        let page = Page {
            language: Language::English,
            views: vec![vec![
                json!({"type": "rung", "what": attack, "esc": "a\u{1b}[2J\u{202e}"}),
            ]],
            captures: vec![],
        };
        let text = page.text();
        assert_eq!(text.matches("</script>").count(), 2, "its own two");
        assert!(!text.contains("<img"));
        let data = text
            .split("id=\"data\">")
            .nth(1)
            .unwrap()
            .split("</script>")
            .next()
            .unwrap();
        let read: Value = serde_json::from_str(data).unwrap();
        assert_eq!(read["views"][0][0]["what"], attack);
        let shown = read["views"][0][0]["esc"].as_str().unwrap();
        assert!(!shown.contains('\u{1b}') && !shown.contains('\u{202e}'), "{shown}");
    }
}
