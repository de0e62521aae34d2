//! A comparison for people: both ladders in one, then what was more or less.

use unicode_width::UnicodeWidthStr as _;

use super::{Comparison, Difference, Fresh, Mark, Step, Told, Total};
use crate::render::{Ink, Look, milliseconds};
use crate::texts::{self, Word};

/// What the runs are called: their files.
#[derive(Debug, Clone, Copy)]
pub struct Names<'a> {
    /// The first, which says what was expected.
    pub first: &'a str,
    /// The second.
    pub second: &'a str,
}

/// The most differences that are shown of one step.
const MOST: usize = 6;
/// The most characters of a field's value, so that two have room in a line, and of an error that ended a run.
const SHORT: usize = 60;
const LONG: usize = 400;
/// Layers that hold others: their names say little before those of what they hold.
const ENVELOPES: [&str; 6] = ["frame", "packet", "segment", "datagram", "record", "plaintext"];
/// The same inside a certificate.
const HOLDERS: [&str; 6] = [
    "certificate entry",
    "certificate",
    "tbsCertificate",
    "list",
    "extnValue",
    "value",
];

/// A comparison as lines; one line where the runs are equal.
#[must_use]
pub fn text(comparison: &Comparison, names: Names<'_>, look: &Look) -> String {
    let teller = Teller { names, look };
    if comparison.is_equal() {
        return teller.equal(comparison);
    }
    let mut text = teller.head();
    let mut before = Vec::new();
    for step in &comparison.steps {
        text += &teller.step(step, &mut before);
    }
    text.push('\n');
    text += &teller.parting(comparison);
    text += &teller.counts(comparison);
    if !comparison.besides.is_empty() {
        text += &teller.plain(teller.word(&texts::DIFF_BESIDES));
        let all: Vec<&Difference> = comparison.besides.iter().collect();
        text += &teller.differences(&all, 2, LONG);
    }
    let fresh = teller.fresh(comparison);
    if !fresh.is_empty() {
        text += &teller.plain(&format!("{} {fresh}", teller.word(&texts::DIFF_FRESH)));
    }
    text.push('\n');
    text += &teller.totals(&comparison.totals);
    text
}

struct Teller<'a> {
    names: Names<'a>,
    look: &'a Look,
}

