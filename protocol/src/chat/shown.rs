//! Text for a terminal: control characters and escape sequences are shown, never executed.

use std::borrow::Cow;

/// What a terminal may be given for `text`: the same, but every character that would steer the terminal or reorder the
/// line is replaced by one that names it.
///
/// U+0000–U+001F and U+007F become their pictures (U+001B is `␛`, a line break `␊`), C1 controls, bidirectional
/// overrides and line separators become `\u{9b}`. Every rendering on a terminal goes through this function.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len().saturating_add(16));
    for character in text.chars() {
        match picture(character) {
            Some(picture) => out.push(picture),
            None if steers(character) => out.extend(character.escape_unicode()),
            None => out.push(character),
        }
    }
    Cow::Owned(out)
}

fn steers(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{feff}'
        )
}

fn picture(character: char) -> Option<char> {
    match character {
        '\u{7f}' => Some('\u{2421}'),
        '\0'..='\u{1f}' => char::from_u32(u32::from(character).saturating_add(0x2400)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_text_is_passed_on_uncopied() {
        for text in ["您好！", "e\u{301}", "👩\u{200d}💻", ""] {
            assert!(matches!(shown(text), Cow::Borrowed(same) if same == text));
        }
    }

    #[test]
    fn what_steers_is_shown() {
        assert_eq!(shown("\u{1b}[2J\u{1b}]0;x\u{7}"), "␛[2J␛]0;x␇");
        assert_eq!(shown("one\nalice: two\r\t\u{7f}"), "one␊alice: two␍␉␡");
        assert_eq!(shown("\u{9b}31m"), "\\u{9b}31m");
        assert_eq!(shown("a\u{202e}b"), "a\\u{202e}b");
    }

    #[test]
    fn no_character_comes_out_that_steers() {
        let all: String = (0..=u32::from(char::MAX)).filter_map(char::from_u32).collect();
        assert!(!shown(&all).chars().any(steers));
    }
}
