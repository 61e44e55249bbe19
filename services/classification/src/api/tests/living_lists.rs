use chrono::{TimeZone, Utc};
use greenlane_api::classification::v1::green_list_service_client::GreenListServiceClient;
use greenlane_api::classification::v1::{
    BuildReferenceClassificationRequest, CheckMembershipRequest, CombineGreenListsRequest, CompareGreenListsRequest,
    GetGreenListRequest, GreenListState, LintGreenListRequest, LintRow, ListGreenListEntriesRequest,
    ListGreenListVersionsRequest, ListOperation, MembershipStatus, ProjectGreenListRequest, ProjectGreenListResponse,
    ProjectionClass, RehearseEditionRequest, SearchCodesRequest, WeightedList, translation_result,
};
use greenlane_platform::client::Client;
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::running::{Running, code, digits};
use crate::Migrator;
use crate::store::testing::{redescribe, retire_entry};

engine_tests!(Migrator:
    versions_are_told_with_what_each_changed,
    an_earlier_version_is_read_as_it_was,
    wherever_a_list_is_named_its_name_may_have_a_version_behind_it,
    a_projection_has_the_class_of_each_row_and_pages_that_hold_each_once,
    a_comparison_tells_a_change_of_edition_from_a_real_one,
    lists_are_put_together_with_reasons,
    a_list_that_is_put_together_with_itself_is_named_once,
    a_reference_classification_is_drafted_with_reasons,
    a_list_weighs_once_in_a_reference_classification_in_whatever_version,
    rows_are_looked_over_and_lists_by_name,
    an_edition_to_come_is_rehearsed_on_codes_and_on_a_list,
    a_list_is_rehearsed_as_it_is_on_the_first_day_of_the_edition_or_on_the_day_that_is_asked,
);

fn state(list: &str, version: u32) -> GreenListState {
    GreenListState { name: format!("greenLists/{list}"), version, date: String::new() }
}

async fn versions_are_told_with_what_each_changed(db: TestDatabase) {
    let running = Running::start(&db).await;
    retire_entry(&db, "oecd-cleg", "854140").await;
    redescribe(&db, "854143", "Solar panels").await;
    running.reach(3).await;
    let request = ListGreenListVersionsRequest { name: "greenLists/oecd-cleg".to_owned(), ..Default::default() };
    let mut lists = running.green_lists();
    let answer = lists.list_green_list_versions(request.clone()).await.unwrap().into_inner();
    let found: Vec<_> = answer.versions.iter().map(|v| (v.version, v.revision, v.added > 0, v.retired)).collect();
    assert_eq!(found, [(2, 2, false, 1), (1, 1, true, 0)]);
    assert_eq!((answer.versions[0].change_set.as_str(), answer.revision), ("changeSets/retire", 3));
    assert!(answer.versions.iter().all(|version| version.published_at.is_some()));

    let first = ListGreenListVersionsRequest { page_size: 1, ..request.clone() };
    let first = lists.list_green_list_versions(first).await.unwrap().into_inner();
    let rest = ListGreenListVersionsRequest { page_token: first.next_page_token, ..request };
    let rest = lists.list_green_list_versions(rest).await.unwrap().into_inner();
    assert_eq!([first.versions, rest.versions].concat(), answer.versions);

    let none = ListGreenListVersionsRequest { name: "greenLists/none".to_owned(), ..Default::default() };
    assert_eq!(lists.list_green_list_versions(none).await.unwrap_err().code(), Code::NotFound);
    running.end().await;
}

async fn an_earlier_version_is_read_as_it_was(db: TestDatabase) {
    let running = Running::start(&db).await;
    retire_entry(&db, "oecd-cleg", "854140").await;
    running.reach(2).await;
    let mut lists = running.green_lists();
    let compare = |first, second| CompareGreenListsRequest {
        first: Some(state("oecd-cleg", first)),
        second: Some(state("oecd-cleg", second)),
        ..Default::default()
    };
    let answer = lists.compare_green_lists(compare(1, 0)).await.unwrap().into_inner();
    let found: Vec<_> = answer.differences.iter().map(|d| (d.kind.as_str(), digits([d.code.as_ref()])[0])).collect();
    assert_eq!(found, [("removed", "854140")]);
    assert!(answer.common > 10);
    let same = lists.compare_green_lists(compare(2, 2)).await.unwrap().into_inner();
    assert_eq!((same.differences.len(), same.common), (0, answer.common));
    assert_eq!(lists.compare_green_lists(compare(7, 0)).await.unwrap_err().code(), Code::NotFound);
    running.end().await;
}

