//! What of two lists belongs together: a longest common subsequence, and in its gaps what is of one kind.

/// A place in the first list, in the second, or in both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pair {
    Both(usize, usize),
    First(usize),
    Second(usize),
}

/// The most cells of the table: lists that need more are compared by their ends alone.
const CELLS: usize = 4_000_000;

/// Pairs what is equal, in order, as much as can be.
pub(super) fn align<T: PartialEq>(first: &[T], second: &[T]) -> Vec<Pair> {
    let start = first.iter().zip(second).take_while(|(one, other)| one == other).count();
    let (first_rest, second_rest) = (first.get(start..), second.get(start..));
    let (first_rest, second_rest) = (first_rest.unwrap_or_default(), second_rest.unwrap_or_default());
    let ends = first_rest.iter().rev().zip(second_rest.iter().rev());
    let end = ends.take_while(|(one, other)| one == other).count();
    let (rows, columns) = (first_rest.len() - end, second_rest.len() - end);
    let mut pairs: Vec<Pair> = (0..start).map(|place| Pair::Both(place, place)).collect();
    let middle = between(
        first_rest.get(..rows).unwrap_or_default(),
        second_rest.get(..columns).unwrap_or_default(),
    );
    pairs.extend(middle.into_iter().map(|pair| pair.moved(start, start)));
    pairs.extend((0..end).map(|place| Pair::Both(start + rows + place, start + columns + place)));
    pairs
}

/// The middle, by the table of lengths of common subsequences of the lists' ends.
fn between<T: PartialEq>(first: &[T], second: &[T]) -> Vec<Pair> {
    let width = second.len() + 1;
    let cells = (first.len() + 1).saturating_mul(width);
    let mut lengths = vec![0_u32; if cells > CELLS { 0 } else { cells }];
    let at =
        |lengths: &[u32], row: usize, column: usize| lengths.get(row * width + column).copied().unwrap_or_default();
    if !lengths.is_empty() {
        for (row, one) in first.iter().enumerate().rev() {
            for (column, other) in second.iter().enumerate().rev() {
                let longest = if one == other {
                    at(&lengths, row + 1, column + 1) + 1
                } else {
                    at(&lengths, row + 1, column).max(at(&lengths, row, column + 1))
                };
                if let Some(cell) = lengths.get_mut(row * width + column) {
                    *cell = longest;
                }
            }
        }
    }
    let (mut row, mut column, mut pairs) = (0, 0, Vec::new());
    while row < first.len() && column < second.len() {
        if !lengths.is_empty() && first.get(row) == second.get(column) {
            pairs.push(Pair::Both(row, column));
            (row, column) = (row + 1, column + 1);
        } else if at(&lengths, row + 1, column) >= at(&lengths, row, column + 1) {
            pairs.push(Pair::First(row));
            row += 1;
        } else {
            pairs.push(Pair::Second(column));
            column += 1;
        }
    }
    pairs.extend((row..first.len()).map(Pair::First));
    pairs.extend((column..second.len()).map(Pair::Second));
    pairs
}

/// The same pairs, and in each gap between them those that `kinds` of both lists pair, too.
pub(super) fn refine<K: PartialEq>(pairs: Vec<Pair>, first: &[K], second: &[K]) -> Vec<Pair> {
    let (mut refined, mut ones, mut others) = (Vec::new(), Vec::new(), Vec::new());
    let close = |ones: &mut Vec<usize>, others: &mut Vec<usize>, refined: &mut Vec<Pair>| {
        let kinds = |places: &[usize], all| {
            places
                .iter()
                .filter_map(|place| <[K]>::get(all, *place))
                .collect::<Vec<_>>()
        };
        for pair in align(&kinds(ones, first), &kinds(others, second)) {
            let (one, other) = (|place| ones.get(place).copied(), |place| others.get(place).copied());
            refined.extend(match pair {
                Pair::Both(a, b) => one(a).zip(other(b)).map(|(a, b)| Pair::Both(a, b)),
                Pair::First(a) => one(a).map(Pair::First),
                Pair::Second(b) => other(b).map(Pair::Second),
            });
        }
        ones.clear();
        others.clear();
    };
    for pair in pairs {
        match pair {
            Pair::Both(..) => {
                close(&mut ones, &mut others, &mut refined);
                refined.push(pair);
            }
            Pair::First(place) => ones.push(place),
            Pair::Second(place) => others.push(place),
        }
    }
    close(&mut ones, &mut others, &mut refined);
    refined
}

impl Pair {
    const fn moved(self, first: usize, second: usize) -> Self {
        match self {
            Self::Both(one, other) => Self::Both(one + first, other + second),
            Self::First(one) => Self::First(one + first),
            Self::Second(other) => Self::Second(other + second),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn told(first: &str, second: &str) -> String {
        let (first, second): (Vec<char>, Vec<char>) = (first.chars().collect(), second.chars().collect());
        let tell = |pair: &Pair| match *pair {
            Pair::Both(one, _) => format!("{}", first[one]),
            Pair::First(one) => format!("-{}", first[one]),
            Pair::Second(other) => format!("+{}", second[other]),
        };
        align(&first, &second).iter().map(tell).collect()
    }

    #[test]
    fn what_is_common_stands_together() {
        assert_eq!(told("abcdf", "abxdf"), "ab-c+xdf");
        assert_eq!(told("", "ab"), "+a+b");
        assert_eq!(told("abab", "ab"), "ab-a-b");
    }

    #[test]
    fn in_a_gap_what_is_of_one_kind_is_paired() {
        let (first, second) = (["a1", "b1", "c"], ["b2", "a2", "c"]);
        let kinds = |all: [&'static str; 3]| all.map(|text| &text[..1]);
        let pairs = refine(align(&first, &second), &kinds(first), &kinds(second));
        assert_eq!(
            pairs,
            [Pair::First(0), Pair::Both(1, 0), Pair::Second(1), Pair::Both(2, 2)]
        );
    }

    #[test]
    fn lists_too_long_for_a_table_are_compared_by_their_ends() {
        let first: Vec<u32> = (0..3000).collect();
        let mut second: Vec<u32> = (3000..6000).collect();
        second[0] = 0;
        second[2999] = 2999;
        let pairs = align(&first, &second);
        let both = pairs.iter().filter(|pair| matches!(pair, Pair::Both(..))).count();
        assert_eq!((both, pairs.len()), (2, 2 + 2 * 2998));
    }

    proptest! {
        #[test]
        fn every_place_comes_once_and_in_order(first in "[ab]{0,12}", second in "[ab]{0,12}") {
            let (one, other): (Vec<char>, Vec<char>) = (first.chars().collect(), second.chars().collect());
            let (mut a, mut b) = (Vec::new(), Vec::new());
            for pair in align(&one, &other) {
                match pair {
                    Pair::Both(first, second) => {
                        prop_assert_eq!(one[first], other[second]);
                        a.push(first);
                        b.push(second);
                    }
                    Pair::First(first) => a.push(first),
                    Pair::Second(second) => b.push(second),
                }
            }
            prop_assert_eq!(a, (0..one.len()).collect::<Vec<_>>());
            prop_assert_eq!(b, (0..other.len()).collect::<Vec<_>>());
        }
    }
}
