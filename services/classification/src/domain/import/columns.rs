//! The columns of each layout that is CSV: what a file cannot do without is checked by them, and people are told them.

use super::Format;

/// A column of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Column {
    /// Its name; of names parted by `|` any one. `{language}` stands for a language's tag: there may be several.
    pub name: &'static str,
    /// The file is refused without it.
    pub needed: bool,
    /// What it holds, for people. Empty where the name says it.
    pub holds: &'static str,
}

const fn needed(name: &'static str, holds: &'static str) -> Column {
    Column { name, needed: true, holds }
}

const fn may(name: &'static str, holds: &'static str) -> Column {
    Column { name, needed: false, holds }
}

/// What marks a row.
const MARK: &str = "1, true, yes, x or ex; 0, false, no or nothing";
/// What marks a part of a code.
const EX: &str =
    "1, true, yes, x or ex, and then a description too, but in a list published as narrowed; 0, false, no or nothing";
const FROM: &str = "YYYY-MM-DD";
const TO: &str = "YYYY-MM-DD, the last day";

const CODES: [Column; 9] = [
    needed("code", ""),
    may("description_{language}", "at least one is required, such as description_en"),
    may("edition", "such as HS2022; empty means that of the import"),
    may("suffix", "a product-line suffix: at most four digits or capital letters"),
    may("parent", "the code above, where it is not one that this code begins with"),
    may("level", "section, chapter, heading, subheading, national_line or uncoded; empty means as its length says"),
    may("units", "several with `;` between"),
    may("effective_from", FROM),
    may("effective_to", TO),
];

const COMTRADE: [Column; 10] = [
    needed("code", ""),
    needed("description_en", ""),
    may("description_{language}", "in further languages"),
    may("edition", "such as HS2022; empty means that of the import"),
    may("suffix", "a product-line suffix: at most four digits or capital letters"),
    may("parent", "the code above, where it is not one that this code begins with"),
    may("level", "a number of digits, which says no more than the length of the code, or the name of a level"),
    may("units", "several with `;` between"),
    may("effective_from", FROM),
    may("effective_to", TO),
];

const US_HTS: [Column; 4] = [
    needed("hts_code|HTS Number", "empty for a heading that has none"),
    needed("indent|Indent", "how deep the line is indented, a number"),
    needed("description|Description", "in English"),
    may("unit|Unit of Quantity", "a list in brackets, or several with `,` between"),
];

const EU: [Column; 9] = [
    needed("code", "ten digits"),
    needed("suffix", "the product-line suffix, two digits"),
    needed("hier_pos", "how many digits of the code count"),
    needed("dash", "how deep the line is indented, a number"),
    needed("desc_en", ""),
    may("desc_de", ""),
    may("desc_fr", ""),
    may("start_date", FROM),
    may("end_date", TO),
];

const CORRELATION: [Column; 7] = [
    needed("earlier", "a code of the older edition"),
    needed("later", "a code of the newer edition"),
    may("ex", MARK),
    may("held_back", MARK),
    may("share_of_earlier", "how much of the earlier code becomes the later one, 0 to 1"),
    may("share_of_later", "how much of the later code was the earlier one, 0 to 1"),
    may("part_{language}", "which part it is, such as part_en"),
];

const UNSD: [Column; 5] = [
    needed("from_code", ""),
    needed("to_code", ""),
    may("from_edition", "empty means that of --second"),
    may("to_edition", "empty means that of --edition"),
    may("ex", MARK),
];

const SEARCH_REFERENCES: [Column; 2] = [needed("term", ""), needed("commodity_code", "ten digits")];

const INTERCEPT_TERMS: [Column; 4] = [
    needed("term", ""),
    may("related_words", "several with `,` between"),
    may("question", "what to ask of who says no more"),
    may("guidance_page", ""),
];

const GREEN_LIST: [Column; 11] = [
    needed("list", "its identifier"),
    needed("code", ""),
    may("edition", "such as HS2022; empty means that of the import"),
    may("entry", "its identifier; empty means that of the published list, or one made of the code"),
    may("ex", EX),
    may("ex_description_{language}", "which part of the code, such as ex_description_en"),
    may("category", ""),
    may("reason_{language}", "such as reason_en"),
    may("added_by", ""),
    may("effective_from", FROM),
    may("effective_to", TO),
];