async fn wherever_a_list_is_named_its_name_may_have_a_version_behind_it(db: TestDatabase) {
    let running = Running::start(&db).await;
    retire_entry(&db, "oecd-cleg", "854140").await;
    running.reach(2).await;
    let named = |version: &str| format!("greenLists/oecd-cleg{version}");
    let mut lists = running.green_lists();
    let (mut got, mut listed) = (Vec::new(), Vec::new());
    for version in ["@1", "@2", ""] {
        let list = GetGreenListRequest { name: named(version), ..Default::default() };
        let list = lists.get_green_list(list).await.unwrap().into_inner().green_list.unwrap();
        assert_eq!(list.name, "greenLists/oecd-cleg");
        got.push((list.version, list.entry_count));
        let entries = ListGreenListEntriesRequest { name: named(version), page_size: 1_000, ..Default::default() };
        let entries = lists.list_green_list_entries(entries).await.unwrap().into_inner().entries;
        listed.push(u32::try_from(entries.len()).unwrap());
    }
    assert_eq!(got, [(1, listed[0]), (2, listed[1]), (2, listed[1])]);
    assert_eq!(listed, [listed[0], listed[0] - 1, listed[0] - 1]);

    let edition = got_edition(&mut lists).await;
    let check = CheckMembershipRequest {
        code: code(&edition, "854140"),
        green_lists: ["@1", "@2"].map(named).to_vec(),
        ..Default::default()
    };
    let found = lists.check_membership(check).await.unwrap().into_inner().memberships;
    let found: Vec<_> = found.iter().map(|it| (it.version, it.status())).collect();
    assert_eq!(found, [(1, MembershipStatus::Member), (2, MembershipStatus::Undetermined)], "a part only is held here");

    let mut lookup = running.lookup();
    for (version, found) in [("@1", 1), ("", 0)] {
        let search = SearchCodesRequest {
            query: "854140".to_owned(),
            editions: vec![edition.clone()],
            green_lists: vec![named(version)],
            ..Default::default()
        };
        assert_eq!(lookup.search_codes(search).await.unwrap().into_inner().hits.len(), found, "{version}");
        let rehearse = RehearseEditionRequest {
            green_list: named(version),
            target_edition: "HS2022".to_owned(),
            ..Default::default()
        };
        let rehearsed = lookup.rehearse_edition(rehearse).await.unwrap().into_inner().results;
        assert_eq!(rehearsed.len(), listed[if found == 1 { 0 } else { 1 }] as usize);
    }
    let lint = LintGreenListRequest { name: named("@1"), ..Default::default() };
    lists.lint_green_list(lint).await.unwrap();
    let project = |name: String, version| ProjectGreenListRequest {
        green_list: Some(GreenListState { name, version, date: String::new() }),
        target_edition: "editions/HS2022".to_owned(),
        ..Default::default()
    };
    let rows = |answer: tonic::Response<ProjectGreenListResponse>| answer.into_inner().counts.values().sum::<u32>();
    let by_name = rows(lists.project_green_list(project(named("@1"), 0)).await.unwrap());
    assert_eq!(by_name, rows(lists.project_green_list(project(named(""), 1)).await.unwrap()));
    assert!(by_name > rows(lists.project_green_list(project(named(""), 0)).await.unwrap()));
    let two = lists.project_green_list(project(named("@1"), 2)).await.unwrap_err();
    assert_eq!(two.code(), Code::InvalidArgument);

    for (version, code) in [
        ("@7", Code::NotFound),
        ("@0", Code::InvalidArgument),
        ("@x", Code::InvalidArgument),
        ("@", Code::InvalidArgument),
    ] {
        let list = GetGreenListRequest { name: named(version), ..Default::default() };
        assert_eq!(lists.get_green_list(list).await.unwrap_err().code(), code, "{version}");
    }
    let versions = ListGreenListVersionsRequest { name: named("@1"), ..Default::default() };
    assert_eq!(lists.list_green_list_versions(versions).await.unwrap_err().code(), Code::InvalidArgument);
    running.end().await;
}

/// The edition of the OECD's list.
async fn got_edition(lists: &mut GreenListServiceClient<Client>) -> String {
    let list = GetGreenListRequest { name: "greenLists/oecd-cleg".to_owned(), ..Default::default() };
    let list = lists.get_green_list(list).await.unwrap().into_inner().green_list.unwrap();
    list.edition.trim_start_matches("editions/").to_owned()
}