impl Teller<'_> {
    const fn word(&self, word: &'static Word) -> &'static str {
        word.told(self.look.language)
    }

    fn plain(&self, text: &str) -> String {
        self.look.line(&[(Ink::Plain, text)])
    }

    fn equal(&self, comparison: &Comparison) -> String {
        let fresh = self.fresh(comparison);
        if fresh.is_empty() {
            return self.plain(self.word(&texts::DIFF_EQUAL));
        }
        self.plain(&format!("{} {fresh}", self.word(&texts::DIFF_EQUAL_BUT_FRESH)))
    }

    fn head(&self) -> String {
        let Names { first, second } = self.names;
        let (layer, step) = (self.word(&texts::DIFF_LAYER), self.word(&texts::DIFF_STEP));
        let columns = format!("  {} {}   {} {step}", right("−", 5), right("+", 5), left(layer, 9));
        [
            self.plain(&format!("− {first}")),
            self.plain(&format!("+ {second}")),
            self.look.line(&[(Ink::Dim, &columns)]),
        ]
        .concat()
    }

    /// A step and where it differs: what was told of a step `before` is not told again.
    fn step<'a>(&self, step: &'a Step, before: &mut Vec<&'a Difference>) -> String {
        let (first, second) = (step.first.as_ref(), step.second.as_ref());
        let (expected, seen) = (self.word(&texts::DIFF_FIRST), self.word(&texts::DIFF_SECOND));
        let lines = match step.mark {
            Mark::Same | Mark::Values => {
                let (mark, ink) = if step.mark == Mark::Same {
                    ("=", Ink::Dim)
                } else {
                    ("~", Ink::Plain)
                };
                self.line((mark, ink), (first, second), second, "")
            }
            Mark::Parted => {
                let one = self.line(("≠", Ink::Alarm), (first, None), first, expected);
                one + &self.line((" ", Ink::Alarm), (None, second), second, seen)
            }
            Mark::First => self.line(("−", Ink::Alarm), (first, None), first, ""),
            Mark::Second => self.line(("+", Ink::Alarm), (None, second), second, ""),
        };
        let is_new = |one: &&Difference| !before.contains(one);
        let (new, known): (Vec<_>, Vec<_>) = step.differences.iter().partition(is_new);
        let mut text = lines + &self.differences(&new, 16, SHORT);
        if !known.is_empty() {
            let again = format!("{:16}~ {} {}", "", known.len(), self.word(&texts::DIFF_AGAIN));
            text += &self.look.line(&[(Ink::Dim, &again)]);
        }
        before.extend(new);
        text
    }

    fn line(
        &self,
        (mark, ink): (&str, Ink),
        (first, second): (Option<&Told>, Option<&Told>),
        told: Option<&Told>,
        before: &str,
    ) -> String {
        let Some(told) = told else { return String::new() };
        let number = |told: Option<&Told>| {
            told.and_then(|told| told.frame)
                .map_or_else(String::new, |n| n.to_string())
        };
        let arrow = if told.is_forward { "▶" } else { "◀" };
        let head = format!("{mark} {:>5} {:>5} {arrow} ", number(first), number(second));
        let before = if before.is_empty() {
            String::new()
        } else {
            format!("{before} ")
        };
        self.look.line(&[
            (ink, &head),
            (ink, &left(&told.layer, 9)),
            (Ink::Dim, &format!(" {before}")),
            (ink, &told.what),
            (Ink::Alarm, &self.fate(told)),
        ])
    }

    /// Where a step ended too early.
    fn fate(&self, told: &Told) -> String {
        let lost = told.lost_behind.as_ref();
        let lost = lost.map(|node| format!("  ✗ {} {node}", self.word(&texts::DIFF_LOST)));
        let broken = told.broken.as_ref().map(|broken| format!("  ✗ {broken}"));
        lost.or(broken).unwrap_or_default()
    }

    /// Differences, each once with how often it is there, and how many more there are.
    fn differences(&self, all: &[&Difference], indent: usize, longest: usize) -> String {
        let mut counted: Vec<(&Difference, usize)> = Vec::new();
        for one in all {
            match counted.iter_mut().find(|(known, _)| known == one) {
                Some((_, count)) => *count += 1,
                None => counted.push((one, 1)),
            }
        }
        let mut text: String = counted
            .iter()
            .take(MOST)
            .map(|one| self.difference(*one, indent, longest))
            .collect();
        if let Some(more) = counted.len().checked_sub(MOST).filter(|more| *more > 0) {
            let more = format!("{:indent$}… {more} {}", "", self.word(&texts::DIFF_MORE));
            text += &self.look.line(&[(Ink::Dim, &more)]);
        }
        text
    }

    fn difference(&self, (one, count): (&Difference, usize), indent: usize, longest: usize) -> String {
        let path = self.path(&one.path);
        let times = if count > 1 {
            format!(" ×{count}")
        } else {
            String::new()
        };
        let (first, second) = (self.word(&texts::DIFF_FIRST), self.word(&texts::DIFF_SECOND));
        let only = self.word(&texts::DIFF_ONLY);
        let said = match (&one.expected, &one.seen) {
            (Some(expected), Some(seen)) => format!(
                "{first} {}  {second} {}",
                short(expected, longest),
                short(seen, longest)
            ),
            (Some(expected), None) => format!("{only} −: {}", short(expected, longest)),
            (None, seen) => format!("{only} +: {}", short(seen.as_deref().unwrap_or_default(), longest)),
        };
        let indent = " ".repeat(indent);
        let mark = if one.expected.is_some() && one.seen.is_some() {
            "~"
        } else if one.seen.is_some() {
            "+"
        } else {
            "−"
        };
        self.look.line(&[
            (Ink::Dim, &format!("{indent}{mark} {path}{times}  ")),
            (Ink::Plain, &said),
        ])
    }

    /// Where a field is: without the layers that only hold others, and in the language of the rest where it is no standard's.
    fn path(&self, path: &[String]) -> String {
        let outer = path
            .iter()
            .take_while(|name| ENVELOPES.contains(&name.as_str()))
            .count();
        let outer = outer.min(path.len().saturating_sub(2));
        let last = path.len().saturating_sub(1);
        let telling = path.iter().enumerate().skip(outer);
        let telling = telling.filter(|(place, name)| *place == last || !HOLDERS.contains(&name.as_str()));
        let names = telling.map(|(_, name)| match name.as_str() {
            "view" => self.word(&texts::DIFF_VIEW),
            "source" => self.word(&texts::DIFF_SOURCE),
            "path" => self.word(&texts::DIFF_PATH),
            "lookup" => self.word(&texts::DIFF_LOOKUP),
            "check" => self.word(&texts::DIFF_CHECK),
            "failed" => self.word(&texts::DIFF_FAILED),
            "heard" => self.word(&texts::DIFF_HEARD),
            "broken" => self.word(&texts::DIFF_BROKEN),
            "step" => self.word(&texts::DIFF_STEP),
            name => name,
        });
        names.collect::<Vec<_>>().join(" › ")
    }

    fn parting(&self, comparison: &Comparison) -> String {
        let Some(place) = comparison.parting() else {
            return self.plain(self.word(&texts::DIFF_NO_PARTING));
        };
        let side = |word, pick: fn(&Step) -> Option<&Told>| {
            let mut rest = comparison.steps.iter().skip(place);
            let (word, here) = (self.word(word), rest.next().and_then(pick));
            let told = |told: &Told| format!("{} {}{}", told.layer, told.what, self.fate(told));
            let told = here.map(told).unwrap_or_else(|| match rest.find_map(pick) {
                Some(next) => format!("{} {}", self.word(&texts::DIFF_NEXT), told(next)),
                None => self.word(&texts::DIFF_NOTHING).to_owned(),
            });
            self.plain(&format!("  {word} {told}"))
        };
        [
            self.plain(self.word(&texts::DIFF_PARTING)),
            side(&texts::DIFF_FIRST, |step| step.first.as_ref()),
            side(&texts::DIFF_SECOND, |step| step.second.as_ref()),
        ]
        .concat()
    }

    fn counts(&self, comparison: &Comparison) -> String {
        let count = |mark| comparison.steps.iter().filter(|step| step.mark == mark).count();
        let only = self.word(&texts::DIFF_ONLY);
        let counts = [
            (Mark::Same, format!("= {}", self.word(&texts::DIFF_SAME))),
            (Mark::Values, format!("~ {}", self.word(&texts::DIFF_VALUES))),
            (Mark::Parted, format!("≠ {}", self.word(&texts::DIFF_PARTED))),
            (Mark::First, format!("− {only} {}", self.names.first)),
            (Mark::Second, format!("+ {only} {}", self.names.second)),
        ];
        let told: Vec<_> = counts
            .iter()
            .map(|(mark, name)| (count(*mark), name))
            .filter(|(count, _)| *count > 0)
            .map(|(count, name)| format!("{count} {name}"))
            .collect();
        self.plain(&format!("{} {}", self.word(&texts::DIFF_COUNTS), told.join(", ")))
    }

    fn fresh(&self, comparison: &Comparison) -> String {
        let told = Fresh::ALL.iter().filter_map(|kind| {
            let count = comparison.fresh.get(kind)?;
            Some(format!("{} {count}", self.word(kind.word())))
        });
        told.collect::<Vec<_>>().join(", ")
    }

    fn totals(&self, totals: &[Total]) -> String {
        let head = format!(
            "  {} {} {} {}",
            left("", 22),
            right("−", 12),
            right("+", 12),
            right("±", 10)
        );
        let mut text = self.look.line(&[(Ink::Dim, &head)]);
        for total in totals {
            let (name, is_time) = match total.what.as_str() {
                _ if total.is_layer => (format!("  {}", total.what), false),
                "steps" => (self.word(&texts::DIFF_STEPS).to_owned(), false),
                "frames" => (self.word(&texts::DIFF_FRAMES).to_owned(), false),
                "bytes" => (self.word(&texts::DIFF_BYTES).to_owned(), false),
                "round trips" => (self.word(&texts::DIFF_ROUND_TRIPS).to_owned(), false),
                _ => (self.word(&texts::DIFF_TIME).to_owned(), true),
            };
            let count = |count: u64| match is_time {
                true => milliseconds(count),
                false => count.to_string(),
            };
            let change = match (
                total.second.checked_sub(total.first),
                total.first.checked_sub(total.second),
            ) {
                (Some(0), _) => String::from("="),
                (Some(more), _) => format!("+{}", count(more)),
                (None, less) => format!("−{}", count(less.unwrap_or_default())),
            };
            let (first, second) = (count(total.first), count(total.second));
            let line = format!(
                "  {} {} {} {}",
                left(&name, 22),
                right(&first, 12),
                right(&second, 12),
                right(&change, 10)
            );
            text += &self.plain(&line);
        }
        text
    }
}

impl Fresh {
    const fn word(self) -> &'static Word {
        match self {
            Self::Random => &texts::DIFF_RANDOM,
            Self::Key => &texts::DIFF_KEYS,
            Self::Sealed => &texts::DIFF_SEALED,
            Self::Sequence => &texts::DIFF_SEQUENCE,
            Self::Time => &texts::DIFF_TIMES,
            Self::Id => &texts::DIFF_IDS,
            Self::Follows => &texts::DIFF_FOLLOWS,
        }
    }
}

/// As much of a text as is shown of one.
fn short(text: &str, longest: usize) -> String {
    match text.char_indices().nth(longest) {
        Some((end, _)) => format!("{} …", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

/// A text with blanks behind it, up to so many columns.
fn left(text: &str, columns: usize) -> String {
    format!("{text}{}", " ".repeat(columns.saturating_sub(text.width())))
}

/// A text with blanks before it, up to so many columns.
fn right(text: &str, columns: usize) -> String {
    format!("{}{text}", " ".repeat(columns.saturating_sub(text.width())))
}
