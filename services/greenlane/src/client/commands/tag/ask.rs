//! What the service is asked about a table: which edition it is in, and what each code is.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    path::Path,
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
    reporters::{Contradicted, OTHERS, Reporters, Year},
    survey::{Survey, Written},
    table::{self, Classification, parted},
};
use crate::client::{commands::list, render};

/// Rows in a message.
const BATCH: usize = 10_000;
/// Codes in a sample.
const SAMPLE: usize = 100_000;
/// Lengths of chapters and headings; the odd ones of those that lost their leading zero.
const HEADINGS: [usize; 4] = [1, 2, 3, 4];
/// The faults of a code that is not in the edition that its row names.
const NOT_IN_IT: [&str; 2] = ["edition_wrong", "code_unknown"];
/// Longest code that is worth asking about.
const LONGEST: usize = 64;

/// Which edition the rows of each year are in.
#[derive(Debug, Default)]
pub(crate) struct Editions {
    /// What was said: an edition for all rows that name none.
    given: String,
    by_year: BTreeMap<String, Option<(EditionFit, bool)>>,
    /// Other editions that its rows may be in, the best first.
    others: BTreeMap<String, Vec<String>>,
}

/// What was said of the codes.
#[derive(Debug, Default)]
pub(crate) struct Said {
    /// Resource names.
    pub(crate) lists: Vec<String>,
    /// Names of the faults that codes have.
    pub(crate) faults: Vec<String>,
    /// By the survey's number; behind these, codes as they are where something else is known of a row.
    pub(crate) codes: Vec<Code>,
    pub(crate) revision: u64,
    /// By list, its version. A service that does not say them is an older one.
    pub(crate) list_versions: BTreeMap<String, u32>,
    /// Those whose rows of a year are in another edition.
    pub(crate) reporters: Reporters,
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
    /// Of one that does so: its place among the codes as it is where no row beside it is of longer ones.
    pub(crate) alone: Option<usize>,
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
pub(super) fn is_period(text: &str) -> bool {
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
    for (year, mut samples) in samples(survey) {
        samples.truncate(SAMPLE);
        let request = InferEditionRequest { samples, code_system: String::new() };
        let answer = tagging.infer_edition(request).await?.into_inner();
        // Of which no code is known is no edition, however new.
        let mut fits = answer.fits.into_iter().filter(|fit| fit.valid > 0);
        let best = fits.next().map(|best| (best, answer.certain));
        let others = fits.take(OTHERS).map(|fit| bare(&fit).to_owned()).collect();
        editions.others.insert(year.to_owned(), others);
        editions.by_year.insert(year.to_owned(), best);
    }
    Ok(editions)
}

fn bare(fit: &EditionFit) -> &str {
    fit.edition.trim_start_matches("editions/")
}

/// Whether a row names no edition: neither with its code nor in a column.
fn names_none(written: &Written) -> bool {
    let named = || Classification::of(&written.classification) != Classification::Harmonized;
    parted(&written.code).is_none() && !named()
}

/// The code of a row, without the edition that may stand before it.
fn code_of(written: &Written) -> &str {
    parted(&written.code).map_or(written.code.as_str(), |(_, code)| code)
}

/// By year, the codes of which it is to be found out in which edition they are.
fn samples(survey: &Survey) -> BTreeMap<&str, Vec<CodeSample>> {
    let mut samples: BTreeMap<&str, Vec<CodeSample>> = BTreeMap::new();
    for (written, count) in &survey.written {
        if names_none(written) && is_askable(&written.code) && is_period(&written.period) {
            let sample = CodeSample { code: written.code.clone(), period: written.period.clone(), count: *count };
            samples.entry(year(&written.period)).or_default().push(sample);
        }
    }
    samples
}

impl Editions {
    /// The edition of a row.
    fn of(&self, written: &Written) -> String {
        if let Some((edition, _)) = parted(&written.code) {
            return edition.to_owned();
        }
        if !self.given.is_empty() {
            return self.given.clone();
        }
        if let Classification::Named(name) = Classification::of(&written.classification) {
            return name;
        }
        let fit = self.by_year.get(year(&written.period)).and_then(Option::as_ref);
        fit.map(|(fit, _)| bare(fit).to_owned()).unwrap_or_default()
    }

