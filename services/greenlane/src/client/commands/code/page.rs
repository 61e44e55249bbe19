//! A code as a page, and what an edition to come does to codes, in words.

use greenlane_api::{
    classification::v1::{CodeEvent, GetCodeResponse, GreenListMembership, RehearseEditionResponse},
    common::v1::{CodeReference, LocalizedText},
};

use crate::client::render::{bare_table, label, line, tidy};

/// A code with its surroundings: ancestors first, then itself, then what is below; beside it, its lists, notes and life.
pub(super) fn of(answer: &GetCodeResponse) -> String {
    let mut table = bare_table();
    let own = answer.code.iter();
    for (mark, code) in answer
        .ancestors
        .iter()
        .map(|code| ("", code))
        .chain(own.map(|code| (">", code)))
        .chain(answer.children.iter().map(|code| ("", code)))
    {
        let edition = code.reference.as_ref().map(|reference| reference.edition.clone()).unwrap_or_default();
        table.add_row([
            mark.to_owned(),
            edition,
            code.display.clone(),
            text(&code.descriptions, "en"),
            text(&code.descriptions, "zh"),
        ]);
    }
    let mut page = tidy(&mut table);
    let beside: Vec<&str> =
        answer.siblings.iter().map(|code| code.display.as_str()).filter(|display| !display.is_empty()).collect();
    if !beside.is_empty() {
        page.push_str(&line::folded(&format!("beside it {}\n", beside.join(", "))));
    }
    answer.memberships.iter().for_each(|membership| page.push_str(&on_list(membership)));
    for note in &answer.notes {
        let code = note.code.rsplit('/').next().unwrap_or_default();
        let number = if note.number.is_empty() { String::new() } else { format!(" {}", note.number) };
        page.push_str(&line::folded(&format!("note{number} of {code}: {}\n", any(&note.texts))));
    }
    answer.history.iter().for_each(|event| page.push_str(&line::folded(&lived(event))));
    page
}

/// `partly on the list greenLists/apec-54 since 2012-09-09`.
fn on_list(membership: &GreenListMembership) -> String {
    let status = match label(membership.status().as_str_name()) {
        Some("member") | None => String::new(),
        Some(status) => format!("{status} "),
    };
    let since = match membership.effective_from.as_str() {
        "" => String::new(),
        day => format!(" since {day}"),
    };
    format!("{status}on the list {}{since}\n", membership.green_list)
}

/// `created in HS2022 on 2022-01-01 from HS2017:854140`.
fn lived(event: &CodeEvent) -> String {
    let word = event.event.replace('_', " ");
    let related: Vec<String> = event.related.iter().map(reference).collect();
    let related = match (event.event.as_str(), related.is_empty()) {
        (_, true) | ("redescribed", _) => String::new(),
        ("created", _) => format!(" from {}", related.join(", ")),
        (_, _) => format!(" to {}", related.join(", ")),
    };
    format!("{word} in {} on {}{related}\n", event.edition, event.effective_on)
}

fn reference(code: &CodeReference) -> String {
    format!("{}:{}", code.edition, code.code)
}

/// When the edition comes, and how many codes become what.
pub(super) fn rehearsed(answer: &RehearseEditionResponse) -> String {
    let mut counts: Vec<String> = answer
        .counts
        .iter()
        .map(|(relation, count)| format!("{count} {}", relation.to_lowercase().replace('_', "-")))
        .collect();
    let more = [
        (answer.not_found_count, "not found"),
        (answer.same_digits_changed_scope_count, "of changed scope"),
        (answer.vanished_below_count, "with codes below that vanish"),
    ];
    counts.extend(more.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")));
    let listed = match answer.listed_on.as_str() {
        "" => String::new(),
        day => format!(", the list as on {day}"),
    };
    line::folded(&format!("in force from {}{listed}: {}\n", answer.effective_from, counts.join(", ")))
}

fn text(texts: &[LocalizedText], language: &str) -> String {
    texts.iter().find(|text| text.language == language).map(|text| text.text.clone()).unwrap_or_default()
}

/// In English where there is any.
fn any(texts: &[LocalizedText]) -> &str {
    let english = texts.iter().find(|text| text.language == "en");
    english.or(texts.first()).map_or("", |text| text.text.as_str())
}

#[cfg(test)]
mod tests {
    use greenlane_api::classification::v1::MembershipStatus;

    use super::*;

    #[test]
    fn a_rehearsal_says_when_the_edition_comes_and_of_which_day_the_list_is() {
        let mut answer = RehearseEditionResponse {
            effective_from: "2028-01-01".to_owned(),
            counts: [("EXACT".to_owned(), 2)].into(),
            ..Default::default()
        };
        assert_eq!(rehearsed(&answer), "in force from 2028-01-01: 2 exact\n");
        answer.vanished_below_count = 1;
        let vanished = "in force from 2028-01-01: 2 exact, 1 with codes below that vanish\n";
        assert_eq!(rehearsed(&answer), vanished);
        answer.vanished_below_count = 0;
        answer.listed_on = "2028-01-01".to_owned();
        assert_eq!(rehearsed(&answer), "in force from 2028-01-01, the list as on 2028-01-01: 2 exact\n");
    }

    #[test]
    fn a_list_that_holds_a_part_of_a_code_is_told_as_such_with_its_day() {
        let membership = |status: MembershipStatus, since: &str| {
            on_list(&GreenListMembership {
                green_list: "greenLists/a".to_owned(),
                status: status.into(),
                effective_from: since.to_owned(),
                ..Default::default()
            })
        };
        assert_eq!(membership(MembershipStatus::Member, ""), "on the list greenLists/a\n");
        let partly = membership(MembershipStatus::Partly, "2012-09-09");
        assert_eq!(partly, "partly on the list greenLists/a since 2012-09-09\n");
    }
}
