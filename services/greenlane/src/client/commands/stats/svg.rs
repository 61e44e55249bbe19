//! Plots as SVG: text, so that no library draws them.

use std::{collections::BTreeSet, fmt::Write as _};

use greenlane_tally::Sum;

use super::read::Summary;
use crate::client::render::sums::parted;

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
const ESTIMATED_POINTS: &str = "hollow points: estimated from the weights that tables publish";
const ESTIMATED_LINES: &str = "line across a bar: estimated from the weights that tables publish";
/// A line of text.
const LINE: f64 = 16.0;
/// Most letters of a name beside its bar.
const NAME: usize = 60;
/// A sample of a line, and what is between it and its text.
const SAMPLE: f64 = 18.0;
const GAP: f64 = 6.0;
/// Colours that people who see fewer tell apart (Okabe and Ito).
const COLOURS: [&str; 8] = ["#0072b2", "#009e73", "#d55e00", "#cc79a7", "#e69f00", "#56b4e9", "#f0e442", "#000000"];
/// How the lines of as many lists are drawn as there are colours, of the next as many, and so on.
const DASHES: [&str; 4] = ["none", "7 3", "2 3", "9 3 2 3"];

fn document(title: &str, (wide, high): (f64, f64), body: &str) -> String {
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {wide:.1} {high:.1}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<title>{title}</title>\n<rect width=\"{wide:.1}\" height=\"{high:.1}\" fill=\"#fff\"/>\n\
         <text x=\"{LEFT}\" y=\"22\" font-size=\"15\">{title}</text>\n{body}</svg>\n",
        title = escape(title)
    )
}

/// A text as XML has it, which knows no control characters.
fn escape(text: &str) -> String {
    let text: String = text.chars().map(|letter| if letter.is_control() { ' ' } else { letter }).collect();
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// How wide a text is, at most: no letter is measured.
fn width(text: &str) -> f64 {
    text.chars().map(|letter| if letter.is_ascii() { 7.5 } else { 12.0 }).sum()
}

/// The widest of some texts.
fn widest<'t>(texts: impl IntoIterator<Item = &'t String>) -> f64 {
    texts.into_iter().map(|text| width(text)).fold(0.0, f64::max)
}