    /// The years of which some rows contradict the edition that was inferred, and what their codes say of it.
    fn contradicted(&self, survey: &Survey, said: &Said) -> Contradicted {
        let written = || survey.written.iter().map(|(written, _)| written);
        let is_open = |written: &Written| self.given.is_empty() && names_none(written) && is_period(&written.period);
        let mut places: BTreeMap<&str, usize> = BTreeMap::new();
        let mut found = Contradicted::default();
        for (written, code) in written().zip(&said.codes).filter(|(written, _)| is_open(written)) {
            let name = year(&written.period);
            if places.contains_key(name) || !said.has(code, &["edition_wrong"]) {
                continue;
            }
            let others = self.others.get(name).filter(|others| !others.is_empty());
            let best = self.by_year.get(name).and_then(Option::as_ref);
            if let (Some(others), Some((best, _))) = (others, best) {
                let mut editions = vec![bare(best).to_owned()];
                editions.extend(others.iter().cloned());
                places.insert(name, found.years.len());
                found.years.push(Year { name: name.to_owned(), editions });
            }
        }
        for (written, code) in written().zip(&said.codes) {
            let place = places.get(year(&written.period)).copied().filter(|_| is_open(written));
            found.of.push(place);
            found.against.push(u8::from(said.has(code, &NOT_IN_IT)));
        }
        found
    }

    /// Which edition was taken for which year, and why, in words.
    pub(crate) fn told(&self) -> String {
        let mut text = String::new();
        for (year, best) in &self.by_year {
            let Some((fit, certain)) = best else {
                let why = match year.as_str() {
                    "1988" | "1989" | "1990" | "1991" => {
                        "of the first edition of the HS (1988), which is not held here"
                    }
                    _ => "no edition has any of its codes",
                };
                text.push_str(&format!("{year}: {why}\n"));
                continue;
            };
            let edition = bare(fit);
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
    path: &Path,
) -> anyhow::Result<Said> {
    let mut said = Said::default();
    let rows = survey.written.iter().map(|(written, _)| asked(written, editions.of(written))).collect();
    said.codes = ask(tagging, settings.clone(), rows, &mut said).await?;
    if !editions.given.is_empty() {
        said.forget_early();
    }
    if survey.has_reporters() {
        reporters(tagging, settings, survey, editions, path, &mut said).await?;
    }
    said.sums(survey);
    said.settle();
    Ok(said)
}

/// Looks for economies that report a year in another edition, and asks what the codes of that year are in it.
async fn reporters(
    tagging: &mut TaggingServiceClient<Client>,
    settings: TagSettings,
    survey: &Survey,
    editions: &Editions,
    path: &Path,
    said: &mut Said,
) -> anyhow::Result<()> {
    let mut contradicted = editions.contradicted(survey, said);
    if contradicted.years.is_empty() {
        return Ok(());
    }
    // All that is said of a table is of one revision.
    let settings = TagSettings { revision: said.revision, ..settings };
    let in_edition = |numbers: &[usize], edition: &str| -> Vec<TradeRow> {
        numbers.iter().map(|number| asked(&survey.written[*number].0, edition.to_owned())).collect()
    };
    for (place, year) in contradicted.years.iter().enumerate() {
        let of_year = contradicted.of.iter().enumerate().filter(|(_, of)| **of == Some(place));
        let numbers: Vec<usize> = of_year.map(|(number, _)| number).collect();
        for (at, edition) in year.editions.iter().enumerate().skip(1) {
            let codes = ask(tagging, settings.clone(), in_edition(&numbers, edition), said).await?;
            for (number, code) in numbers.iter().zip(&codes) {
                contradicted.against[*number] |= u8::from(said.has(code, &NOT_IN_IT)) << at;
            }
        }
    }
    said.reporters = Reporters::read(&contradicted, path, survey)?;
    for (year, at) in said.reporters.in_use() {
        let numbers = said.reporters.numbers(year);
        let rows = in_edition(&numbers, &contradicted.years[year].editions[at]);
        let codes = ask(tagging, settings.clone(), rows, said).await?;
        for (number, code) in numbers.into_iter().zip(codes) {
            said.reporters.put(number, at, said.codes.len());
            said.codes.push(code);
        }
    }
    Ok(())
}

/// A row by which the service is asked about a code.
fn asked(written: &Written, edition: String) -> TradeRow {
    let (code, period) = (code_of(written).to_owned(), written.period.clone());
    TradeRow { code, edition, period, value_usd: 1.0, ..TradeRow::default() }
}

/// Asks about rows; gives what is said of each, in their order.
async fn ask(
    tagging: &mut TaggingServiceClient<Client>,
    settings: TagSettings,
    mut rows: Vec<TradeRow>,
    said: &mut Said,
) -> anyhow::Result<Vec<Code>> {
    for (sequence, row) in (0u64..).zip(&mut rows) {
        // The economy is there so that no two of them are taken for the same row.
        (row.sequence, row.reporter) = (sequence, sequence.to_string());
    }
    let mut codes = vec![Code::default(); rows.len()];
    let mut messages = vec![TagRowsRequest { message: Some(Message::Settings(settings)) }];
    messages.extend(rows.chunks(BATCH).map(|rows| {
        let rows = TradeRows { rows: rows.to_vec() };
        TagRowsRequest { message: Some(Message::Rows(rows)) }
    }));
    drop(rows);
    let mut answers = tagging.tag_rows(futures_util::stream::iter(messages)).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        said.revision = answer.revision;
        let rows = match answer.message {
            Some(tag_rows_response::Message::Rows(rows)) => rows,
            Some(tag_rows_response::Message::Totals(totals)) => {
                said.list_versions = totals.list_versions;
                continue;
            }
            None => continue,
        };
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
            let place = usize::try_from(row.sequence).ok().and_then(|at| codes.get_mut(at));
            *place.context("the service answered a row that it was not asked")? = code;
        }
    }
    Ok(codes)
}

impl Said {
    /// The place of what is said of the code of a row, by the survey's number and the reporting economy.
    pub(crate) fn place(&self, number: u32, reporter: &[u8], is_alone: impl FnOnce() -> bool) -> usize {
        let number = usize::try_from(number).unwrap_or(usize::MAX);
        let place = self.reporters.place(number, reporter).unwrap_or(number);
        match self.codes.get(place).and_then(|code| code.alone) {
            Some(alone) if is_alone() => alone,
            Some(_) | None => place,
        }
    }

