//! What the service is asked about a table: which edition it is in, and what each code is.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
};

use anyhow::Context as _;
use greenlane_api::classification::v1::{
    CodeSample, EditionFit, GetEditionRequest, InferEditionRequest, TagRowsRequest, TagSettings, TotalKey, TradeRow,
    TradeRows, code_system_service_client::CodeSystemServiceClient, tag_rows_request::Message, tag_rows_response,
    tagging_service_client::TaggingServiceClient,
};
use greenlane_platform::client::Client;
use greenlane_tally::Share;

use super::{
    Args,
    survey::{Survey, Written},
    table,
};
use crate::client::{commands::list, render};

/// Rows in a message.
const BATCH: usize = 10_000;
/// Codes in a sample.
const SAMPLE: usize = 100_000;
/// Lengths of chapters and headings; the odd ones of those that lost their leading zero.
const HEADINGS: [usize; 4] = [1, 2, 3, 4];
/// Longest code that is worth asking about.
const LONGEST: usize = 64;

/// Which edition the rows of each year are in.
#[derive(Debug, Default)]
pub(crate) struct Editions {
    /// What was said: an edition for all rows that name none.
    given: String,
    by_year: BTreeMap<String, Option<(EditionFit, bool)>>,
}

/// What was said of the codes.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Resource names.
    pub(crate) lists: Vec<String>,
    /// Names of the faults that codes have.
    pub(crate) faults: Vec<String>,
    /// By the survey's number.
    pub(crate) codes: Vec<Code>,
    pub(crate) revision: u64,
}

/// What was said of a code.
#[derive(Clone, Debug, Default)]
pub(crate) struct Code {
    pub(crate) edition: String,
    pub(crate) code: String,
    /// In the order of the lists.
    pub(crate) tags: Vec<Tag>,
    /// Index of a fault, and whether it was mended.
    pub(crate) faults: Vec<(usize, bool)>,
    /// Its value repeats that of other rows.
    pub(crate) aggregate: bool,
}

/// How a code stands to a list.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Tag {
    /// Index of the list.
    pub(crate) list: usize,
    /// How much of the value.
    pub(crate) share: Share,
}

pub(crate) fn settings(args: &Args) -> TagSettings {
    TagSettings {
        green_lists: args.lists.iter().map(|list| list::name(list)).collect(),
        edition: String::new(),
        include_held_back: args.include_held_back,
        mend: !args.no_mend,
        // The totals are kept here; the service is asked about each code once.
        total_by: vec![TotalKey::GreenList.into()],
        revision: 0,
        membership_date: args.on.clone(),
    }
}

fn year(period: &str) -> &str {
    period.get(..4).unwrap_or_default()
}

/// Whether a text is a year, or a month of one, that the service takes: what is none is a fault of its row alone.
fn is_period(text: &str) -> bool {
    let digits = matches!(text.len(), 4 | 6) && text.bytes().all(|byte| byte.is_ascii_digit());
    let month = || text.get(4..).is_some_and(|month| month.is_empty() || ("01"..="12").contains(&month));
    digits && text >= "1900" && month()
}

/// Whether a code is worth asking about: a text that the service takes.
fn is_askable(code: &str) -> bool {
    (1..=LONGEST).contains(&code.chars().count()) && !code.contains(char::is_control)
}

/// Refuses an edition that the service does not know: every row would then be a fault of the table.
pub(crate) async fn must_exist(systems: &mut CodeSystemServiceClient<Client>, edition: &str) -> anyhow::Result<()> {
    if !edition.is_empty() {
        let name = if edition.contains('/') { edition.to_owned() } else { format!("editions/{edition}") };
        systems.get_edition(GetEditionRequest { name, consistency: None }).await?;
    }
    Ok(())
}

/// Finds the edition of the rows that name none, year by year: tables "as reported" change it with the years.
pub(crate) async fn editions(
    tagging: &mut TaggingServiceClient<Client>,
    survey: &Survey,
    given: &str,
) -> anyhow::Result<Editions> {
    let mut editions = Editions { given: given.to_owned(), ..Editions::default() };
    if !given.is_empty() {
        return Ok(editions);
    }
    let mut samples: BTreeMap<&str, Vec<CodeSample>> = BTreeMap::new();
    for (written, count) in &survey.written {
        let named = table::edition(written.classification.as_bytes()).is_some();
        if !named && is_askable(&written.code) && is_period(&written.period) {
            let sample = CodeSample { code: written.code.clone(), period: written.period.clone(), count: *count };
            samples.entry(year(&written.period)).or_default().push(sample);
        }
    }
    for (year, mut samples) in samples {
        samples.truncate(SAMPLE);
        let request = InferEditionRequest { samples, code_system: String::new() };
        let answer = tagging.infer_edition(request).await?.into_inner();
        let best = answer.fits.into_iter().next().map(|best| (best, answer.certain));
        editions.by_year.insert(year.to_owned(), best);
    }
    Ok(editions)
}

