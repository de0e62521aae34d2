//! What stands beneath the ladder for people: how the text came up to the screen, and what each byte was for.

use unicode_width::UnicodeWidthStr as _;

use super::names;
use super::paint::{Ink, Look};
use crate::event::Protocol;
use crate::story::{Entry, Ledger, Screen, Share, Story};
use crate::texts::{self, Word};

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
    text + &wires(&story.ledger, look)
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
    let said = |number: usize, word: &Word| format!("{number} {}", look.say(word));
    let sizes = [
        said(screen.bytes(), &texts::WORD_BYTES),
        said(screen.characters(), &texts::WORD_CHARACTERS),
        said(screen.columns(), &texts::WORD_COLUMNS),
    ];
    let steps: Vec<String> = steps.chain([sizes.join(look.say(&texts::COMMA))]).collect();
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
    let columns = [look.say(&texts::WORD_MESSAGE), look.say(&texts::WORD_WHOLE_RUN)];
    text += &look.line(&[(Ink::Dim, &row("", columns[0], columns[1]))]);
    for entry in &ledger.all {
        let of = ledger.message.iter().find(|other| other.share == entry.share);
        let of = of.map_or_else(String::new, |other| other.bytes.to_string());
        let line = row(name(entry.share, look), &of, &entry.bytes.to_string());
        let why = format!("  {}", entry.share.why().told(look.language));
        text += &look.line(&[(Ink::Plain, &line), (Ink::Dim, &why)]);
    }
    let message = match ledger.text {
        Some(_) => total(&ledger.message).to_string(),
        None => String::new(),
    };
    let sum = row(look.say(&texts::WORD_SUM), &message, &total(&ledger.all).to_string());
    text + &look.line(&[(Ink::Plain, &sum)])
}

/// A name and two numbers in columns, wide characters counted as they are shown.
fn row(name: &str, one: &str, other: &str) -> String {
    let gap = |text: &str, width: usize| " ".repeat(width.saturating_sub(text.width()));
    format!(
        "  {name}{}{}{one}{}{other}",
        gap(name, NAME),
        gap(one, NUMBER),
        gap(other, NUMBER)
    )
}

/// What passed each wire, and what a cable adds that no capture has.
fn wires(ledger: &Ledger, look: &Look) -> String {
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
    let why = format!("  + {cable}{colon}{}", texts::LEDGER_CABLE.told(look.language));
    look.list(&[(Ink::Plain, &head)], &wires.join(comma), comma, ASIDE) + &look.line(&[(Ink::Dim, &why)])
}