    /// Whether a code has any of some faults.
    fn has(&self, code: &Code, faults: &[&str]) -> bool {
        code.faults.iter().any(|(fault, _)| self.faults.get(*fault).is_some_and(|name| faults.contains(&name.as_str())))
    }

    /// Leaves out of which codes the edition is newer than their period: it was given for all of them.
    fn forget_early(&mut self) {
        let faults = &self.faults;
        for code in &mut self.codes {
            code.faults.retain(|(fault, _)| faults.get(*fault).is_none_or(|name| name != "edition_early"));
        }
    }

    /// Which codes are sums: the service, which sees one row after the other, says so of each heading and chapter.
    ///
    /// A code is one where the table has longer ones of the same classification and period that begin so, or its value
    /// would count nowhere. Below a heading or a chapter these may be unknown; below a subheading or a national line they
    /// are of its edition. Of codes that are not known, those as short as chapters and headings are sums (`9999` beside
    /// `999999`); when they lost their leading zero, `1` and `101`, of such as lost theirs too: of `10121`, and not of
    /// `100110`.
    fn sums(&mut self, survey: &Survey) {
        let sums = if survey.repeats.has_lengths() { self.shorter(survey) } else { Vec::new() };
        let fault = number_of(&mut self.faults, "aggregate_code".to_owned());
        for code in self.codes.iter_mut().filter(|code| !code.code.is_empty()) {
            code.aggregate = false;
            code.faults.retain(|(it, _)| *it != fault);
        }
        // In whatever edition a code is, it is beside the same ones.
        let places = sums.iter().flat_map(|number| std::iter::once(*number).chain(self.reporters.places_of(*number)));
        for place in places.collect::<Vec<_>>() {
            let alone = self.codes.len();
            self.codes.push(self.codes[place].clone());
            let code = &mut self.codes[place];
            (code.aggregate, code.alone) = (true, Some(alone));
            code.faults.push((fault, false));
        }
    }

