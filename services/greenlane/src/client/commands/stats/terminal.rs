//! Plots of letters, for a terminal.

use super::read::{Bounds, Summary};

/// Letters in the longest bar.
const WIDE: f64 = 40.0;

/// The share of each list by year, and the partners.
pub(crate) fn plots(summary: &Summary, partners: &[(&str, Bounds)]) -> String {
    let share = |bounds: &Bounds, part: f64| part / bounds.value.max(f64::MIN_POSITIVE);
    let most = summary.years().map(|(.., bounds)| share(&bounds, bounds.possible)).fold(0.0, f64::max);
    let (mut text, mut before) = (String::new(), "");
    for (list, year, bounds) in summary.years() {
        if list != before {
            text.push_str(&format!("\nshare of {list} by year: certainly █, possibly ░\n"));
            before = list;
        }
        let (from, to) = (share(&bounds, bounds.certain), share(&bounds, bounds.possible));
        text.push_str(&format!("{year}  {}  {:.2}% to {:.2}%\n", bar(from, to, most), 100.0 * from, 100.0 * to));
    }
    if !partners.is_empty() {
        text.push_str("\nvalue on any list by partner: certainly █, possibly ░\n");
    }
    let most = partners.iter().map(|(_, bounds)| bounds.possible).fold(0.0, f64::max);
    for (name, bounds) in partners {
        let bar = bar(bounds.certain, bounds.possible, most);
        text.push_str(&format!("{name:24.24} {bar}  {:.0} to {:.0}\n", bounds.certain, bounds.possible));
    }
    text.push('\n');
    text
}

fn bar(from: f64, to: f64, most: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 40")]
    let letters = |part: f64| (part / most.max(f64::MIN_POSITIVE) * WIDE).round() as usize;
    format!("{}{}", "█".repeat(letters(from)), "░".repeat(letters(to).saturating_sub(letters(from))))
}
