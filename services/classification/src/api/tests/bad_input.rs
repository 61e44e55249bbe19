use greenlane_api::classification::v1::{
    BatchGetCodesRequest, BuildReferenceClassificationRequest, CheckMembershipRequest, CombineGreenListsRequest,
    CompareCodesRequest, CompareGreenListsRequest, GetCodeRequest, GetEditionRequest, GreenListState,
    LintGreenListRequest, LintRow, ListCodesRequest, ListCorrelationsRequest, ListGreenListVersionsRequest,
    ProjectGreenListRequest, RehearseEditionRequest, SearchCodesRequest, TranslateCodeRequest, WeightedList,
};
use greenlane_api::common::v1::read_consistency::Requirement;
use greenlane_api::common::v1::{CodeReference, ErrorReason, ReadConsistency};
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::{Code, Status};

use super::running::{Running, code};
use crate::Migrator;

engine_tests!(Migrator: every_bad_field_is_named, every_bad_field_of_a_question_about_lists_is_named);

/// The fields that an answer blames.
fn blamed<T: std::fmt::Debug>(answer: Result<T, Status>) -> Vec<String> {
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::InvalidArgument, "{status:?}");
    assert_eq!(Fault::reason_of(&status), Some(ErrorReason::FieldViolations));
    Fault::violations_of(&status).into_iter().map(|violation| violation.field).collect()
}

async fn every_bad_field_is_named(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lookup = running.lookup();
    let bad = || code("hs 2022", "85x1");
    let consistency = Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(0)) });

    let get = GetCodeRequest {
        code: bad(),
        languages: vec!["english!".to_owned()],
        consistency,
        ..GetCodeRequest::default()
    };
    let fields = ["code.edition", "code.code", "languages[0]", "consistency.exactly_revision"];
    assert_eq!(blamed(lookup.get_code(get).await), fields);
    assert_eq!(blamed(lookup.get_code(GetCodeRequest::default()).await), ["code"]);

    let short = GetCodeRequest { code: code("HS2022", "85414"), ..GetCodeRequest::default() };
    assert_eq!(blamed(lookup.get_code(short).await), ["code.code"]);

    let good = CodeReference { edition: "HS2022".to_owned(), code: "8541".to_owned() };
    let batch = BatchGetCodesRequest { codes: vec![good, bad().unwrap()], ..BatchGetCodesRequest::default() };
    assert_eq!(blamed(lookup.batch_get_codes(batch).await), ["codes[1].edition", "codes[1].code"]);
    assert_eq!(blamed(lookup.batch_get_codes(BatchGetCodesRequest::default()).await), ["codes"]);

    let translate = TranslateCodeRequest { code: bad(), ..TranslateCodeRequest::default() };
    assert_eq!(blamed(lookup.translate_code(translate).await), ["code.edition", "code.code", "target_edition"]);

    let compare = CompareCodesRequest { first: bad(), ..CompareCodesRequest::default() };
    assert_eq!(blamed(lookup.compare_codes(compare).await), ["first.edition", "first.code", "second"]);

    let search = SearchCodesRequest {
        editions: vec!["?".to_owned()],
        levels: vec![0, 99],
        green_lists: vec!["oecd-cleg".to_owned()],
        page_size: -1,
        ..SearchCodesRequest::default()
    };
    let fields = ["query", "editions[0]", "levels[0]", "levels[1]", "green_lists[0]", "page_size"];
    assert_eq!(blamed(lookup.search_codes(search).await), fields);
    let long = SearchCodesRequest { query: "x".repeat(501), ..SearchCodesRequest::default() };
    assert_eq!(blamed(lookup.search_codes(long).await), ["query"]);

    let list = ListCodesRequest { under: "é".to_owned(), direct_children_only: true, ..ListCodesRequest::default() };
    assert_eq!(blamed(lookup.list_codes(list).await), ["edition", "under"]);
    let under =
        ListCodesRequest { edition: "HS2022".to_owned(), under: "854".to_owned(), ..ListCodesRequest::default() };
    assert_eq!(blamed(lookup.list_codes(under).await), ["under"]);

    let same = ListCorrelationsRequest {
        first_edition: "HS2022".to_owned(),
        second_edition: "HS2022".to_owned(),
        ..ListCorrelationsRequest::default()
    };
    assert_eq!(blamed(lookup.list_correlations(same).await), ["second_edition"]);

    let edition = GetEditionRequest { name: "HS2022".to_owned(), ..GetEditionRequest::default() };
    assert_eq!(blamed(running.code_systems().get_edition(edition).await), ["name"]);

    let check =
        CheckMembershipRequest { code: bad(), date: "2026-02-30".to_owned(), ..CheckMembershipRequest::default() };
    let fields = ["code.edition", "code.code", "date"];
    assert_eq!(blamed(running.green_lists().check_membership(check).await), fields);
    running.end().await;
}

