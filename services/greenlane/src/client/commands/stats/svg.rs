//! Plots as SVG: text, so that no library draws them.

use std::{collections::BTreeSet, fmt::Write as _};

use super::read::{Bounds, Summary};

const WIDE: f64 = 720.0;
const HIGH: f64 = 400.0;
const LEFT: f64 = 70.0;
const RIGHT: f64 = 210.0;
const TOP: f64 = 40.0;
const BOTTOM: f64 = 40.0;
const BAR: f64 = 26.0;
/// Room beside bars for their amounts.
const AMOUNTS: f64 = 290.0;
/// What stands below a plot that has such amounts.
const UNTOLD: &str = "(+ ?): so much more at most, of which it cannot be told";
const HELD_BACK: &str = "(+ h): so much more at most, to which only links lead that are held back";
/// A line of text.
const LINE: f64 = 16.0;
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

/// A text as XML has it, which knows no control characters.
fn escape(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// What lies beyond the bounds.
fn beyond(undetermined: f64, held_back: f64, amount: impl Fn(f64) -> String) -> String {
    let parts = [(undetermined, "?"), (held_back, "h")].into_iter().filter(|(part, _)| *part > 0.0);
    let told: Vec<String> = parts.map(|(part, mark)| format!("+ {} {mark}", amount(part))).collect();
    if told.is_empty() { String::new() } else { format!(" ({})", told.join(", ")) }
}

/// Adds the words below a plot, from a height on: what its marks mean. How high they are.
fn notes(body: &mut String, left: f64, from: f64, notes: &[Option<String>]) -> f64 {
    let mut below = from;
    for note in notes.iter().flatten() {
        let _ = writeln!(body, "<text x=\"{left}\" y=\"{below:.1}\">{note}</text>");
        below += LINE;
    }
    below - from
}

/// The year of a period that names one.
fn year_of(period: &str) -> Option<i32> {
    period.parse().ok().filter(|_| period.bytes().all(|byte| byte.is_ascii_digit()))
}

/// The share of each list by year: a band from what is certain to what is possible, and a point in each year. A year of
/// which it cannot be told for most of the value is left out: a band on the ground would say that there was nothing. No
/// line leads over a year that is not there.
#[expect(clippy::cast_precision_loss, reason = "lists are few")]
pub(crate) fn shares(summary: &Summary) -> String {
    let years: BTreeSet<i32> = summary.years().filter_map(|(_, year, _)| year_of(year)).collect();
    let (first, last) = (years.first().copied().unwrap_or_default(), years.last().copied().unwrap_or_default());
    let percent = |bounds: &Bounds, part: f64| 100.0 * part / bounds.value.max(f64::MIN_POSITIVE);
    let of_years = || summary.years().filter_map(|(list, year, bounds)| Some((list, year_of(year)?, bounds)));
    let most = of_years().map(|(.., bounds)| percent(&bounds, bounds.possible)).fold(0.1, f64::max);
    let wide = WIDE - LEFT - RIGHT;
    let x = |year: i32| match last - first {
        0 => LEFT + wide / 2.0,
        span => LEFT + f64::from(year - first) * wide / f64::from(span),
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
    let labels = if years.is_empty() { 0..0 } else { first..last + 1 };
    for year in labels.clone().step_by(labels.len().div_ceil(12).max(1)) {
        let (x, y) = (x(year), HIGH - BOTTOM + 18.0);
        let _ = writeln!(body, "<text x=\"{x:.1}\" y=\"{y}\" text-anchor=\"middle\">{year}</text>");
    }
    let (mut any_untold, mut any_held_back) = (false, false);
    for (place, list) in summary.lists.iter().enumerate() {
        let colour = COLOURS[place % COLOURS.len()];
        let told = |bounds: &Bounds| bounds.undetermined * 2.0 <= bounds.value;
        let of_list = of_years().filter(|(of, _, bounds)| of == list && told(bounds));
        let points: Vec<(i32, Bounds)> = of_list.map(|(_, year, bounds)| (year, bounds)).collect();
        for run in points.chunk_by(|one, next| next.0 == one.0 + 1) {
            let point = |year: i32, share: f64| format!("{:.1},{:.1}", x(year), y(share));
            let upper = run.iter().map(|(year, bounds)| point(*year, percent(bounds, bounds.possible)));
            let lower = run.iter().map(|(year, bounds)| point(*year, percent(bounds, bounds.certain)));
            let band: Vec<String> = upper.chain(lower.clone().rev()).collect();
            let line: Vec<String> = lower.collect();
            // A band of one year has no width but that of its edge.
            let edge = if run.len() == 1 { 6 } else { 0 };
            let _ = writeln!(
                body,
                "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.2\" stroke=\"{colour}\" \
                 stroke-opacity=\"0.2\" stroke-width=\"{edge}\"/>\
                 <polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>",
                band.join(" "),
                line.join(" "),
            );
            for (year, bounds) in run {
                let (x, y) = (x(*year), y(percent(bounds, bounds.certain)));
                let _ = writeln!(body, "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/>");
            }
        }
        let most = |part: fn(&Bounds) -> f64| {
            points.iter().map(|(_, bounds)| percent(bounds, part(bounds))).fold(0.0, f64::max)
        };
        let (untold, held_back) = (most(|bounds| bounds.undetermined), most(|bounds| bounds.held_back));
        (any_untold, any_held_back) = (any_untold || untold > 0.0, any_held_back || held_back > 0.0);
        let _ = writeln!(
            body,
            "<text x=\"{}\" y=\"{}\" fill=\"{colour}\">{}{}</text>",
            WIDE - RIGHT + 10.0,
            TOP + LINE * (place as f64 + 1.0),
            escape(list),
            beyond(untold, held_back, |part| format!("{part:.1}%")),
        );
    }
    let said = [any_untold.then_some(UNTOLD), any_held_back.then_some(HELD_BACK)];
    let said = said.map(|note| note.map(|note| format!("{note} in any one year")));
    let high = HIGH - LINE + notes(&mut body, LEFT, HIGH - 6.0, &said).max(LINE);
    document("Share of trade on each green list: from certainly (line) to possibly", high, &body)
}

/// Bars: dark for what is certain, light for what is possible.
#[expect(clippy::cast_precision_loss, reason = "bars are few")]
pub(crate) fn bars(title: &str, rows: &[(&str, Bounds)]) -> String {
    let most = rows.iter().map(|(_, bounds)| bounds.possible).fold(f64::MIN_POSITIVE, f64::max);
    let (left, wide) = (2.5 * LEFT, WIDE - 2.5 * LEFT - AMOUNTS);
    let mut body = String::new();
    let above = TOP + BAR * rows.len() as f64 + LINE - 2.0;
    let any = |part: fn(&Bounds) -> f64| rows.iter().any(|(_, bounds)| part(bounds) > 0.0);
    let said = [
        any(|bounds| bounds.undetermined).then(|| UNTOLD.to_owned()),
        any(|bounds| bounds.held_back).then(|| HELD_BACK.to_owned()),
    ];
    let high = above - 10.0 + notes(&mut body, left, above, &said).max(LINE);
    for (place, (name, bounds)) in rows.iter().enumerate() {
        let y = TOP + BAR * place as f64;
        let (end, base, colour) = (left - 6.0, y + 13.0, COLOURS[0]);
        let (possible, certain) = (bounds.possible / most * wide, bounds.certain / most * wide);
        let behind = left + possible + 6.0;
        let beyond = beyond(bounds.undetermined, bounds.held_back, |part| format!("{part:.3e}"));
        let _ = writeln!(
            body,
            "<text x=\"{end}\" y=\"{base:.1}\" text-anchor=\"end\">{}</text>\
             <rect x=\"{left}\" y=\"{y:.1}\" width=\"{possible:.1}\" height=\"18\" fill=\"{colour}\" fill-opacity=\"0.3\"/>\
             <rect x=\"{left}\" y=\"{y:.1}\" width=\"{certain:.1}\" height=\"18\" fill=\"{colour}\"/>\
             <text x=\"{behind:.1}\" y=\"{base:.1}\">{:.3e} to {:.3e}{beyond}</text>",
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

    #[test]
    fn no_name_of_a_table_makes_a_plot_that_is_no_xml() {
        assert_eq!(escape("A\u{b}B & \"C\" <D>\u{85}"), "A B &amp; &quot;C&quot; &lt;D&gt; ");
    }

    const HEADER: &str = "period,partnerDesc,cmdCode,primaryValue,counted,certain:a,possible:a";

    fn summary(text: String) -> Summary {
        read::summary(Table::csv(Box::new(std::io::Cursor::new(text))).unwrap(), None).unwrap()
    }

    #[test]
    fn a_year_alone_is_a_point_and_no_line_leads_over_a_year_that_is_missing() {
        let one = shares(&summary(format!("{HEADER}\n2010,Peru,854143,100,1,50,100\n")));
        assert_eq!(one.matches("<circle cx=\"290.0\"").count(), 1, "{one}");
        assert!(one.contains("stroke-width=\"6\"") && one.contains(">2010</text>"), "{one}");
        let rows: String = [2008, 2009, 2012, 2013].map(|year| format!("{year},Peru,854143,100,1,50,100\n")).concat();
        let gap = shares(&summary(format!("{HEADER}\n{rows}xx20,Peru,854143,1,1,1,1\n,Peru,854143,1,1,1,1\n")));
        assert_eq!((gap.matches("<circle").count(), gap.matches("<polyline").count()), (4, 2), "{gap}");
        // A year is 88 wide, and 2012 the fourth behind 2008.
        assert!(gap.contains("<polyline points=\"422.0,200.0 510.0,200.0\""), "{gap}");
        assert!(gap.contains(">2010</text>") && !gap.contains("xx20"), "years are as far apart as they are: {gap}");
    }

    #[test]
    fn what_is_held_back_stands_beside_the_bounds_of_each_plot() {
        let summary =
            summary(format!("{HEADER},held_back:a\n2022,Peru,854231,900,1,0,0,81\n2022,Peru,854143,100,1,9,9,0\n"));
        let shares = shares(&summary);
        assert!(shares.contains(">a (+ 8.1% h)<") && shares.contains("held back in any one year"), "{shares}");
        let bars = bars("", &summary.by_list().collect::<Vec<_>>());
        assert!(bars.contains(">9.000e0 to 9.000e0 (+ 8.100e1 h)<") && bars.contains("that are held back"), "{bars}");
    }
}
