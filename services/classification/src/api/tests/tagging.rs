use greenlane_api::classification::v1::tag_rows_request::Message;
use greenlane_api::classification::v1::tagging_service_client::TaggingServiceClient;
use greenlane_api::classification::v1::{
    CodeSample, InferEditionRequest, MembershipStatus, TagRowsRequest, TagRowsResponse, TagSettings, TradeRow,
    TradeRows, tag_rows_response,
};
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::{Code, Status};

use super::running::Running;
use crate::Migrator;
use crate::store::testing::retire_entry;

engine_tests!(Migrator:
    rows_come_back_in_their_order_with_lists_bounds_and_faults_and_totals_last,
    settings_come_first_and_once,
    rows_are_tagged_with_a_list_as_it_was_in_a_version,
    what_one_message_does_not_hold_comes_in_several,
    an_edition_is_inferred_from_codes_and_years,
);

fn settings() -> TagSettings {
    TagSettings { edition: "HS2022".to_owned(), mend: true, ..TagSettings::default() }
}

fn row(sequence: u64, code: &str, value_usd: f64) -> TradeRow {
    let period = "2023".to_owned();
    TradeRow { sequence, code: code.to_owned(), period, value_usd, ..TradeRow::default() }
}

async fn tag(
    tagging: &mut TaggingServiceClient<Client>,
    messages: Vec<Message>,
) -> Result<Vec<TagRowsResponse>, Status> {
    let messages = messages.into_iter().map(|message| TagRowsRequest { message: Some(message) });
    let mut answers = tagging.tag_rows(futures_util::stream::iter(messages.collect::<Vec<_>>())).await?.into_inner();
    let mut all = Vec::new();
    while let Some(answer) = answers.message().await? {
        all.push(answer);
    }
    Ok(all)
}

async fn rows_come_back_in_their_order_with_lists_bounds_and_faults_and_totals_last(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut tagging = TaggingServiceClient::new(running.client(&["tag"]));
    let first = TradeRows { rows: vec![row(7, "8541.43", 100.0), row(3, "999999", 5.0), row(9, "8541", 120.0)] };
    let second = TradeRows { rows: vec![row(1, "854143", f64::NAN)] };
    let messages = vec![Message::Settings(settings()), Message::Rows(first), Message::Rows(second)];
    let answers = tag(&mut tagging, messages).await.unwrap();
    assert_eq!(answers.len(), 3);
    assert!(answers.iter().all(|answer| answer.revision == 1));
    let Some(tag_rows_response::Message::Rows(rows)) = &answers[0].message else { panic!("{answers:?}") };
    assert_eq!(rows.rows.iter().map(|row| row.sequence).collect::<Vec<_>>(), [7, 3, 9]);
    let tag = rows.rows[0].tags.iter().find(|tag| tag.green_list == "greenLists/apec-54").unwrap();
    assert_eq!(tag.status(), MembershipStatus::Partly);
    assert_eq!((tag.certain_value_usd, tag.possible_value_usd), (0.0, 100.0));
    assert_eq!(rows.rows[0].code.as_ref().unwrap().code, "854143");
    let faults = |row: usize| rows.rows[row].faults.iter().map(|fault| fault.code.as_str()).collect::<Vec<_>>();
    assert_eq!((faults(1), faults(2)), (vec!["code_unknown"], vec!["aggregate_code"]));
    let Some(tag_rows_response::Message::Totals(totals)) = &answers[2].message else { panic!("{answers:?}") };
    assert_eq!((totals.rows, totals.faults["value_malformed"], totals.faults["code_unknown"]), (4, 1, 1));
    let all = totals.totals.iter().find(|total| total.green_list.is_empty()).unwrap();
    assert_eq!((all.value_usd, all.year.as_str(), all.rows), (105.0, "2023", 3));
    // What `999999` is nobody knows: it may be on any list.
    let unknown = &rows.rows[1];
    assert!(unknown.code.is_none() && unknown.tags.iter().any(|tag| tag.green_list == "greenLists/apec-54"));
    for tag in &unknown.tags {
        assert_eq!(tag.status(), MembershipStatus::Undetermined);
        assert_eq!((tag.possible_value_usd, tag.undetermined_value_usd), (0.0, 5.0));
    }
    assert_eq!((all.possible_value_usd, all.undetermined_value_usd), (100.0, 5.0));
    assert_eq!((all.possible_rows, all.undetermined_rows), (2, 1));
    running.end().await;
}