async fn every_bad_field_of_a_question_about_lists_is_named(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lists = running.green_lists();
    let bad = || Some(GreenListState { name: "apec-54".to_owned(), version: 0, date: "soon".to_owned() });
    let good = || Some(GreenListState { name: "greenLists/apec-54".to_owned(), ..GreenListState::default() });

    let compare = CompareGreenListsRequest { first: bad(), edition: "HS2022".to_owned(), ..Default::default() };
    let fields = ["first.name", "first.date", "second", "edition"];
    assert_eq!(blamed(lists.compare_green_lists(compare).await), fields);

    let project = ProjectGreenListRequest { green_list: bad(), page_size: -1, ..Default::default() };
    let fields = ["green_list.name", "green_list.date", "target_edition", "page_size"];
    assert_eq!(blamed(lists.project_green_list(project).await), fields);

    let combine = CombineGreenListsRequest { green_lists: vec![bad().unwrap()], ..Default::default() };
    let fields = ["operation", "green_lists", "green_lists[0].name", "green_lists[0].date", "edition"];
    assert_eq!(blamed(lists.combine_green_lists(combine).await), fields);

    let both = LintGreenListRequest {
        name: "greenLists/apec-54".to_owned(),
        rows: vec![LintRow::default()],
        claimed_edition: "?".to_owned(),
        ..Default::default()
    };
    assert_eq!(blamed(lists.lint_green_list(both).await), ["rows", "claimed_edition"]);
    assert_eq!(blamed(lists.lint_green_list(LintGreenListRequest::default()).await), ["rows"]);

    let reference = BuildReferenceClassificationRequest {
        green_lists: vec![WeightedList { green_list: good(), weight: 0.0 }, WeightedList::default()],
        edition: "editions/HS2022".to_owned(),
        threshold: f64::NAN,
        always: vec![code("HS2022", "854143").unwrap(), code("HS2017", "854140").unwrap()],
        never: vec![code("HS2022", "854143").unwrap()],
        ..Default::default()
    };
    let fields = [
        "green_lists[0].weight",
        "green_lists[1].green_list",
        "green_lists[1].weight",
        "threshold",
        "always[1].edition",
        "never[0]",
    ];
    assert_eq!(blamed(lists.build_reference_classification(reference).await), fields);

    let versions = ListGreenListVersionsRequest { page_size: -1, ..Default::default() };
    assert_eq!(blamed(lists.list_green_list_versions(versions).await), ["name", "page_size"]);

    let rehearse = RehearseEditionRequest {
        codes: vec![code("HS2022", "854143").unwrap()],
        green_list: "greenLists/apec-54".to_owned(),
        ..Default::default()
    };
    let mut lookup = running.lookup();
    assert_eq!(blamed(lookup.rehearse_edition(rehearse.clone()).await), ["green_list", "target_edition"]);
    let of_codes = RehearseEditionRequest {
        green_list: String::new(),
        target_edition: "HS2022".to_owned(),
        date: "2028-01-01".to_owned(),
        ..rehearse
    };
    assert_eq!(blamed(lookup.rehearse_edition(of_codes).await), ["date"]);
    assert_eq!(blamed(lookup.rehearse_edition(RehearseEditionRequest::default()).await), ["codes", "target_edition"]);
    running.end().await;
}
