//! What is told of a step that no byte says: what happened, and, where it did not hold, what was expected, what was seen, whose fault it
//! can be, and one thing to do.

use nihao_protocol::chat::shown;

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
        filled(self.text.told(language), &self.of)
    }
}

/// What happened, in a few words with the particulars of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase(Vec<(&'static Word, Vec<String>)>);

impl Phrase {
    /// Words, in which each `{}` stands for one of the particulars.
    #[must_use]
    pub fn new<const N: usize>(word: &'static Word, of: [&str; N]) -> Self {
        Self(Vec::new()).and(word, of)
    }

    /// It, and something behind.
    #[must_use]
    pub fn and<const N: usize>(mut self, word: &'static Word, of: [&str; N]) -> Self {
        self.0.push((word, of.map(|one| shown(one).into_owned()).to_vec()));
        self
    }

    /// It, in a language.
    #[must_use]
    pub fn told(&self, language: Language) -> String {
        let told = self.0.iter().map(|(word, of)| filled(word.told(language), of));
        told.collect()
    }

    /// Its parts: what each is called by, and its particulars.
    pub fn parts(&self) -> impl Iterator<Item = (&'static str, &[String])> {
        self.0.iter().map(|(word, of)| (word.key, of.as_slice()))
    }

    /// Its particulars.
    pub(super) fn particulars(&mut self) -> impl Iterator<Item = &mut String> {
        self.0.iter_mut().flat_map(|(_, of)| of)
    }
}

fn filled(pattern: &str, of: &[String]) -> String {
    let mut particulars = of.iter();
    let mut pieces = pattern.split("{}");
    let mut told = String::from(pieces.next().unwrap_or_default());
    for piece in pieces {
        told.push_str(particulars.next().map_or("", String::as_str));
        told.push_str(piece);
    }
    told
}