    /// The numbers of codes that others of the same classification and period begin as and that sum these up.
    fn shorter(&self, survey: &Survey) -> Vec<usize> {
        let written = || survey.written.iter().map(|(written, _)| written);
        let texts: Vec<String> = self.codes.iter().zip(written()).map(|(code, written)| text(code, written)).collect();
        let places = self.codes.iter().zip(written()).zip(&texts).map(|((code, written), text)| Place {
            classification: &written.classification,
            period: &written.period,
            text,
            edition: (!code.code.is_empty()).then_some(code.edition.as_str()),
        });
        let places: Vec<Place<'_>> = places.collect();
        let all: BTreeSet<Place<'_>> = places.iter().copied().collect();
        let is_sum = |number: &usize| {
            let place = &places[*number];
            let next = all.range((Bound::Excluded(place), Bound::Unbounded));
            let mut beside = next.take_while(|next| next.begins_as(place));
            beside.any(|next| next.text.len() > place.text.len() && place.sums_up(next))
        };
        // What is known of all goods together is that they are a sum.
        let open = |number: &usize| !self.codes[*number].code.is_empty() || !self.codes[*number].aggregate;
        (0..places.len()).filter(open).filter(is_sum).collect()
    }

    /// By number, that of the first code of its classification and period that is the same one: as it was understood, or
    /// where it was not, but for dots and blanks.
    pub(crate) fn same(&self, survey: &Survey) -> Vec<u32> {
        let mut first: BTreeMap<(&str, &str, &str, String), u32> = BTreeMap::new();
        let codes = survey.written.iter().zip(&self.codes).zip(0u32..);
        let mut same = Vec::with_capacity(self.codes.len());
        for (((written, _), code), number) in codes {
            let (classification, period) = (written.classification.as_str(), written.period.as_str());
            let key = (classification, period, code.edition.as_str(), text(code, written));
            same.push(*first.entry(key).or_insert(number));
        }
        same
    }

    /// Puts the lists in order.
    fn settle(&mut self) {
        let mut order: Vec<usize> = (0..self.lists.len()).collect();
        order.sort_by(|a, b| self.lists[*a].cmp(&self.lists[*b]));
        let mut place = vec![0; order.len()];
        for (new, old) in order.iter().enumerate() {
            place[*old] = new;
        }
        self.lists.sort();
        for code in &mut self.codes {
            code.tags.iter_mut().for_each(|tag| tag.list = place[tag.list]);
            code.tags.sort_by_key(|tag| tag.list);
        }
    }
}

/// A code as it was understood, or else as it is written, without dots and blanks and what is around it.
fn text(code: &Code, written: &Written) -> String {
    let text = if code.code.is_empty() { table::bare(&written.code) } else { code.code.as_str() };
    text.chars().filter(|letter| !matches!(letter, '.' | ' ')).collect()
}

/// A code among others, in the order in which those that begin so follow it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Place<'s> {
    classification: &'s str,
    period: &'s str,
    text: &'s str,
    /// None when the code is not known.
    edition: Option<&'s str>,
}

impl Place<'_> {
    fn begins_as(&self, other: &Place<'_>) -> bool {
        let beside = (self.classification, self.period) == (other.classification, other.period);
        beside && self.text.starts_with(other.text)
    }

    /// Whether a code's value holds that of a longer one that begins so.
    fn sums_up(&self, longer: &Place<'_>) -> bool {
        let is_short = HEADINGS.contains(&self.text.len()) && self.text.bytes().all(|byte| byte.is_ascii_digit());
        // An odd number of digits is one that lost its leading zero, and is known as what it is then.
        let odd = |place: &Place<'_>| place.edition.is_none() && place.text.len() % 2 == 1;
        match (self.edition, longer.edition) {
            (Some(edition), Some(of_longer)) => is_short || edition == of_longer,
            (Some(_), None) => is_short && !odd(longer),
            (None, Some(_) | None) => is_short && (!odd(self) || odd(longer)),
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
mod tests;
