//! What is said to people, in English and Chinese: one table, one place for each text.
//!
//! A text is short, is understood by who knows nothing yet, and is right for who wrote the standard it names. Texts of
//! [`Kind::OftenTold`] set right what introductions to HTTPS tell more simply than it is: "often told as …, in fact …".

mod checks;
mod dns;
mod general;
mod http;
mod http2;
mod keys;
mod link;
mod live;
mod page;
mod story;
mod table;
mod tcp;
mod tls;
mod tls_extensions;
mod words;
mod x509;

pub use checks::*;
pub use dns::*;
pub use general::*;
pub use http::*;
pub use http2::*;
pub use keys::*;
pub use link::*;
pub use live::*;
pub use page::LABELS;
pub use story::*;
pub use table::all;
pub use tcp::*;
pub use tls::*;
pub use tls_extensions::*;
pub use words::*;
pub use x509::*;

/// One text.
#[derive(Debug, PartialEq, Eq)]
pub struct Text {
    /// What it is called by, for good.
    pub key: &'static str,
    /// What kind of text it is.
    pub kind: Kind,
    /// In English.
    pub english: &'static str,
    /// In Chinese.
    pub chinese: &'static str,
    /// Where to read on: a section of a standard.
    pub section: &'static str,
}

/// What kind of text it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Why something is there, and what it does.
    Why,
    /// What is often told more simply than it is.
    OftenTold,
    /// Something was checked, and it is right.
    Right,
    /// Something is wrong with these bytes.
    Invalid,
}

/// The languages there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// 中文.
    Chinese,
}

impl Text {
    /// It, in a language.
    #[must_use]
    pub const fn told(&self, language: Language) -> &'static str {
        match language {
            Language::English => self.english,
            Language::Chinese => self.chinese,
        }
    }

    /// Whether it says that something is wrong.
    #[must_use]
    pub const fn is_invalid(&self) -> bool {
        matches!(self.kind, Kind::Invalid)
    }
}

/// Texts by name: kind, section, English, Chinese.
macro_rules! texts {
    ($($name:ident: $kind:ident, $section:literal, $english:literal, $chinese:literal;)*) => {
        $(
            #[doc = $english]
            pub static $name: $crate::texts::Text = $crate::texts::Text {
                key: stringify!($name),
                kind: $crate::texts::Kind::$kind,
                english: $english,
                chinese: $chinese,
                section: $section,
            };
        )*

        /// Every text of this file.
        pub(in crate::texts) static ALL: &[&$crate::texts::Text] = &[$(&$name),*];
    };
}
use texts;

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn is_han(character: &char) -> bool {
        ('\u{4e00}'..='\u{9fff}').contains(character)
    }

    #[test]
    fn every_text_stands_in_both_languages_with_its_section() {
        let mut keys = BTreeSet::new();
        for text in all() {
            let Text { key, section, .. } = text;
            assert!(keys.insert(*key), "{key} stands there twice");
            assert!(
                text.english.is_ascii() && text.english.len() > 10,
                "{key}: {}",
                text.english
            );
            let han = text.chinese.chars().filter(is_han).count();
            assert!(han >= 5, "{key}: {}", text.chinese);
            let known = ["RFC ", "IEEE ", "X.690", "RFC 5280", "FIPS "]
                .iter()
                .any(|start| section.starts_with(start));
            assert!(known, "{key}: {section:?}");
            assert!(
                text.english.ends_with('.') && text.chinese.ends_with('。'),
                "{key} is a sentence"
            );
        }
        let told = all().filter(|text| text.kind == Kind::OftenTold).count();
        assert_eq!(told, 9, "what introductions tell more simply than it is");
    }
}
