//! Figures as Markdown tables: each beside what it is compared with and what was aimed at.

/// Prints the head of a table.
pub(crate) fn head(title: &str, compared_with: &str) {
    println!("\n| {title} | measured | {compared_with} | ratio | target | |");
    println!("|---|---:|---:|---:|---:|---|");
}

/// What is aimed at.
#[derive(Clone, Copy)]
pub(crate) enum Target {
    /// No more than this.
    AtMost(f64),
    /// No less than this.
    AtLeast(f64),
    /// Only for comparison.
    None,
}

impl Target {
    fn judge(self, figure: f64, unit: &str) -> (String, &'static str) {
        match self {
            Self::AtMost(most) => (
                format!("≤ {most}{unit}"),
                if figure <= most { "met" } else { "**missed**" },
            ),
            Self::AtLeast(least) => (
                format!("≥ {least}{unit}"),
                if figure >= least { "met" } else { "**missed**" },
            ),
            Self::None => (String::from("–"), ""),
        }
    }
}

/// A line whose ratio is judged.
pub(crate) fn ratio(what: &str, measured: f64, beside: f64, unit: &str, ratio: f64, target: Target) {
    let (target, verdict) = target.judge(ratio, "×");
    println!(
        "| {what} | {} {unit} | {} {unit} | {ratio:.2} | {target} | {verdict} |",
        short(measured),
        short(beside)
    );
}

/// A line whose figure itself is judged.
pub(crate) fn figure(what: &str, measured: f64, beside: f64, unit: &str, target: Target) {
    let (target, verdict) = target.judge(measured, "");
    println!(
        "| {what} | {} {unit} | {} {unit} | {:.2} | {target} | {verdict} |",
        short(measured),
        short(beside),
        measured / beside
    );
}

fn short(figure: f64) -> String {
    match figure {
        figure if figure >= 100.0 => format!("{figure:.0}"),
        figure if figure >= 10.0 => format!("{figure:.1}"),
        figure => format!("{figure:.2}"),
    }
}

/// The middle one.
pub(crate) fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}