async fn rows_are_tagged_with_a_list_as_it_was_in_a_version(db: TestDatabase) {
    let running = Running::start(&db).await;
    retire_entry(&db, "oecd-cleg", "854140").await;
    running.reach(2).await;
    let mut tagging = TaggingServiceClient::new(running.client(&["tag"]));
    let (found, not_found) = ((MembershipStatus::Member, 0.0), (MembershipStatus::Undetermined, 100.0));
    for (version, tags) in [("@1", found), ("@2", not_found), ("", not_found)] {
        let green_lists = vec![format!("greenLists/oecd-cleg{version}")];
        let settings = TagSettings { edition: "HS2017".to_owned(), green_lists, ..settings() };
        let rows = TradeRows { rows: vec![row(1, "854140", 100.0)] };
        let answers = tag(&mut tagging, vec![Message::Settings(settings), Message::Rows(rows)]).await.unwrap();
        let Some(tag_rows_response::Message::Rows(rows)) = &answers[0].message else { panic!("{answers:?}") };
        // Only a part of the list is held: what is no entry of it may be one.
        let told: Vec<_> = rows.rows[0].tags.iter().map(|tag| (tag.status(), tag.undetermined_value_usd)).collect();
        assert_eq!(told, [tags], "{version}");
        let Some(tag_rows_response::Message::Totals(totals)) = &answers[1].message else { panic!("{answers:?}") };
        let of_version = if version == "@1" { 1 } else { 2 };
        assert_eq!(
            totals.list_versions.iter().collect::<Vec<_>>(),
            [(&"greenLists/oecd-cleg".to_owned(), &of_version)]
        );
        assert!(rows.rows[0].tags.iter().all(|tag| tag.green_list == "greenLists/oecd-cleg"));
    }
    let green_lists = ["@1", ""].map(|version| format!("greenLists/oecd-cleg{version}")).to_vec();
    let both = TagSettings { green_lists, ..settings() };
    let refused = tag(&mut tagging, vec![Message::Settings(both)]).await.unwrap_err();
    assert_eq!(Fault::violations_of(&refused)[0].field, "settings.green_lists[1]");
    running.end().await;
}

async fn what_one_message_does_not_hold_comes_in_several(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut tagging = TaggingServiceClient::new(running.client(&["tag"]));
    // What is wrong with a code repeats it.
    let long = "X".repeat(350);
    let rows = TradeRows { rows: (0..10_000).map(|number| row(number, &long, 1.0)).collect() };
    let answers = tag(&mut tagging, vec![Message::Settings(settings()), Message::Rows(rows)]).await.unwrap();
    let sequences: Vec<u64> = answers
        .iter()
        .filter_map(|answer| match &answer.message {
            Some(tag_rows_response::Message::Rows(rows)) => Some(&rows.rows),
            _ => None,
        })
        .flatten()
        .map(|row| row.sequence)
        .collect();
    assert!(answers.len() > 2 && sequences == (0..10_000).collect::<Vec<_>>(), "{} answers", answers.len());
    running.end().await;
}

async fn settings_come_first_and_once(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut tagging = TaggingServiceClient::new(running.client(&["tag"]));
    let rows = || Message::Rows(TradeRows { rows: vec![row(1, "854143", 1.0)] });
    let twice = vec![Message::Settings(settings()), Message::Settings(settings())];
    let unknown = TagSettings { edition: "HS1066".to_owned(), ..settings() };
    let no_list = TagSettings { green_lists: vec!["greenLists/none".to_owned()], ..settings() };
    for (messages, code) in [
        (vec![], Code::InvalidArgument),
        (vec![rows()], Code::InvalidArgument),
        (twice, Code::InvalidArgument),
        (vec![Message::Settings(unknown)], Code::NotFound),
        (vec![Message::Settings(no_list)], Code::NotFound),
    ] {
        assert_eq!(tag(&mut tagging, messages).await.unwrap_err().code(), code);
    }
    let bad = TagSettings {
        green_lists: vec!["apec".to_owned()],
        edition: "hs 2022".to_owned(),
        membership_date: "soon".to_owned(),
        total_by: vec![0, 9],
        ..TagSettings::default()
    };
    let refused = tag(&mut tagging, vec![Message::Settings(bad)]).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(
        fields,
        [
            "settings.green_lists[0]",
            "settings.edition",
            "settings.membership_date",
            "settings.total_by[0]",
            "settings.total_by[1]"
        ]
    );
    running.end().await;
}

async fn an_edition_is_inferred_from_codes_and_years(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut tagging = TaggingServiceClient::new(running.client(&["tag"]));
    let sample = |code: &str, period: &str| CodeSample { code: code.to_owned(), period: period.to_owned(), count: 3 };
    let samples = vec![sample("854143", "2023"), sample("8541.42", "202301")];
    let request = InferEditionRequest { samples, code_system: String::new() };
    let answer = tagging.infer_edition(request).await.unwrap().into_inner();
    assert_eq!((answer.fits[0].edition.as_str(), answer.fits[0].valid, answer.certain), ("editions/HS2022", 6, true));
    assert_eq!((answer.fits[1].invalid, answer.fits[1].contradicting.len()), (6, 2));
    let bad =
        InferEditionRequest { samples: vec![sample("", "soon"), sample("01", "soon")], code_system: "hs".to_owned() };
    let refused = tagging.infer_edition(bad).await.unwrap_err();
    let fields: Vec<_> = Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect();
    assert_eq!(fields, ["code_system", "samples[0].code", "samples[1].period"]);
    let empty = tagging.infer_edition(InferEditionRequest::default()).await.unwrap_err();
    assert_eq!(empty.code(), Code::InvalidArgument);
    running.end().await;
}
