//! Rows in, tagged rows and totals out.

use std::collections::{BTreeMap, VecDeque};

use greenlane_api::classification::v1 as wire;
use greenlane_api::classification::v1::tag_rows_response::Message;
use greenlane_api::common::v1::Finding;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use greenlane_tally::is_amount;

use super::TOTAL_KEYS;
use crate::api::render;
use crate::api::room::Room;
use crate::domain::{Row, Tagged, Tagger, Total, TotalKey, TradeFault};

/// Most rows in a message.
const MAX_ROWS: usize = 10_000;
/// Rows after which others get their turn.
const TURN: usize = 1_000;

pub(super) fn total_key(v: &mut Violations, field: &str, raw: i32) -> Option<TotalKey> {
    let key = usize::try_from(raw).ok().and_then(|raw| TOTAL_KEYS.get(raw.wrapping_sub(1)).copied());
    v.check(field, key.is_some(), "must be green list, year, reporter, partner or flow");
    key
}

/// Tags the rows of a message: one answer, or several where one does not hold them all.
pub(super) async fn tag(
    tagger: &mut Tagger,
    rows: &[wire::TradeRow],
) -> Result<VecDeque<wire::TagRowsResponse>, Fault> {
    if rows.len() > MAX_ROWS {
        return Err(Fault::invalid("rows.rows", format!("must be at most {MAX_ROWS}")));
    }
    let revision = tagger.catalogue().revision;
    let answer = |rows| wire::TagRowsResponse { message: Some(Message::Rows(wire::TaggedRows { rows })), revision };
    let mut answers = VecDeque::new();
    let (mut tagged, mut room) = (Vec::with_capacity(rows.len()), Room::default());
    for turn in rows.chunks(TURN) {
        for row in turn {
            let given = Row {
                code: &row.code,
                edition: &row.edition,
                period: &row.period,
                reporter: &row.reporter,
                partner: &row.partner,
                flow: &row.flow,
                value: row.value_usd,
            };
            let found = tagger.tag(&given).map_err(|why| {
                Fault::invalid("settings.total_by", format!("{why}: keep them by less, or tag fewer rows at once"))
            })?;
            let row = tagged_row(tagger, row, &found);
            if !room.take(&row) {
                answers.push_back(answer(std::mem::take(&mut tagged)));
                room = Room::default();
                room.take(&row);
            }
            tagged.push(row);
        }
        tokio::task::yield_now().await;
    }
    answers.push_back(answer(tagged));
    Ok(answers)
}

fn tagged_row(tagger: &Tagger, row: &wire::TradeRow, found: &Tagged) -> wire::TaggedRow {
    let catalogue = tagger.catalogue();
    let value = if is_amount(row.value_usd) { row.value_usd } else { 0.0 };
    wire::TaggedRow {
        sequence: row.sequence,
        code: found.at().map(|at| render::reference(catalogue, at)),
        tags: found
            .tags()
            .iter()
            .map(|tag| wire::RowTag {
                green_list: ["greenLists/", catalogue.lists[tag.list].fact.id.as_str()].concat(),
                status: render::membership_status(tag.status).into(),
                certain_value_usd: value * tag.share.certain,
                possible_value_usd: value * tag.share.possible,
                held_back_value_usd: value * tag.share.held_back,
                undetermined_value_usd: value * tag.share.undetermined,
                estimated_value_usd: tag.share.estimated.map(|share| value * share),
            })
            .collect(),
        faults: found.faults().map(|(fault, mended)| finding(found, fault, mended, row)).collect(),
    }
}

fn finding(found: &Tagged, fault: TradeFault, mended: bool, row: &wire::TradeRow) -> Finding {
    let message = match fault {
        TradeFault::CodeUnknown => format!("No edition has the code `{}`.", row.code),
        TradeFault::EditionWrong => format!("The code `{}` is not of the edition.", row.code),
        TradeFault::AggregateCode => format!("`{}` repeats the value of the codes below it.", row.code),
        TradeFault::Duplicate => "A row of the same code, period, economies and flow came before.".to_owned(),
        TradeFault::CodeWrapped => format!("`{}` is a code in what a spreadsheet puts around it.", row.code),
        TradeFault::LeadingZeroLost => format!("`{}` lost its leading zero.", row.code),
        TradeFault::ValueMalformed => "The value is no amount.".to_owned(),
        TradeFault::PeriodMalformed => format!("`{}` is no year and no month.", row.period),
        TradeFault::AggregatePartner => {
            format!("`{}` is all partners together: beside rows of its partners it counts in no totals.", row.partner)
        }
        TradeFault::EditionEarly => format!("The edition came into force after the period `{}`.", row.period),
        TradeFault::PartOfFlow => {
            format!("`{}` is a part of another flow: beside rows of that one it counts in no totals.", row.flow)
        }
    };
    let mut parameters = BTreeMap::new();
    if mended {
        parameters.insert("mended".to_owned(), "true".to_owned());
    }
    if fault == TradeFault::EditionWrong && !found.editions().is_empty() {
        parameters.insert("editions".to_owned(), found.editions().to_owned());
    }
    Finding { code: fault.name().to_owned(), message, parameters }
}

/// The totals of a run.
pub(super) fn totals(tagger: &Tagger) -> wire::TagRowsResponse {
    let catalogue = tagger.catalogue();
    let total = |total: Total| wire::TagTotal {
        green_list: total.list.map(|list| format!("greenLists/{}", catalogue.lists[list].fact.id)).unwrap_or_default(),
        year: total.year,
        reporter: total.reporter,
        partner: total.partner,
        flow: total.flow,
        rows: total.rows,
        possible_rows: total.possible_rows,
        value_usd: total.value,
        certain_value_usd: total.certain,
        possible_value_usd: total.possible,
        held_back_value_usd: total.held_back,
        undetermined_value_usd: total.undetermined,
        undetermined_rows: total.undetermined_rows,
        estimated_value_usd: total.estimated,
    };
    let totals = wire::TagTotals {
        totals: tagger.totals().into_iter().map(total).collect(),
        rows: tagger.rows(),
        faults: tagger.faults().iter().map(|(fault, rows)| (fault.name().to_owned(), *rows)).collect(),
        mended_rows: tagger.mended(),
        list_versions: tagger.lists().map(|list| (format!("greenLists/{}", list.id), list.version)).collect(),
    };
    wire::TagRowsResponse { message: Some(Message::Totals(totals)), revision: catalogue.revision }
}
