//! How a journey ended: what A was told, and what stands on B's screen.

use std::fmt::Write as _;

use nihao_explain::story::{Phrase, Viewpoint};
use nihao_explain::texts::{self, Language, Word};
use nihao_protocol::chat::shown;
use unicode_width::UnicodeWidthStr as _;

use super::journey::Journey;

/// The last lines of a story, as far as they can be told from a point.
#[must_use]
pub fn outcome(journey: &Journey, language: Language, viewpoint: Viewpoint) -> String {
    // Chinese punctuation is as wide as a character and needs no space behind it.
    let say = |word: &Word| match language {
        Language::English => format!("{} ", word.told(language)),
        Language::Chinese => word.told(language).to_owned(),
    };
    let mut text = String::from("\n");
    if viewpoint == Viewpoint::Eavesdropper {
        let _ = writeln!(text, "{}", texts::OUTCOME_BLIND.told(language));
    } else {
        text += &ends(journey, language, say);
    }
    for fault in &journey.seen.idle {
        let _ = writeln!(text, "{}{fault}", say(&texts::OUTCOME_NEVER));
    }
    text
}

/// What the two ends show.
fn ends(journey: &Journey, language: Language, say: impl Fn(&Word) -> String) -> String {
    let mut text = String::new();
    let told = match &journey.answer {
        Ok(answer) => shown(answer.trim_end()).into_owned(),
        Err(error) => format!("{}{}", say(&texts::OUTCOME_FAILED), shown(&error.to_string())),
    };
    let _ = writeln!(text, "{}{told}", say(&texts::OUTCOME_ANSWER));
    for heard in &journey.heard {
        let heard = heard.as_str();
        let sizes = [heard.len(), heard.chars().count(), heard.width()].map(|size| size.to_string());
        let sizes = Phrase::new(&texts::OUTCOME_SIZES, sizes.each_ref().map(String::as_str)).told(language);
        let _ = writeln!(text, "{}{}{sizes}", say(&texts::OUTCOME_SCREEN), shown(heard));
    }
    if journey.heard.is_empty() {
        let _ = writeln!(text, "{}", texts::OUTCOME_NOTHING.told(language));
    }
    text
}