/// The columns of a layout; none of one whose rows are lines.
pub(crate) const fn columns(format: Format) -> &'static [Column] {
    match format {
        Format::CodesJson | Format::UkSearchSynonyms | Format::UkVagueTerms => &[],
        Format::CodesCsv => &CODES,
        Format::ComtradeNomenclature => &COMTRADE,
        Format::UsHtsCsv => &US_HTS,
        Format::EuNomenclature => &EU,
        Format::CorrelationCsv => &CORRELATION,
        Format::UnsdCorrelation | Format::UnsdConversion => &UNSD,
        Format::UkSearchReferences => &SEARCH_REFERENCES,
        Format::UkInterceptTerms => &INTERCEPT_TERMS,
        Format::GreenListCsv => &GREEN_LIST,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::tests::{announced, edition, read, told};
    use super::super::{needed, records::asked};
    use super::*;
    use crate::domain::testing::starter;

    const ALL: [Format; 13] = [
        Format::CodesCsv,
        Format::CodesJson,
        Format::CorrelationCsv,
        Format::UnsdCorrelation,
        Format::UnsdConversion,
        Format::ComtradeNomenclature,
        Format::UsHtsCsv,
        Format::EuNomenclature,
        Format::UkSearchReferences,
        Format::UkSearchSynonyms,
        Format::UkVagueTerms,
        Format::UkInterceptTerms,
        Format::GreenListCsv,
    ];

    /// Something that may stand in a column.
    fn value(name: &str) -> &'static str {
        match name {
            "code" | "commodity_code" => "8541430000",
            "earlier" | "later" | "from_code" | "to_code" => "854143",
            "suffix" | "hier_pos" | "dash" => "10",
            "indent" | "indent|Indent" | "ex" | "held_back" => "1",
            "share_of_earlier" | "share_of_later" => "0.5",
            "level" | "parent" | "hts_code|HTS Number" => "",
            date if date.starts_with("effective_") || date.ends_with("_date") => "2026-01-01",
            _ => "words",
        }
    }

    #[test]
    fn the_columns_that_are_told_are_those_that_are_read_and_no_others() {
        for format in ALL {
            let told_of = columns(format);
            let heading = |name: &str| match name.split('|').next().unwrap_or_default() {
                name if needed(format).contains(&"description_en") => name.replace("{language}", "fr"),
                name => name.replace("{language}", "en"),
            };
            let header: Vec<_> = told_of.iter().map(|column| heading(column.name)).collect();
            let row: Vec<_> = told_of.iter().map(|column| value(column.name)).collect();
            let text = format!("{}\n{}\n", header.join(","), row.join(","));
            asked::take();
            let imported = read(&starter(), &announced(format, Some(edition("HS2028", "hs", ""))), text.as_bytes(), 99);
            let read: BTreeSet<String> = asked::take();
            let told_of: BTreeSet<String> = told_of.iter().map(|column| column.name.to_owned()).collect();
            // One of several languages is asked for with them.
            let told_of: BTreeSet<String> = told_of
                .iter()
                .filter(|name| *name != "description_en" || !told_of.contains("description_{language}"))
                .cloned()
                .collect();
            assert_eq!(read, told_of, "{format:?}: {:?}", told(&imported));
        }
    }

    #[test]
    fn a_file_is_refused_without_each_column_that_is_told_as_needed_and_read_without_the_others() {
        for format in ALL {
            for left_out in columns(format) {
                let others = columns(format).iter().filter(|column| *column != left_out);
                let header: Vec<_> = others.map(|column| column.name.split('|').next().unwrap_or_default()).collect();
                let text = format!("{}\n", header.join(","));
                let imported = read(&starter(), &announced(format, None), text.as_bytes(), 99);
                let refused = told(&imported).iter().any(|fault| fault.contains("columns_missing"));
                assert_eq!(refused, left_out.needed, "{format:?} without {}", left_out.name);
            }
        }
    }
}
