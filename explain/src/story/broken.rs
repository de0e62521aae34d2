//! A step that did not hold: what was expected, what was seen, whose fault it can be, and one thing to do.

use crate::texts::{Language, Text, Word};

/// A sentence with the particulars of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The sentence; each `{}` in it stands for one of the particulars.
    pub text: &'static Text,
    /// The particulars, in order, as they may be shown.
    pub of: Vec<String>,
}

/// What is known of a step that broke.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Broken {
    /// What it is, in few words.
    pub title: &'static Word,
    /// What should have been.
    pub expected: Said,
    /// What was.
    pub seen: Said,
    /// Whose fault it can be.
    pub whose: Said,
    /// One thing to do.
    pub fix: Said,
    /// What shows it, line by line: a chain of certificates, down to where it breaks. Often nothing.
    pub evidence: Vec<Said>,
}

impl Said {
    /// A sentence and its particulars.
    pub fn new<const N: usize>(text: &'static Text, of: [&str; N]) -> Self {
        Self {
            text,
            of: of.map(String::from).to_vec(),
        }
    }

    /// It, in a language.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let mut particulars = self.of.iter();
        let mut pieces = self.text.told(language).split("{}");
        let mut told = String::from(pieces.next().unwrap_or_default());
        for piece in pieces {
            told.push_str(particulars.next().map_or("", String::as_str));
            told.push_str(piece);
        }
        told
    }
}
