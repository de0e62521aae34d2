//! Checks as lines beneath the step with which they could be made, and in one line where nothing is unfolded.

use super::paint::{Ink, Look};
use crate::event::{Account, Check, Protocol};
use crate::story::Rung;
use crate::texts;

/// Every check that became possible in a step.
fn of_step<'a>(account: &'a Account, rung: &'a Rung) -> impl Iterator<Item = &'a Check> {
    let checks = account.flows.iter().flat_map(|flow| &flow.checks);
    checks.filter(|check| rung.frames.contains(&check.frame))
}

/// What came of the checks of certificates in a step, in a few words, and whether one failed; nothing where there were none.
///
/// The first failed one is told, with what was expected and seen; of the others that they are right.
pub(super) fn summary(account: &Account, rung: &Rung, look: &Look) -> Option<(Ink, String)> {
    let checks: Vec<_> = of_step(account, rung).collect();
    if let Some(failed) = checks.iter().find(|check| check.ok == Some(false)) {
        let word = texts::word(failed.aspect, look.language);
        let (expected, seen) = (&failed.expected, &failed.seen);
        let told = texts::expected_seen(look.language, expected, seen);
        return Some((Ink::Alarm, format!("  ✗ {word}: {told}")));
    }
    let mut words = Vec::new();
    let mut certificates = Vec::new();
    for check in checks.iter().filter(|check| check.aspect.is_of_certificate()) {
        if !certificates.contains(&&check.about) {
            certificates.push(&check.about);
        }
        let word = texts::word(check.aspect, look.language);
        if check.ok == Some(true) && !words.contains(&word) {
            words.push(word);
        }
    }
    // What is right of one certificate and open of another is not told to be right.
    let is_open = |word: &&str| {
        let same = checks
            .iter()
            .filter(|check| texts::word(check.aspect, look.language) == *word);
        same.into_iter().any(|check| check.ok.is_none())
    };
    words.retain(|word| !is_open(word));
    let told = texts::chain_summary(look.language, certificates.len(), &words);
    (!words.is_empty()).then(|| (Ink::Good, format!("  ✓ {told}")))
}

/// The checks of a step line by line: those of certificates with the layer of certificates, all with that of TLS.
pub(super) fn lines(account: &Account, rung: &Rung, layers: &[Protocol], look: &Look) -> String {
    let (tls, x509) = (layers.contains(&Protocol::Tls), layers.contains(&Protocol::X509));
    let wanted = |check: &&Check| tls || (x509 && check.aspect.is_of_certificate());
    let mut text = String::new();
    let mut about = None;
    for check in of_step(account, rung).filter(wanted) {
        if about != Some((&check.about, check.of_server)) {
            let end = look.say(if check.of_server {
                &texts::WORD_SERVER
            } else {
                &texts::WORD_CLIENT
            });
            let colon = look.say(&texts::COLON);
            text += &look.line(&[
                (Ink::Plain, "      "),
                (Ink::Layer(Protocol::X509), &format!("{end}{colon}{}", check.about)),
            ]);
            about = Some((&check.about, check.of_server));
        }
        text += &line(check, look);
    }
    text
}

fn line(check: &Check, look: &Look) -> String {
    let (mark, ink) = match check.ok {
        Some(true) => ("✓", Ink::Good),
        Some(false) => ("✗", Ink::Alarm),
        None => ("?", Ink::Dim),
    };
    let word = texts::word(check.aspect, look.language);
    let told = texts::expected_seen(look.language, &check.expected, &check.seen);
    let indent = "        ";
    let mut text = look.line(&[
        (Ink::Plain, indent),
        (ink, mark),
        (Ink::Plain, &format!(" {word}{}", look.say(&texts::COLON))),
        (Ink::Plain, &told),
    ]);
    let why = format!(
        "· {}{}{} [{}]",
        texts::of_aspect(check.aspect).told(look.language),
        look.say(&texts::GAP),
        check.why.told(look.language),
        check.why.section
    );
    text += &look.line(&[(Ink::Plain, indent), (Ink::Plain, "  "), (Ink::Dim, &why)]);
    text
}
