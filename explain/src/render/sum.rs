//! What stands beneath the ladder for people: how the text came up to the screen, and what each byte was for.

use std::collections::BTreeSet;

use unicode_width::UnicodeWidthStr as _;

use super::names;
use super::paint::{Ink, Look};
use crate::event::Protocol;
use crate::story::{Entry, Ledger, Screen, Share, Story};
use crate::texts;

/// Columns of a share's name and of a number.
const NAME: usize = 16;
const NUMBER: usize = 11;
/// Columns before what goes on from the line before.
const ASIDE: usize = 4;
/// What stands between the shares of a sum.
const PLUS: &str = " + ";

/// What a story comes to: each text's way up, and the ledger, with the reason for each share where everything is wanted.
#[must_use]
pub fn sum(story: &Story, look: &Look, full: bool) -> String {
    let mut text = String::new();
    for screen in &story.screens {
        text += &look.list(&[], &up(screen, look), names::THEN, ASIDE);
    }
    if full {
        text += &table(&story.ledger, look);
    } else {
        text += &short(&story.ledger, look);
    }
    text + &wires(&story.ledger, look, full)
}

/// From the frame to the text, with each layer's size.
fn up(screen: &Screen, look: &Look) -> String {
    let steps = screen.steps.iter().map(|step| {
        let name = match step.protocol {
            Protocol::Native => "nihao",
            Protocol::Json => "JSON",
            _ => texts::named("unit", &step.what, look.language),
        };
        match step.count {
            1 => format!("{name} {}", step.bytes),
            count => format!("{count} × {name} {}", step.bytes),
        }
    });
    // How many characters and columns the text is stands with the screen.
    let text = format!("{} {}", look.say(&texts::WORD_TEXT), screen.bytes());
    let steps: Vec<String> = steps.chain([text]).collect();
    let (head, colon) = (look.say(&texts::WORD_UPWARDS), look.say(&texts::COLON));
    format!("  {} {head}{colon}{}", screen.node, steps.join(names::THEN))
}

fn name(share: Share, look: &Look) -> &'static str {
    texts::named("share", share.name(), look.language)
}

fn total(entries: &[Entry]) -> usize {
    entries.iter().map(|entry| entry.bytes).sum()
}

/// Two lines: the message, and the whole run.
fn short(ledger: &Ledger, look: &Look) -> String {
    let colon = look.say(&texts::COLON);
    let line = |head: String, entries: &[Entry]| {
        let share = |entry: &Entry| format!("{} {}", name(entry.share, look), entry.bytes);
        let shares: Vec<String> = entries.iter().map(share).collect();
        let (sum, bytes) = (total(entries), look.say(&texts::WORD_BYTES));
        let list = shares.join(PLUS);
        look.list(&[(Ink::Plain, &format!("{head}{sum} {bytes} = "))], &list, PLUS, ASIDE)
    };
    let mut text = String::new();
    if let Some(said) = ledger.text {
        let head = format!("{}{colon}{said} → ", look.say(&texts::WORD_MESSAGE));
        text += &line(head, &ledger.message);
    }
    text + &line(format!("{}{colon}", look.say(&texts::WORD_WHOLE_RUN)), &ledger.all)
}

/// A line for each share, with the reason for it.
fn table(ledger: &Ledger, look: &Look) -> String {
    let title = format!("\n{}{}", look.say(&texts::WORD_LEDGER), look.say(&texts::COLON));
    let mut text = title.trim_end().to_owned() + "\n";
    // What is seen from here passed one wire; the others carried more, or less.
    let columns: Vec<&[Entry]> = match ledger.wires.as_slice() {
        [] => vec![&ledger.message, &ledger.all],
        wires => {
            let wires = wires.iter().map(|passed| passed.layers.as_slice());
            std::iter::once(ledger.message.as_slice()).chain(wires).collect()
        }
    };
    let mut heads = vec![look.say(&texts::WORD_MESSAGE).to_owned()];
    heads.extend(ledger.wires.iter().map(|passed| passed.ends.join("–")));
    heads.resize(columns.len(), look.say(&texts::WORD_WHOLE_RUN).to_owned());
    text += &look.line(&[(Ink::Dim, &row("", &heads))]);
    let shares: BTreeSet<Share> = columns.iter().copied().flatten().map(|entry| entry.share).collect();
    for share in shares {
        let of = |entries: &&[Entry]| {
            entries
                .iter()
                .find(|entry| entry.share == share)
                .map(|entry| entry.bytes)
        };
        let numbers: Vec<String> = columns
            .iter()
            .map(|entries| of(entries).map_or_else(String::new, |bytes| bytes.to_string()))
            .collect();
        let line = row(name(share, look), &numbers);
        let why = format!("  {}", share.why().told(look.language));
        text += &look.line(&[(Ink::Plain, &line), (Ink::Dim, &why)]);
    }
    let sums: Vec<String> = columns
        .iter()
        .map(|entries| match total(entries) {
            0 => String::new(),
            bytes => bytes.to_string(),
        })
        .collect();
    text + &look.line(&[(Ink::Plain, &row(look.say(&texts::WORD_SUM), &sums))])
}

/// A name and numbers in columns, wide characters counted as they are shown.
fn row(name: &str, numbers: &[String]) -> String {
    let gap = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
    let mut row = format!("  {name}{}", gap(name, NAME));
    for number in numbers {
        row += &gap(number, NUMBER);
        row += number;
    }
    row
}

/// What passed each wire, and in brackets what a cable adds that no capture has.
fn wires(ledger: &Ledger, look: &Look, full: bool) -> String {
    if ledger.wires.is_empty() {
        return String::new();
    }
    let (colon, comma) = (look.say(&texts::COLON), look.say(&texts::COMMA));
    let (frames, bytes) = (look.say(&texts::WORD_FRAMES), look.say(&texts::WORD_BYTES));
    let cable = look.say(&texts::WORD_CABLE);
    let wires = ledger.wires.iter().map(|passed| {
        let (ends, count) = (passed.ends.join("–"), passed.frames);
        format!(
            "{ends} {} {bytes} / {count} {frames} (+{})",
            passed.bytes,
            passed.around()
        )
    });
    let wires: Vec<String> = wires.collect();
    let head = format!("{}{colon}", look.say(&texts::WORD_WIRE));
    let text = look.list(&[(Ink::Plain, &head)], &wires.join(comma), comma, ASIDE);
    if !full {
        return text;
    }
    let why = format!("  + {cable}{colon}{}", texts::LEDGER_CABLE.told(look.language));
    text + &look.line(&[(Ink::Dim, &why)])
}