impl Editions {
    /// The edition of a row.
    fn of(&self, written: &Written) -> String {
        if !self.given.is_empty() {
            return self.given.clone();
        }
        if let Some(named) = table::edition(written.classification.as_bytes()) {
            return named.to_owned();
        }
        let fit = self.by_year.get(year(&written.period)).and_then(Option::as_ref);
        fit.map(|(fit, _)| fit.edition.trim_start_matches("editions/").to_owned()).unwrap_or_default()
    }

    /// Which edition was taken for which year, and why, in words.
    pub(crate) fn told(&self) -> String {
        let mut text = String::new();
        for (year, best) in &self.by_year {
            let Some((fit, certain)) = best else { continue };
            let edition = fit.edition.trim_start_matches("editions/");
            let sure = if *certain { "certain" } else { "the newest of those that fit best" };
            text.push_str(&format!(
                "{year}: {edition} ({sure}): {} {}, {} {} not, {} lost a zero\n",
                render::several(fit.valid, "row"),
                if fit.valid == 1 { "fits" } else { "fit" },
                fit.invalid,
                if fit.invalid == 1 { "does" } else { "do" },
                fit.mended
            ));
        }
        text
    }
}

/// Asks what each code is.
pub(crate) async fn codes(
    tagging: &mut TaggingServiceClient<Client>,
    settings: TagSettings,
    survey: &Survey,
    editions: &Editions,
) -> anyhow::Result<Said> {
    let row = |(sequence, (written, _)): (u64, &(Written, u64))| TradeRow {
        sequence,
        code: written.code.clone(),
        edition: editions.of(written),
        period: written.period.clone(),
        // So that no two of them are taken for the same row.
        reporter: sequence.to_string(),
        value_usd: 1.0,
        ..TradeRow::default()
    };
    let rows: Vec<TradeRow> = (0u64..).zip(&survey.written).map(row).collect();
    let mut messages = vec![TagRowsRequest { message: Some(Message::Settings(settings)) }];
    messages.extend(rows.chunks(BATCH).map(|rows| {
        let rows = TradeRows { rows: rows.to_vec() };
        TagRowsRequest { message: Some(Message::Rows(rows)) }
    }));
    drop(rows);
    let mut answers = tagging.tag_rows(futures_util::stream::iter(messages)).await?.into_inner();
    let mut said = Said { codes: vec![Code::default(); survey.written.len()], ..Said::default() };
    while let Some(answer) = answers.message().await? {
        said.revision = answer.revision;
        let Some(tag_rows_response::Message::Rows(rows)) = answer.message else { continue };
        for row in rows.rows {
            let mut code = Code::default();
            if let Some(reference) = row.code {
                (code.edition, code.code) = (reference.edition, reference.code);
            }
            for tag in row.tags {
                let share = Share {
                    certain: tag.certain_value_usd,
                    possible: tag.possible_value_usd,
                    held_back: tag.held_back_value_usd,
                    undetermined: tag.undetermined_value_usd,
                    estimated: tag.estimated_value_usd,
                };
                code.tags.push(Tag { list: number_of(&mut said.lists, tag.green_list), share });
            }
            for fault in row.faults {
                code.aggregate |= fault.code == "aggregate_code";
                let mended = fault.parameters.contains_key("mended");
                code.faults.push((number_of(&mut said.faults, fault.code), mended));
            }
            let place = usize::try_from(row.sequence).ok().and_then(|at| said.codes.get_mut(at));
            *place.context("the service answered a row that it was not asked")? = code;
        }
    }
    said.sums_of_the_unknown(survey);
    said.settle();
    Ok(said)
}

