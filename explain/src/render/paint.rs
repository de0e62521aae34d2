//! Colours and widths of a terminal.

use std::borrow::Cow;

use nihao_protocol::chat::shown;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

use crate::event::Protocol;
use crate::texts::{Language, Word};

/// What ends a line that would be longer.
const MORE: &str = "…";

/// How lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Look {
    /// Whether layers have colours.
    pub colors: bool,
    /// The columns there are; none: lines are as long as they are.
    pub width: Option<usize>,
    /// The language of what is explained.
    pub language: Language,
}

impl Look {
    /// A word in the language of what is explained.
    pub(super) const fn say(&self, word: &Word) -> &'static str {
        word.told(self.language)
    }

    fn colored(&self, code: &str, text: &str) -> String {
        if self.colors && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// The texts one behind the other, each painted. Where the line ends before they do, it says so.
    pub(crate) fn line(&self, parts: &[(Ink, &str)]) -> String {
        let parts: Vec<_> = parts.iter().map(|(ink, text)| (*ink, shown(text))).collect();
        let all: String = parts.iter().map(|(_, text)| text.as_ref()).collect();
        let is_whole = self.width.is_none_or(|columns| all.trim_end().width() <= columns);
        let mut left = match self.width {
            Some(columns) if !is_whole => columns.saturating_sub(MORE.width()),
            _ => usize::MAX,
        };
        let mut line = String::new();
        for (ink, text) in &parts {
            let cut = cut(text, left);
            let is_last = cut.len() < text.len();
            left = left.saturating_sub(cut.width());
            let cut = if is_last {
                Cow::from(format!("{cut}{MORE}"))
            } else {
                cut.into()
            };
            line += &match ink {
                Ink::Plain => cut.into_owned(),
                Ink::Dim => self.colored("2", &cut),
                Ink::Alarm => self.colored("1;31", &cut),
                Ink::Good => self.colored("32", &cut),
                Ink::Layer(protocol) => self.colored(color(*protocol), &cut),
            };
            if is_last {
                break;
            }
        }
        line.truncate(line.trim_end().len());
        line.push('\n');
        line
    }

    /// A list behind its head, which goes on in the next line, so far indented, where the first is too short for it.
    pub(super) fn list(&self, head: &[(Ink, &str)], list: &str, between: &str, indent: usize) -> String {
        let width = self.width.unwrap_or(usize::MAX);
        let start: usize = head.iter().map(|(_, text)| text.width()).sum();
        let mut lines = vec![String::new()];
        let mut used = start;
        for item in list.split_inclusive(between) {
            if used > indent && used + item.trim_end().width() > width {
                lines.push(" ".repeat(indent));
                used = indent;
            }
            used += item.width();
            if let Some(line) = lines.last_mut() {
                line.push_str(item);
            }
        }
        let mut lines = lines.iter();
        let first = lines.next().map_or("", String::as_str);
        let mut text = self.line(&[head, &[(Ink::Plain, first)]].concat());
        for line in lines {
            text += &self.line(&[(Ink::Plain, line)]);
        }
        text
    }
}

/// What a part of a line is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    Plain,
    Dim,
    Alarm,
    Good,
    Layer(Protocol),
}

/// As much of a text as has room in so many columns.
fn cut(text: &str, columns: usize) -> &str {
    let mut used: usize = 0;
    for (index, character) in text.char_indices() {
        used = used.saturating_add(character.width().unwrap_or_default());
        if used > columns {
            return text.get(..index).unwrap_or_default();
        }
    }
    text
}

/// A colour for each layer, the same wherever it shows.
const fn color(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Ethernet | Protocol::Arp => "90",
        Protocol::Ipv4 | Protocol::Ipv6 | Protocol::Icmp => "34",
        Protocol::Udp | Protocol::Tcp => "36",
        Protocol::Dns => "35",
        Protocol::Tls => "33",
        Protocol::X509 => "93",
        Protocol::Http | Protocol::Json | Protocol::Native => "32",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_goes_on_in_the_next_line() {
        let look = |width| Look {
            colors: false,
            width,
            language: Language::English,
        };
        let list = |width| look(width).list(&[(Ink::Dim, "sum: ")], "one 1 + two 2 + 三 3", " + ", 2);
        assert_eq!(list(None), "sum: one 1 + two 2 + 三 3\n");
        assert_eq!(list(Some(20)), "sum: one 1 + two 2 +\n  三 3\n");
        assert_eq!(list(Some(10)), "sum:\n  one 1 +\n  two 2 +\n  三 3\n");
        assert_eq!(list(Some(12)), "sum: one 1 +\n  two 2 +\n  三 3\n");
    }

    #[test]
    fn wide_characters_take_two_columns_and_are_not_cut_in_half() {
        let look = Look {
            colors: false,
            width: Some(9),
            language: Language::English,
        };
        assert_eq!(look.line(&[(Ink::Plain, "say "), (Ink::Dim, "您好")]), "say 您好\n");
        assert_eq!(look.line(&[(Ink::Plain, "say "), (Ink::Dim, "您好！")]), "say 您好…\n");
        assert_eq!(look.line(&[(Ink::Plain, "say"), (Ink::Dim, "您好！")]), "say您好！\n");
        assert_eq!(
            look.line(&[(Ink::Plain, "saying"), (Ink::Dim, "您好！")]),
            "saying您…\n"
        );
        assert_eq!(
            look.line(&[(Ink::Plain, "a\u{1b}[2Jb")]),
            "a␛[2Jb\n",
            "nothing is executed"
        );
    }
}
