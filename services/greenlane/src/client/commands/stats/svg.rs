//! Plots as SVG: text, so that no library draws them.

use std::fmt::Write as _;

use super::read::{Bounds, Summary};

const WIDE: f64 = 720.0;
const HIGH: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 170.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 40.0;
const BAR: f64 = 26.0;
/// Room beside bars for their amounts.
const AMOUNTS: f64 = 230.0;
/// What stands below a plot that has such amounts.
const UNTOLD: &str = "(+ ?): so much more at most, of which it cannot be told";
/// Colours that people who see fewer tell apart (Okabe and Ito).
const COLOURS: [&str; 8] = ["#0072b2", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000"];

fn document(title: &str, high: f64, body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDE} {high}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>{title}</title>\n<rect width=\"{WIDE}\" height=\"{high}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{title}</text>\n{body}</svg>\n",
        title = escape(title)
    )
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// The share of each list by year: a band from what is certain to what is possible. A year of which it cannot be told for
/// most of the value is left out: a band on the ground would say that there was nothing.
#[expect(clippy::cast_precision_loss, reason = "years are few")]
pub(crate) fn shares(summary: &Summary) -> String {
    let mut years: Vec<&str> = summary.years().map(|(_, year, _)| year).collect();
    years.sort_unstable();
    years.dedup();
    let percent = |bounds: &Bounds, part: f64| 100.0 * part / bounds.value.max(f64::MIN_POSITIVE);
    let most = summary.years().map(|(.., bounds)| percent(&bounds, bounds.possible)).fold(0.1, f64::max);
    let x = |year: &str| {
        let place = years.iter().position(|known| *known == year).unwrap_or_default() as f64;
        LEFT + place * (WIDE - LEFT - RIGHT) / (years.len().saturating_sub(1).max(1) as f64)
    };
    let y = |share: f64| HIGH - BOTTOM - share / most * (HIGH - TOP - BOTTOM);
    let mut body = String::new();
    for step in 0..=4 {
        let share = most * f64::from(step) / 4.0;
        let (end, y, label) = (WIDE - RIGHT, y(share), LEFT - 6.0);
        let _ = writeln!(
            body,
            "<line x1=\"{LEFT}\" x2=\"{end}\" y1=\"{y:.1}\" y2=\"{y:.1}\" stroke=\"#ddd\"/>\
             <text x=\"{label}\" y=\"{y:.1}\" text-anchor=\"end\">{share:.1}%</text>",
        );
    }
    for year in years.iter().step_by(years.len().div_ceil(12).max(1)) {
        let _ = writeln!(
            body,
            "<text x=\"{:.1}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            x(year),
            HIGH - BOTTOM + 18.0,
            escape(year)
        );
    }
    let mut any_untold = false;
    for (place, list) in summary.lists.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let told = |bounds: &Bounds| bounds.undetermined * 2.0 <= bounds.value;
        let points: Vec<_> = summary.years().filter(|(of, _, bounds)| of == list && told(bounds)).collect();
        let point = |year: &str, share: f64| format!("{:.1},{:.1}", x(year), y(share));
        let upper = points.iter().map(|(_, year, bounds)| point(year, percent(bounds, bounds.possible)));
        let lower = points.iter().map(|(_, year, bounds)| point(year, percent(bounds, bounds.certain)));
        let untold = points.iter().map(|(.., bounds)| percent(bounds, bounds.undetermined)).fold(0.0, f64::max);
        let told = if untold > 0.0 { format!(" (+ {untold:.1}% ?)") } else { String::new() };
        any_untold |= untold > 0.0;
        let band: Vec<String> = upper.chain(lower.clone().rev()).collect();
        let line: Vec<String> = lower.collect();
        let _ = writeln!(
            body,
            "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.2\"/>\
             <polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"{}\" y=\"{}\" fill=\"{colour}\">{}{told}</text>",
            band.join(" "),
            line.join(" "),
            WIDE - RIGHT + 10.0,
            TOP + 16.0 * (place as f64 + 1.0),
            escape(list)
        );
    }
    if any_untold {
        let _ = writeln!(body, "<text x=\"{LEFT}\" y=\"{:.1}\">{UNTOLD} in any one year</text>", HIGH - 6.0);
    }
    document("Share of trade on each green list: from certainly (line) to possibly", HIGH, &body)
}

/// Bars: dark for what is certain, light for what is possible.
#[expect(clippy::cast_precision_loss, reason = "bars are few")]
pub(crate) fn bars(title: &str, rows: &[(&str, Bounds)]) -> String {
    let most = rows.iter().map(|(_, bounds)| bounds.possible).fold(f64::MIN_POSITIVE, f64::max);
    let (left, wide) = (2.5 * LEFT, WIDE - 2.5 * LEFT - AMOUNTS);
    let mut body = String::new();
    let high = TOP + BAR * rows.len() as f64 + 20.0;
    if rows.iter().any(|(_, bounds)| bounds.undetermined > 0.0) {
        let _ = writeln!(body, "<text x=\"{left}\" y=\"{:.1}\">{UNTOLD}</text>", high - 6.0);
    }
    for (place, (name, bounds)) in rows.iter().enumerate() {
        let y = TOP + BAR * place as f64;
        let (end, base, colour) = (left - 6.0, y + 13.0, COLOURS[0]);
        let (possible, certain) = (bounds.possible / most * wide, bounds.certain / most * wide);
        let behind = left + possible + 6.0;
        let untold = match bounds.undetermined {
            untold if untold > 0.0 => format!(" (+ {untold:.3e} ?)"),
            _ => String::new(),
        };
        let _ = writeln!(
            body,
            "<text x=\"{end}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{left}\" y=\"{y:.1}\" width=\"{possible:.1}\" height=\"18\" fill=\"{colour}\" fill-opacity=\"0.3\"/>\
             <rect x=\"{left}\" y=\"{y:.1}\" width=\"{certain:.1}\" height=\"18\" fill=\"{colour}\"/>\
             <text x=\"{behind:.1}\" y=\"{base:.1}\">{:.3e} to {:.3e}{untold}</text>",
            escape(name),
            bounds.certain,
            bounds.possible,
        );
    }
    document(title, high, &body)
}

#[cfg(test)]
mod tests {
    use super::super::read;
    use super::*;
    use crate::client::commands::tag::table::Table;

    #[test]
    fn what_cannot_be_told_stands_beside_the_bounds_of_each_plot() {
        let plots = |undetermined: &str| {
            let text = format!(
                "period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a,undetermined:a\n\
                 2020,Peru,854143,700,1,700,700,0\n2020,Peru,999999,300,1,0,0,{undetermined}\n"
            );
            let summary = read::summary(Table::csv(Box::new(std::io::Cursor::new(text))).unwrap(), None).unwrap();
            (shares(&summary), bars("", &summary.by_list().collect::<Vec<_>>()))
        };
        let (shares, bars) = plots("300");
        assert!(shares.contains(">a (+ 30.0% ?)<") && shares.contains("cannot be told"), "{shares}");
        assert!(bars.contains(">7.000e2 to 7.000e2 (+ 3.000e2 ?)<") && bars.contains("cannot be told"), "{bars}");
        let (shares, bars) = plots("0");
        assert!(!shares.contains("cannot be told") && !bars.contains("?"), "{shares} {bars}");
    }
}
