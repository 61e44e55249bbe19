//! The pass that tags: what was said of each code, put to each row.

use std::collections::BTreeMap;

use greenlane_api::classification::v1::TagTotals;
use indicatif::ProgressBar;

use super::{
    Args, By,
    amount::amount,
    ask::{Code, Said},
    faults::{Fault, Faults, OwnFault},
    out::Tagged,
    seen::Seen,
    survey::Survey,
    table::{Table, Width},
    totals::Totals,
};

/// Rows between two looks at the progress bar.
pub(super) const STEP: u64 = 1 << 15;

/// Tags the rows of a table; gives the totals.
pub(crate) fn run(args: &Args, survey: &Survey, said: &Said, bar: &ProgressBar) -> anyhow::Result<TagTotals> {
    let mut out = args.out.as_deref().map(|path| Tagged::open(path, args.resume)).transpose()?;
    let mut faults = args.faults.as_deref().map(Faults::open).transpose()?;
    let whole = out.is_some() || faults.is_some();
    let table = if whole { Table::whole(&args.file)? } else { Table::needed(&args.file)? };
    table.must_be(survey.stamp)?;
    let totals = tag(table, args, survey, said, out.as_mut(), faults.as_mut(), bar);
    // A table that is cut off meanwhile fails in many ways: that it was is what to say.
    if let Some(stamp) = survey.stamp {
        stamp.must_be_at(&args.file)?;
    }
    let totals = totals?;
    if let Some(faults) = faults {
        faults.finish()?;
    }
    if let Some(out) = out {
        out.finish()?;
    }
    Ok(totals)
}

fn tag(
    table: Table,
    args: &Args,
    survey: &Survey,
    said: &Said,
    mut out: Option<&mut Tagged>,
    mut faults: Option<&mut Faults>,
    bar: &ProgressBar,
) -> anyhow::Result<TagTotals> {
    let Table { columns, rows: mut source, .. } = table;
    if let Some(out) = &mut out {
        out.header(&columns, said)?;
    }
    let (mut seen, mut totals) = (Seen::new(), Totals::new(&args.by, &columns, said.lists.len()));
    let mut width = Width::of(&columns);
    let same = said.same(survey);
    let nothing = Code::default();
    // By code: how many rows it has. Most faults are of the code, and need not be counted one by one.
    let mut of_code = vec![0u64; said.codes.len()];
    let mut of_row = [0u64; Fault::ALL.len()];
    let mut rows = 0u64;
    let (mut key, mut own): (Vec<u8>, Vec<OwnFault>) = (Vec::new(), Vec::new());
    let by_flow = args.by.contains(&By::Flow);
    let flow_at = columns.flow.filter(|_| survey.has_parts_of_flows());
    let broken_down = survey.parts.are_possible();
    while let Some(row) = source.next()? {
        rows += 1;
        if rows.is_multiple_of(STEP) {
            bar.set_position(rows);
        }
        own.clear();
        let surplus = if row.broken.is_none() { width.surplus(&row) } else { None };
        let good = row.broken.is_none() && surplus.is_none() && row.len() > columns.last();
        let number = if good { survey.number(&columns, &row, &mut key) } else { None };
        let repeats = &survey.repeats;
        let reporter = columns.reporter.and_then(|at| row.get(at)).unwrap_or_default();
        let place = number.map(|number| said.place(number, reporter, || repeats.is_alone(number, &columns, &row)));
        let code = place.and_then(|place| said.codes.get(place)).unwrap_or(&nothing);
        let value = row.get(columns.value).and_then(|field| amount(field, survey.by_points));
        match (number, surplus, row.broken) {
            (_, _, Some(at)) if row.too_long => own.push((Fault::RowTooLong, at)),
            (_, _, Some(at)) => own.push((Fault::QuotationMalformed, at)),
            (_, Some(at), None) => own.push((Fault::ColumnsSurplus, at)),
            (None, None, None) => own.push((Fault::ColumnsMissing, columns.last())),
            (Some(_), None, None) if value.is_none() => own.push((Fault::ValueMalformed, columns.value)),
            (Some(_), None, None) => {}
        }
        // Of what is no row of the table it is not known which field is which.
        let (mut world, mut part, mut flow) = (None, None, None);
        if let Some(number) = number {
            world = repeats.world(number, &columns, &row);
            own.extend(world.map(|at| (Fault::AggregatePartner, at)));
            let same = usize::try_from(number).ok().and_then(|number| same.get(number)).copied();
            if seen.before(same.unwrap_or(number), &columns, &row) {
                own.push((Fault::Duplicate, columns.code));
            }
            let other = repeats.other_classification(&columns, &row);
            own.extend(other.map(|at| (Fault::DuplicateClassification, at)));
            part = repeats.month(number, &columns, &row);
            if part.is_none() && broken_down {
                part = survey.parts.part(number, &columns, &row);
            }
            own.extend(part.map(|at| (Fault::PartOfTotal, at)));
            flow = flow_at.filter(|_| columns.flow_of(&row).is_some_and(|flow| survey.is_part(flow)));
            own.extend(flow.map(|at| (Fault::PartOfFlow, at)));
        }
        if let Some(count) = place.and_then(|place| of_code.get_mut(place)) {
            *count += 1;
        }
        own.iter().for_each(|(fault, _)| of_row[*fault as usize] += 1);
        let single = number.is_some() && !code.aggregate && world.is_none() && part.is_none();
        let counted = single && flow.is_none();
        let value = value.unwrap_or_default();
        // By flow, a part of a flow has a total of its own.
        if counted || (single && by_flow) {
            totals.add(&row, value, &code.tags);
        }
        if let Some(faults) = faults.as_mut().filter(|_| !code.faults.is_empty() || !own.is_empty()) {
            faults.row(&columns, &row, said, code, &own)?;
        }
        if let Some(out) = &mut out {
            out.row(&row, &columns, code, &own, counted, value, said)?;
        }
    }
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for (fault, rows) in Fault::ALL.into_iter().zip(of_row).filter(|(_, rows)| *rows > 0) {
        *counts.entry(fault.name().to_owned()).or_default() += rows;
    }
    let mut mended_rows = 0;
    for (code, rows) in said.codes.iter().zip(of_code).filter(|(_, rows)| *rows > 0) {
        for (fault, _) in &code.faults {
            *counts.entry(said.faults[*fault].clone()).or_default() += rows;
        }
        mended_rows += if code.faults.iter().any(|(_, mended)| *mended) { rows } else { 0 };
    }
    let (totals, list_versions) = (totals.all(said), said.list_versions.clone());
    Ok(TagTotals { totals, rows, faults: counts, mended_rows, list_versions })
}

#[cfg(test)]
mod tests;