async fn a_projection_has_the_class_of_each_row_and_pages_that_hold_each_once(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lists = running.green_lists();
    let request = ProjectGreenListRequest {
        green_list: Some(state("oecd-cleg", 0)),
        target_edition: "editions/HS2022".to_owned(),
        page_size: 1_000,
        ..Default::default()
    };
    let whole = lists.project_green_list(request.clone()).await.unwrap().into_inner();
    let of = |digits: &str| -> Vec<_> {
        let rows = whole.entries.iter();
        let of = rows.filter(|row| row.entry.as_ref().unwrap().code.as_ref().unwrap().code == digits);
        of.map(|row| (row.target.as_ref().map(|code| code.code.as_str()), row.projection_class())).collect()
    };
    assert_eq!(of("850231"), [(Some("850231"), ProjectionClass::Exact)]);
    let part = ProjectionClass::PartOnly;
    let solar = [(Some("854141"), part), (Some("854142"), part), (Some("854143"), part), (Some("854149"), part)];
    assert_eq!(of("854140"), solar);
    let counted: u32 = whole.counts.values().sum();
    assert_eq!(counted as usize, whole.entries.len());
    assert!(whole.counts["EXACT"] > 0 && whole.counts["PART_ONLY"] >= 4);

    let (mut paged, mut token) = (Vec::new(), String::new());
    loop {
        let request = ProjectGreenListRequest { page_size: 3, page_token: token, ..request.clone() };
        let page = lists.project_green_list(request).await.unwrap().into_inner();
        assert_eq!((page.counts, page.revision), (whole.counts.clone(), 1));
        paged.extend(page.entries);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, whole.entries);

    let unknown = ProjectGreenListRequest { target_edition: "editions/HS1988".to_owned(), ..request };
    assert_eq!(lists.project_green_list(unknown).await.unwrap_err().code(), Code::NotFound);
    running.end().await;
}

async fn a_comparison_tells_a_change_of_edition_from_a_real_one(db: TestDatabase) {
    let running = Running::start(&db).await;
    let request = CompareGreenListsRequest {
        first: Some(state("apec-54", 0)),
        second: Some(state("oecd-cleg", 0)),
        edition: "editions/HS2022".to_owned(),
        ..Default::default()
    };
    let answer = running.green_lists().compare_green_lists(request.clone()).await.unwrap().into_inner();
    let mind: Vec<_> = answer.findings.iter().map(|it| (it.code.as_str(), it.parameters["list"].as_str())).collect();
    assert_eq!(mind, [("list_partial", "apec-54"), ("list_partial", "oecd-cleg")], "what is added may be on both");
    let kinds: std::collections::BTreeSet<_> = answer.differences.iter().map(|d| d.kind.as_str()).collect();
    assert!(kinds.contains("added") && !kinds.contains("removed"), "the OECD list holds all of APEC's: {kinds:?}");
    for difference in &answer.differences {
        assert_eq!(difference.first.is_none(), difference.kind == "added");
        assert_eq!(difference.code.as_ref().unwrap().edition, "HS2022");
    }
    // In pages the same.
    assert!(answer.next_page_token.is_empty() && answer.differences.len() > 3);
    let mut paged = Vec::new();
    let mut token = String::new();
    loop {
        let page = CompareGreenListsRequest { page_size: 3, page_token: token, ..request.clone() };
        let page = running.green_lists().compare_green_lists(page).await.unwrap().into_inner();
        assert_eq!((page.common, page.revision, &page.findings), (answer.common, answer.revision, &answer.findings));
        assert!(page.differences.len() <= 3);
        paged.extend(page.differences);
        token = page.next_page_token;
        if token.is_empty() {
            break;
        }
    }
    assert_eq!(paged, answer.differences);
    running.end().await;
}

async fn lists_are_put_together_with_reasons(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lists = running.green_lists();
    let combine = |operation: ListOperation| CombineGreenListsRequest {
        operation: operation.into(),
        green_lists: vec![state("oecd-cleg", 0), state("apec-54", 0)],
        edition: "editions/HS2022".to_owned(),
        page_size: 1_000,
        ..Default::default()
    };
    let union = lists.combine_green_lists(combine(ListOperation::Union)).await.unwrap().into_inner();
    let both = lists.combine_green_lists(combine(ListOperation::Intersection)).await.unwrap().into_inner();
    assert!(union.entries.len() > both.entries.len() && both.entries.iter().all(|row| row.ex), "APEC's are parts");
    let modules = |rows: &[greenlane_api::classification::v1::CombinedEntry]| {
        rows.iter().find(|row| row.code == code("HS2022", "854143")).cloned().unwrap()
    };
    let row = modules(&union.entries);
    assert_eq!((row.ex, row.green_lists.len()), (false, 2));
    assert_eq!(row.findings.iter().map(|finding| finding.code.as_str()).collect::<Vec<_>>(), ["exact", "part_only"]);
    running.end().await;
}

