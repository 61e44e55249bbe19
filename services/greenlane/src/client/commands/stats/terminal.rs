//! Plots of letters, for a terminal.

use greenlane_tally::Sum;

use super::read::Summary;
use crate::client::render::{sums::parted, visible};

/// Letters in the longest bar.
const WIDE: f64 = 40.0;

/// The share of each list by year, and the partners.
pub(crate) fn plots(summary: &Summary, partners: &[(&str, Sum)]) -> String {
    let share = |bounds: &Sum, part: f64| part / bounds.value.max(f64::MIN_POSITIVE);
    let most = summary.years().map(|(.., bounds)| share(&bounds, bounds.possible)).fold(0.0, f64::max);
    let (mut text, mut before) = (String::new(), "");
    for (list, year, bounds) in summary.years() {
        if list != before {
            text.push_str(&format!("\nshare of {} by year: certainly █, possibly ░\n", visible(list)));
            before = list;
        }
        let (from, to) = (share(&bounds, bounds.certain), share(&bounds, bounds.possible));
        let bar = bar(from, to, most);
        text.push_str(&format!("{}  {bar}  {:.2}% to {:.2}%", visible(year), 100.0 * from, 100.0 * to));
        if let Some(estimated) = bounds.estimated() {
            text.push_str(&format!(", estimated {:.2}%", 100.0 * share(&bounds, estimated)));
        }
        for (part, what) in [(bounds.undetermined, "cannot be told"), (bounds.held_back, "held back")] {
            if part > 0.0 {
                text.push_str(&format!(", {what} {:.2}%", 100.0 * share(&bounds, part)));
            }
        }
        text.push('\n');
    }
    if !partners.is_empty() {
        text.push_str("\nvalue on any list by partner: certainly █, possibly ░\n");
    }
    let most = partners.iter().map(|(_, bounds)| bounds.possible).fold(0.0, f64::max);
    for (name, bounds) in partners {
        let bar = bar(bounds.certain, bounds.possible, most);
        let (from, to) = (parted(bounds.certain, 0), parted(bounds.possible, 0));
        text.push_str(&format!("{:24.24} {bar}  {from} to {to}", visible(name)));
        if let Some(estimated) = bounds.estimated() {
            text.push_str(&format!(", estimated {}", parted(estimated, 0)));
        }
        for (part, what) in [(bounds.undetermined, "cannot be told"), (bounds.held_back, "held back")] {
            if part > 0.0 {
                text.push_str(&format!(", {what} {}", parted(part, 0)));
            }
        }
        text.push('\n');
    }
    text.push('\n');
    text
}

fn bar(from: f64, to: f64, most: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "0 to 40")]
    let letters = |part: f64| (part / most.max(f64::MIN_POSITIVE) * WIDE).round() as usize;
    format!("{}{}", "█".repeat(letters(from)), "░".repeat(letters(to).saturating_sub(letters(from))))
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::client::commands::tag::table::Table;

    #[test]
    fn a_year_without_a_table_is_said_to_be_one_of_which_it_cannot_be_told() {
        let text = "\
period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a,undetermined:a
2001,Peru,010121,100,1,0,0,100
2020,Peru,010121,100,1,50,50,0
";
        let summary = read::summary(Table::csv(Box::new(text.as_bytes())).unwrap(), None).unwrap();
        let plots = plots(&summary, &[]);
        assert!(plots.contains("0.00% to 0.00%, cannot be told 100.00%"), "{plots}");
        assert!(plots.contains("50.00% to 50.00%\n"), "{plots}");
    }

    #[test]
    fn what_is_held_back_of_a_partner_is_said_beside_its_bounds() {
        let text = "\
period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a,held_back:a
2022,Peru,854231,900,1,0,0,900
";
        let summary = read::summary(Table::csv(Box::new(text.as_bytes())).unwrap(), None).unwrap();
        let plots = plots(&summary, &summary.top_partners(1));
        assert!(plots.contains("0 to 0, held back 900\n"), "{plots}");
    }

    #[test]
    fn no_name_of_a_table_acts_on_the_terminal() {
        let text = "\
period,partnerDesc,cmdCode,primaryValue,counted,certain:a\u{1b}[1m,possible:a\u{1b}[1m
2\u{1b}[2,\u{1b}]0;Peru\u{7},854143,1000,1,500,500
";
        let summary = read::summary(Table::csv(Box::new(text.as_bytes())).unwrap(), None).unwrap();
        let plots = plots(&summary, &summary.top_partners(1));
        assert!(plots.contains("\\u{1b}]0;Peru\\u{7}") && plots.contains("share of a\\u{1b}[1m by year"), "{plots:?}");
        assert!(!plots.contains(['\u{1b}', '\u{7}']), "{plots:?}");
    }

    #[test]
    fn what_weights_say_stands_behind_the_bounds() {
        let text = "\
period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a,estimated:a
2028,Peru,854143,1000,1,0,500,125
";
        let summary = read::summary(Table::csv(Box::new(text.as_bytes())).unwrap(), None).unwrap();
        let plots = plots(&summary, &summary.top_partners(1));
        assert!(plots.contains("0.00% to 50.00%, estimated 12.50%\n"), "{plots}");
        assert!(plots.contains("0 to 500, estimated 125\n"), "{plots}");
    }
}