/// A name as it stands beside its bar.
fn shortened(name: &str) -> String {
    match name.char_indices().nth(NAME) {
        Some((end, _)) => format!("{}…", &name[..end]),
        None => name.to_owned(),
    }
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
    let percent = |bounds: &Sum, part: f64| 100.0 * part / bounds.value.max(f64::MIN_POSITIVE);
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
    let (mut any_untold, mut any_held_back, mut any_estimated) = (false, false, false);
    let mut legend = Vec::new();
    for (place, list) in summary.lists.iter().enumerate() {
        let (colour, dashes) = (COLOURS[place % COLOURS.len()], DASHES[place / COLOURS.len() % DASHES.len()]);
        let told = |sum: &Sum| sum.undetermined * 2.0 <= sum.value;
        let of_list = of_years().filter(|(of, _, sum)| of == list && told(sum));
        let points: Vec<(i32, Sum)> = of_list.map(|(_, year, sum)| (year, sum)).collect();
        for run in points.chunk_by(|one, next| next.0 == one.0 + 1) {
            let point = |year: i32, share: f64| format!("{:.1},{:.1}", x(year), y(share));
            let upper = run.iter().map(|(year, sum)| point(*year, percent(sum, sum.possible)));
            let lower = run.iter().map(|(year, sum)| point(*year, percent(sum, sum.certain)));
            let band: Vec<String> = upper.chain(lower.clone().rev()).collect();
            let line: Vec<String> = lower.collect();
            // A band of one year has no width but that of its edge.
            let edge = if run.len() == 1 { 6 } else { 0 };
            let _ = writeln!(
                body,
                "<polygon points=\"{}\" fill=\"{colour}\" fill-opacity=\"0.2\" stroke=\"{colour}\" \
                 stroke-opacity=\"0.2\" stroke-width=\"{edge}\"/>\
                 <polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" \
                 stroke-dasharray=\"{dashes}\"/>",
                band.join(" "),
                line.join(" "),
            );
            for (year, sum) in run {
                let (x, certain) = (x(*year), y(percent(sum, sum.certain)));
                let _ = writeln!(body, "<circle cx=\"{x:.1}\" cy=\"{certain:.1}\" r=\"3\" fill=\"{colour}\"/>");
                if let Some(estimated) = sum.estimated() {
                    any_estimated = true;
                    let y = y(percent(sum, estimated));
                    let _ = writeln!(
                        body,
                        "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"#fff\" stroke=\"{colour}\" \
                         stroke-width=\"1.5\"/>"
                    );
                }
            }
        }
        let most = |part: fn(&Sum) -> f64| points.iter().map(|(_, sum)| percent(sum, part(sum))).fold(0.0, f64::max);
        let (untold, held_back) = (most(|sum| sum.undetermined), most(|sum| sum.held_back));
        (any_untold, any_held_back) = (any_untold || untold > 0.0, any_held_back || held_back > 0.0);
        let text = format!("{list}{}", beyond(untold, held_back, |part| format!("{part:.1}%")));
        let (from, base) = (WIDE - RIGHT + 10.0, TOP + LINE * (place as f64 + 1.0));
        let (to, above) = (from + SAMPLE, base - 4.0);
        let _ = writeln!(
            body,
            "<line x1=\"{from}\" x2=\"{to}\" y1=\"{above}\" y2=\"{above}\" stroke=\"{colour}\" stroke-width=\"2\" \
             stroke-dasharray=\"{dashes}\"/><text x=\"{}\" y=\"{base}\" fill=\"{colour}\">{}</text>",
            to + GAP,
            escape(&text),
        );
        legend.push(text);
    }
    let said = [
        any_untold.then(|| format!("{UNTOLD} in any one year")),
        any_held_back.then(|| format!("{HELD_BACK} in any one year")),
        any_estimated.then(|| ESTIMATED_POINTS.to_owned()),
    ];
    let below = HIGH - LINE + notes(&mut body, LEFT, HIGH - 6.0, &said).max(LINE);
    let high = below.max(TOP + LINE * (legend.len() as f64 + 1.0));
    let wide = (WIDE - RIGHT + 10.0 + SAMPLE + GAP + widest(&legend) + GAP).max(WIDE);
    document("Share of trade on each green list: from certainly (line) to possibly", (wide, high), &body)
}

/// Bars: dark for what is certain, light for what is possible.
#[expect(clippy::cast_precision_loss, reason = "bars are few")]
pub(crate) fn bars(title: &str, rows: &[(&str, Sum)]) -> String {
    let most = rows.iter().map(|(_, sum)| sum.possible).fold(f64::MIN_POSITIVE, f64::max);
    let names: Vec<String> = rows.iter().map(|(name, _)| shortened(name)).collect();
    let amounts: Vec<String> = rows.iter().map(|(_, sum)| amounts(sum)).collect();
    let left = (widest(&names) + 2.0 * GAP).max(2.5 * LEFT);
    let longest = WIDE - 2.5 * LEFT - AMOUNTS;
    let mut body = String::new();
    let above = TOP + BAR * rows.len() as f64 + LINE - 2.0;
    let any = |part: fn(&Sum) -> f64| rows.iter().any(|(_, sum)| part(sum) > 0.0);
    let said = [
        any(|sum| sum.undetermined).then(|| UNTOLD.to_owned()),
        any(|sum| sum.held_back).then(|| HELD_BACK.to_owned()),
        rows.iter().any(|(_, sum)| sum.estimated().is_some()).then(|| ESTIMATED_LINES.to_owned()),
    ];
    let high = above - 10.0 + notes(&mut body, left, above, &said).max(LINE);
    for (place, (((name, sum), short), amounts)) in rows.iter().zip(&names).zip(&amounts).enumerate() {
        let y = TOP + BAR * place as f64;
        let (end, base, colour) = (left - GAP, y + 13.0, COLOURS[0]);
        let (possible, certain) = (sum.possible / most * longest, sum.certain / most * longest);
        let behind = left + possible + GAP;
        let whole = if short == name { String::new() } else { format!("<title>{}</title>", escape(name)) };
        let _ = writeln!(
            body,
            "<text x=\"{end:.1}\" y=\"{base:.1}\" text-anchor=\"end\">{whole}{}</text>\
             <rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{possible:.1}\" height=\"18\" fill=\"{colour}\" \
             fill-opacity=\"0.3\"/>\
             <rect x=\"{left:.1}\" y=\"{y:.1}\" width=\"{certain:.1}\" height=\"18\" fill=\"{colour}\"/>\
             <text x=\"{behind:.1}\" y=\"{base:.1}\">{amounts}</text>",
            escape(short),
        );
        if let Some(estimated) = sum.estimated() {
            let (at, from, to) = (left + estimated / most * longest, y - 2.0, y + 20.0);
            let _ = writeln!(
                body,
                "<line x1=\"{at:.1}\" x2=\"{at:.1}\" y1=\"{from:.1}\" y2=\"{to:.1}\" stroke=\"#000\" \
                 stroke-width=\"2\"/>"
            );
        }
    }
    let wide = (left + longest + AMOUNTS).max(left + longest + widest(&amounts) + 2.0 * GAP);
    document(title, (wide, high), &body)
}