async fn a_list_that_is_put_together_with_itself_is_named_once(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lists = running.green_lists();
    for (operation, second, any) in [
        (ListOperation::Union, state("oecd-cleg", 0), true),
        (ListOperation::Intersection, state("oecd-cleg", 0), true),
        (ListOperation::Union, state("oecd-cleg", 1), true),
        (ListOperation::Difference, state("oecd-cleg", 0), false),
    ] {
        let request = CombineGreenListsRequest {
            operation: operation.into(),
            green_lists: vec![state("oecd-cleg", 0), second.clone()],
            edition: "editions/HS2022".to_owned(),
            page_size: 1_000,
            ..Default::default()
        };
        let entries = lists.combine_green_lists(request).await.unwrap().into_inner().entries;
        assert_eq!(!entries.is_empty(), any, "{operation:?} {second:?}");
        assert!(entries.iter().all(|row| row.green_lists == ["greenLists/oecd-cleg"]), "{operation:?} {second:?}");
        assert!(entries.iter().all(|row| second.version > 0 || row.findings.len() == 1), "{operation:?} {second:?}");
    }
    running.end().await;
}

async fn a_reference_classification_is_drafted_with_reasons(db: TestDatabase) {
    let running = Running::start(&db).await;
    let request = BuildReferenceClassificationRequest {
        green_lists: vec![
            WeightedList { green_list: Some(state("oecd-cleg", 0)), weight: 1.0 },
            WeightedList { green_list: Some(state("apec-54", 0)), weight: 1.0 },
        ],
        edition: "editions/HS2022".to_owned(),
        threshold: 2.0,
        include_widened: true,
        always: vec![code("HS2022", "850760").unwrap()],
        never: vec![code("HS2022", "854142").unwrap()],
        page_size: 1_000,
        ..Default::default()
    };
    let answer = running.green_lists().build_reference_classification(request.clone()).await.unwrap().into_inner();
    let row = |digits: &str| answer.rows.iter().find(|row| row.code == code("HS2022", digits));
    let modules = row("854143").unwrap();
    assert_eq!((modules.ex, modules.weight), (true, 2.0), "with APEC's part it reaches the threshold");
    assert_eq!(modules.findings[0].code, "threshold_reached");
    assert_eq!(row("850760").unwrap().findings[0].code, "always");
    assert!(row("854142").is_none());

    let unknown = BuildReferenceClassificationRequest { always: vec![code("HS2022", "854140").unwrap()], ..request };
    let refused = running.green_lists().build_reference_classification(unknown).await.unwrap_err();
    assert_eq!(refused.code(), Code::NotFound);
    running.end().await;
}

async fn a_list_weighs_once_in_a_reference_classification_in_whatever_version(db: TestDatabase) {
    let running = Running::start(&db).await;
    for version in [0, 1] {
        let weighted = |version: u32| WeightedList { green_list: Some(state("oecd-cleg", version)), weight: 1.0 };
        let request = BuildReferenceClassificationRequest {
            green_lists: vec![weighted(0), weighted(version)],
            edition: "editions/HS2022".to_owned(),
            threshold: 2.0,
            ..Default::default()
        };
        let refused = running.green_lists().build_reference_classification(request).await.unwrap_err();
        assert_eq!(refused.code(), Code::InvalidArgument);
        assert_eq!(Fault::violations_of(&refused)[0].field, "green_lists[1].green_list.name");
    }
    running.end().await;
}