impl Said {
    /// Of codes that are not known, those as short as chapters and headings are sums where the table has longer ones of the
    /// same period that begin so (`9999` beside `999999`): their value would count twice. Those that lost their leading zero,
    /// `1` and `101`, are sums of such as lost theirs too: of `10121`, and not of `100110`. The service, which sees one row
    /// after the other, cannot know any of this.
    fn sums_of_the_unknown(&mut self, survey: &Survey) {
        let of = |number: usize| {
            let Written { classification, code, period } = &survey.written.get(number)?.0;
            let bare: String = code.chars().filter(|letter| !matches!(letter, '.' | ' ')).collect();
            Some((classification.as_str(), period.as_str(), bare))
        };
        let is_short = |code: &str| HEADINGS.contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_digit());
        let unknown = |code: &Code| code.code.is_empty() && !code.aggregate;
        let numbers = (0..self.codes.len()).filter(|number| unknown(&self.codes[*number]));
        let short: Vec<usize> = numbers.filter(|number| of(*number).is_some_and(|it| is_short(&it.2))).collect();
        if short.is_empty() {
            return;
        }
        let all: BTreeSet<_> = (0..survey.written.len()).filter_map(of).collect();
        let sums = short.into_iter().filter(|number| {
            of(*number).is_some_and(|it| {
                let next = all.range((Bound::Excluded(&it), Bound::Unbounded));
                let mut longer = next.take_while(|next| (next.0, next.1) == (it.0, it.1) && next.2.starts_with(&it.2));
                longer.any(|next| it.2.len() % 2 == 0 || next.2.len() % 2 == 1)
            })
        });
        let sums: Vec<usize> = sums.collect();
        for number in sums {
            let fault = number_of(&mut self.faults, "aggregate_code".to_owned());
            let code = &mut self.codes[number];
            code.aggregate = true;
            code.faults.push((fault, false));
        }
    }

    /// Puts the lists in order; and when a table has nothing but headings or chapters, they are its goods and sum up
    /// nothing.
    fn settle(&mut self) {
        let mut order: Vec<usize> = (0..self.lists.len()).collect();
        order.sort_by(|a, b| self.lists[*a].cmp(&self.lists[*b]));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        self.lists.sort();
        let sums = !self.codes.iter().any(|code| !code.aggregate && !code.code.is_empty());
        let of_sums = self.faults.iter().position(|fault| fault == "aggregate_code");
        for code in &mut self.codes {
            code.tags.iter_mut().for_each(|tag| tag.list = place[tag.list]);
            code.tags.sort_by_key(|tag| tag.list);
            if sums && !code.code.is_empty() {
                code.aggregate = false;
                code.faults.retain(|(fault, _)| Some(*fault) != of_sums);
            }
        }
    }
}

/// The number of a name, a new one if it is the first time.
fn number_of(names: &mut Vec<String>, name: String) -> usize {
    names.iter().position(|known| *known == name).unwrap_or_else(|| {
        names.push(name);
        names.len() - 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_service_would_refuse_is_not_asked_and_keeps_no_other_row_from_being_tagged() {
        for (period, good) in
            [("2020", true), ("202012", true), ("1900", true), ("0000", false), ("1899", false), ("202013", false)]
        {
            assert_eq!(is_period(period), good, "{period}");
        }
        assert!(!is_period("202000") && !is_period("20x0") && !is_period("20201"));
        assert!(is_askable("8541.43") && !is_askable("8541\n43") && !is_askable(&"1".repeat(65)) && !is_askable(""));
    }

    /// Which codes of a table are sums, when but for some all of them are unknown.
    fn sums(rows: &str, known: &[&str]) -> Vec<bool> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), rows).unwrap();
        let survey = super::super::survey::read(file.path(), &indicatif::ProgressBar::hidden()).unwrap();
        let mut said = Said { codes: vec![Code::default(); survey.written.len()], ..Said::default() };
        for (code, (written, _)) in said.codes.iter_mut().zip(&survey.written) {
            code.code = if known.contains(&written.code.as_str()) { written.code.clone() } else { String::new() };
        }
        said.sums_of_the_unknown(&survey);
        let of_sums = said.faults.iter().position(|fault| fault == "aggregate_code");
        let told =
            |code: &Code| code.faults == Vec::from_iter(of_sums.filter(|_| code.aggregate).map(|it| (it, false)));
        assert!(said.codes.iter().all(told), "{:?} {:?}", said.faults, said.codes);
        said.codes.iter().map(|code| code.aggregate).collect()
    }

    #[test]
    fn an_unknown_heading_beside_unknown_codes_that_begin_so_is_a_sum_of_them() {
        let rows = "period,code,value\n2023,99,5\n2023,9999,5\n2023,9999.99,5\n2022,9999,5\n2023,77,5\n2023,854143,5\n\
            2023,702,5\n2023,702000,5\n";
        assert_eq!(sums(rows, &["854143"]), [true, true, false, false, false, false, false, false]);
    }

    #[test]
    fn chapters_and_headings_that_lost_their_zeros_and_were_not_mended_are_sums_of_codes_that_did_too() {
        let rows = "period,code,value\n2023,1,5\n2023,101,5\n2023,10121,5\n2023,2,5\n2023,100110,5\n";
        assert_eq!(sums(rows, &["100110"]), [true, true, false, false, false]);
        // Nothing was lost of a code of chapter 10.
        assert_eq!(sums("period,code,value\n2023,1,5\n2023,100110,5\n", &["100110"]), [false, false]);
    }
}