/// What stands behind a bar, as the terminal has it.
fn amounts(sum: &Sum) -> String {
    let beyond = beyond(sum.undetermined, sum.held_back, |part| parted(part, 0));
    format!("{} to {}{beyond}", parted(sum.certain, 0), parted(sum.possible, 0))
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
        assert!(bars.contains(">700 to 700 (+ 300 ?)<") && bars.contains("cannot be told"), "{bars}");
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
        assert!(bars.contains(">9 to 9 (+ 81 h)<") && bars.contains("that are held back"), "{bars}");
    }

    /// The width of a plot, as its view box says.
    fn wide(plot: &str) -> f64 {
        plot.split_once("viewBox=\"0 0 ").unwrap().1.split(' ').next().unwrap().parse().unwrap()
    }

    #[test]
    fn the_room_beside_bars_is_as_wide_as_the_names_and_amounts_in_it() {
        let sum = Sum::default();
        assert_eq!(wide(&bars("", &[("Peru", sum)])), WIDE);
        let plot = bars("", &[("Peru", sum), ("Bolivia (Plurinational State of)", sum)]);
        // 32 letters and a gap on either side, in the place of 175.
        assert_eq!(wide(&plot), WIDE - 175.0 + 252.0, "{plot}");
        assert!(plot.contains("<text x=\"246.0\" y=\"53.0\" text-anchor=\"end\">Peru<"), "{plot}");
        let long = "Any name & more ".repeat(5);
        let plot = bars("", &[(long.as_str(), sum)]);
        let whole = format!("<title>{}</title>", long.replace('&', "&amp;"));
        assert!(
            plot.contains(&whole) && plot.contains("…</text>"),
            "a longer one is told when it is pointed at: {plot}"
        );
    }

    #[test]
    fn the_lists_of_a_plot_stand_within_it_however_many_and_long_and_no_two_are_drawn_alike() {
        let lists: Vec<String> =
            (0..30).map(|list| format!("a list of some economy that has a long name {list}")).collect();
        let columns: Vec<String> = lists.iter().map(|list| format!("certain:{list},possible:{list}")).collect();
        let text = format!(
            "period,cmdCode,primaryValue,counted,{}\n2020,854143,100,1,{}\n",
            columns.join(","),
            vec!["1,2"; lists.len()].join(",")
        );
        let plot = shares(&summary(text));
        let high: f64 = plot.split_once("height=\"").unwrap().1.split('"').next().unwrap().parse().unwrap();
        assert!(high > TOP + LINE * 30.0 && wide(&plot) > 510.0 + 45.0 * 7.5, "{plot}");
        let lines = plot.lines().filter(|line| line.starts_with("<line x1=\"520\""));
        let drawn: BTreeSet<&str> =
            lines.filter_map(|line| line.split_once(" stroke=")?.1.split("/>").next()).collect();
        assert_eq!(drawn.len(), 30, "{plot}");
    }

    #[test]
    fn what_weights_say_is_a_point_of_its_own_and_a_line_across_its_bar() {
        let summary = summary(format!("{HEADER},estimated:a\n2028,Peru,854143,100,1,0,100,25\n"));
        let shares = shares(&summary);
        assert!(shares.contains("r=\"3\" fill=\"#fff\"") && shares.contains(ESTIMATED_POINTS), "{shares}");
        let bars = bars("", &summary.by_list().collect::<Vec<_>>());
        // A quarter of 255 behind 175.
        assert!(bars.contains("<line x1=\"238.8\"") && bars.contains(ESTIMATED_LINES), "{bars}");
    }
}
