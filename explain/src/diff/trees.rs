//! Two trees side by side: the fields that say something else, and what only one of them has.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::align::{Pair, align, refine};
use super::fresh::{self, Fresh};
use super::run::Part;

/// One place where two steps differ.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The layers that lead there, outer ones first, and the field's name.
    pub path: Vec<String>,
    /// What the first run has there; nothing where it has no such thing.
    pub expected: Option<String>,
    /// What the second run has there.
    pub seen: Option<String>,
}

/// What was found in two runs' trees.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// In the order of bytes.
    pub(super) differences: Vec<Difference>,
    /// How many fields of each kind were another.
    pub(super) fresh: BTreeMap<Fresh, usize>,
}

/// Numbers for what trees say, lengths and fresh values aside: two trees with one number say the same.
#[derive(Debug, Default)]
pub(super) struct Shapes(BTreeMap<Shape, usize>);

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Shape {
    Field(String, Option<String>),
    Layer(String, String, Vec<usize>),
}

impl Shapes {
    pub(super) fn of(&mut self, layer: &Part) -> usize {
        let parts = layer.parts.iter().map(|part| self.of_part(layer, part)).collect();
        let protocol = layer.layer.clone().unwrap_or_default();
        self.number(Shape::Layer(protocol, layer.name.clone(), parts))
    }

    fn of_part(&mut self, layer: &Part, part: &Part) -> usize {
        match &part.field {
            Some(name) => {
                let value = fresh::kind(layer, part).is_none().then(|| part.value.clone());
                self.number(Shape::Field(name.clone(), value))
            }
            None => self.of(part),
        }
    }

    fn number(&mut self, shape: Shape) -> usize {
        let next = self.0.len();
        *self.0.entry(shape).or_insert(next)
    }
}

/// What a part is called among its neighbours: items of lists that have names of their own go by these.
fn kind(part: &Part) -> (&str, &str, &str) {
    match &part.field {
        Some(name) => ("", name, ""),
        None => {
            let item = part.find("name").map_or("", |name| name.value.as_str());
            (part.layer.as_deref().unwrap_or_default(), &part.name, item)
        }
    }
}

impl Found {
    /// Compares two trees that belong together.
    pub(super) fn compare(&mut self, (first, second): (&Part, &Part), path: &mut Vec<String>, shapes: &mut Shapes) {
        path.push(called(first));
        let numbers = |shapes: &mut Shapes, layer: &Part| -> Vec<usize> {
            layer.parts.iter().map(|part| shapes.of_part(layer, part)).collect()
        };
        let (ones, others) = (numbers(shapes, first), numbers(shapes, second));
        let kinds = |layer: &'_ Part| layer.parts.iter().map(|part| owned(kind(part))).collect::<Vec<_>>();
        let (first_kinds, second_kinds) = (kinds(first), kinds(second));
        let pairs = refine(align(&ones, &others), &first_kinds, &second_kinds);
        for pair in by_name(pairs, &first_kinds, &second_kinds) {
            let (one, other) = match pair {
                Pair::Both(one, other) => (first.parts.get(one), second.parts.get(other)),
                Pair::First(one) => (first.parts.get(one), None),
                Pair::Second(other) => (None, second.parts.get(other)),
            };
            match (one, other) {
                (Some(one), Some(other)) if one.layer.is_some() => self.compare((one, other), path, shapes),
                (Some(one), Some(other)) => self.fields((first, one), (second, other), path),
                (Some(one), None) => self.push(path, one, (Some(said(one)), None)),
                (None, Some(other)) => self.push(path, other, (None, Some(said(other)))),
                (None, None) => {}
            }
        }
        path.pop();
    }

    fn fields(&mut self, first: (&Part, &Part), second: (&Part, &Part), path: &[String]) {
        if first.1.value == second.1.value {
            return;
        }
        match (fresh::kind(first.0, first.1), fresh::kind(second.0, second.1)) {
            (Some(kind), Some(_)) => *self.fresh.entry(kind).or_default() += 1,
            _ => self.push(path, first.1, (Some(said(first.1)), Some(said(second.1)))),
        }
    }

    fn push(&mut self, path: &[String], part: &Part, (expected, seen): (Option<String>, Option<String>)) {
        // What a record holds stands among the step's messages.
        if part.is_of("TLS") && matches!(part.name.as_str(), "record" | "plaintext") {
            return;
        }
        // So do HTTP/2's frames that say something; with which others they share a record is chance.
        if part.is_of("HTTP") && part.name == "frame" {
            return;
        }
        let mut path = path.to_vec();
        path.push(called(part));
        self.differences.push(Difference { path, expected, seen });
    }
}

/// Items that have names of their own belong together in whatever order they come: header fields.
fn by_name(pairs: Vec<Pair>, firsts: &[Kind], seconds: &[Kind]) -> Vec<Pair> {
    let named = |kinds: &[Kind], place: usize| kinds.get(place).filter(|(_, _, item)| !item.is_empty()).cloned();
    let mut alone: BTreeMap<Kind, VecDeque<usize>> = BTreeMap::new();
    for pair in &pairs {
        if let Pair::Second(other) = *pair
            && let Some(kind) = named(seconds, other)
        {
            alone.entry(kind).or_default().push_back(other);
        }
    }
    let mut taken = BTreeSet::new();
    let mut with_partners = Vec::new();
    for pair in pairs {
        let partner = match pair {
            Pair::First(one) => named(firsts, one).and_then(|kind| alone.get_mut(&kind)?.pop_front()),
            _ => None,
        };
        taken.extend(partner);
        with_partners.push(match (pair, partner) {
            (Pair::First(one), Some(other)) => Pair::Both(one, other),
            (pair, _) => pair,
        });
    }
    with_partners.retain(|pair| !matches!(pair, Pair::Second(other) if taken.contains(other)));
    with_partners
}

/// What a part is called among its neighbours, kept.
type Kind = (String, String, String);

fn owned((protocol, name, item): (&str, &str, &str)) -> Kind {
    (protocol.into(), name.into(), item.to_ascii_lowercase()) // names of header fields are the same in any case
}

/// What a part is called in a path.
fn called(part: &Part) -> String {
    match (&part.field, part.find("name")) {
        (Some(name), _) => name.clone(),
        (None, Some(item)) => format!("{} {}", part.name, item.value),
        (None, None) => part.name.clone(),
    }
}

/// What a part says, in one line.
fn said(part: &Part) -> String {
    match &part.field {
        Some(_) => part.value.clone(),
        None if !part.what.is_empty() => part.what.clone(),
        None => {
            let mut values = Vec::new();
            part.visit(&mut |layer| {
                let fields = layer.parts.iter().filter(|part| part.field.is_some());
                let telling = fields.filter(|field| fresh::kind(layer, field).is_none());
                values.extend(telling.map(|field| field.value.as_str()));
            });
            values.join(" ")
        }
    }
}