async fn rows_are_looked_over_and_lists_by_name(db: TestDatabase) {
    let running = Running::start(&db).await;
    let row = |code: &str| LintRow { code: code.to_owned(), ..LintRow::default() };
    let request = LintGreenListRequest {
        rows: ["854140", "854143", "850231", "850231", "999999"].map(row).to_vec(),
        claimed_edition: "editions/HS2022".to_owned(),
        ..Default::default()
    };
    let answer = running.green_lists().lint_green_list(request).await.unwrap().into_inner();
    let found: Vec<_> = answer
        .findings
        .iter()
        .map(|f| (f.finding.as_ref().unwrap().code.as_str(), f.rows.clone(), f.row_count))
        .collect();
    let expected = [
        ("code_unknown", vec![5], 1),
        ("duplicate", vec![4], 1),
        ("code_deleted", vec![1], 1),
        ("editions_mixed", vec![1], 1),
    ];
    assert_eq!(found, expected);
    let codes: Vec<_> = answer.findings.iter().map(|found| found.codes.join(" ")).collect();
    assert_eq!(codes, ["999999", "850231", "854140", "854140"], "each by its code");
    assert_eq!(answer.likely_edition, "editions/HS2022");

    let in_editions = |code: &str| {
        let (edition, code) = code.split_once(':').unwrap();
        LintRow { edition: edition.to_owned(), ..row(code) }
    };
    let request = LintGreenListRequest {
        rows: ["HS2017:854140", "editions/HS2022:854143", "HS2017:850231", "HS2022:850231"].map(in_editions).to_vec(),
        ..Default::default()
    };
    let answer = running.green_lists().lint_green_list(request).await.unwrap().into_inner();
    assert_eq!(answer.findings, [], "each is of the edition that its row names");

    let named = LintGreenListRequest { name: "greenLists/apec-54".to_owned(), ..Default::default() };
    let answer = running.green_lists().lint_green_list(named).await.unwrap().into_inner();
    assert_eq!(answer.likely_edition, "editions/HS2017");
    assert!(answer.findings.iter().all(|found| found.finding.as_ref().unwrap().code == "overlap"), "{answer:?}");
    running.end().await;
}

async fn an_edition_to_come_is_rehearsed_on_codes_and_on_a_list(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lookup = running.lookup();
    let request = RehearseEditionRequest {
        codes: ["854140", "850231", "850131", "854143"].map(|digits| code("HS2017", digits).unwrap()).to_vec(),
        target_edition: "HS2022".to_owned(),
        ..Default::default()
    };
    let answer = lookup.rehearse_edition(request).await.unwrap().into_inner();
    assert_eq!(answer.effective_from, "2022-01-01");
    let expected = [("EXACT", 1), ("SPLIT", 1), ("SPLIT_AND_MERGED", 1)];
    assert_eq!(answer.counts, expected.map(|(name, count)| (name.to_owned(), count)).into());
    assert_eq!((answer.same_digits_changed_scope_count, answer.not_found_count), (1, 1));
    let missing = answer.results[3].result.as_ref().unwrap();
    let translation_result::Result::NotFound(missing) = missing else { panic!("{missing:?}") };
    assert_eq!(missing.editions, ["HS2022"]);

    let list = RehearseEditionRequest {
        green_list: "greenLists/oecd-cleg".to_owned(),
        target_edition: "HS2022".to_owned(),
        ..Default::default()
    };
    let answer = lookup.rehearse_edition(list).await.unwrap().into_inner();
    let counted: u32 = answer.counts.values().sum();
    assert!(answer.results.len() > 20 && counted as usize == answer.results.len());
    running.end().await;
}

async fn a_list_is_rehearsed_as_it_is_on_the_first_day_of_the_edition_or_on_the_day_that_is_asked(db: TestDatabase) {
    let running = Running::start(&db).await;
    // The list is in force from 2012-09-09 and the edition from 2022-01-01: both are to come.
    running.clock.set(Utc.with_ymd_and_hms(2012, 6, 1, 12, 0, 0).unwrap());
    let mut lookup = running.lookup();
    let mut rehearsed = async |date: &str| {
        let request = RehearseEditionRequest {
            green_list: "greenLists/apec-54".to_owned(),
            target_edition: "HS2022".to_owned(),
            date: date.to_owned(),
            ..Default::default()
        };
        let answer = lookup.rehearse_edition(request).await.unwrap().into_inner();
        (answer.listed_on, answer.results.len())
    };
    let (listed_on, entries) = rehearsed("").await;
    assert!(listed_on == "2022-01-01" && entries > 0, "{entries} entries of {listed_on}");
    assert_eq!(rehearsed("2012-09-09").await, ("2012-09-09".to_owned(), entries));
    assert_eq!(rehearsed("2012-06-01").await, ("2012-06-01".to_owned(), 0));
    let today = RehearseEditionRequest {
        green_list: "greenLists/apec-54".to_owned(),
        target_edition: "HS2017".to_owned(),
        ..Default::default()
    };
    running.clock.set(Utc.with_ymd_and_hms(2026, 6, 1, 12, 0, 0).unwrap());
    let answer = running.lookup().rehearse_edition(today).await.unwrap().into_inner();
    assert_eq!(answer.listed_on, "2026-06-01", "the edition is in force already");
    running.end().await;
}
