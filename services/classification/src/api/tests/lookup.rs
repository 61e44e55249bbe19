use greenlane_api::classification::v1::{
    BatchGetCodesRequest, BatchTranslateCodesRequest, CanBeSameGoods, CodeComparison, CodeLevel, CompareCodesRequest,
    CorrelationRelation, GetCodeRequest, ListCodesRequest, ListCorrelationsRequest, MatchKind, MembershipStatus,
    RehearseEditionRequest, SearchCodesRequest, TranslateCodeRequest, TranslationMethod, code_result,
    translation_result,
};
use greenlane_api::common::v1::read_consistency::Requirement;
use greenlane_api::common::v1::{ErrorReason, ReadConsistency};
use greenlane_platform::fault::Fault;
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::running::{Running, code, digits};
use crate::Migrator;
use crate::store::testing::redescribe;

engine_tests!(Migrator:
    a_code_comes_with_what_was_asked_for_and_no_more,
    languages_are_those_asked_for,
    an_unknown_code_is_told_with_what_is_near_it,
    a_batch_answers_what_is_missing_in_its_place,
    what_an_answer_does_not_hold_is_refused_with_how_many_it_holds,
    a_search_finds_codes_in_both_languages,
    pages_hold_every_row_once_at_one_revision,
    a_translation_tells_its_relation_and_what_is_held_back,
    a_comparison_gives_its_reasons,
    every_row_of_the_correlation_is_listed,
    a_read_is_as_fresh_as_it_asks_to_be,
);

fn get(edition: &str, digits: &str) -> GetCodeRequest {
    GetCodeRequest { code: code(edition, digits), ..GetCodeRequest::default() }
}

fn exactly(revision: u64) -> Option<ReadConsistency> {
    Some(ReadConsistency { requirement: Some(Requirement::ExactlyRevision(revision)) })
}

async fn a_code_comes_with_what_was_asked_for_and_no_more(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lookup = running.lookup();
    let plain = lookup.get_code(get("HS2022", "8541.43")).await.unwrap().into_inner();
    let found = plain.code.unwrap();
    assert_eq!((found.name.as_str(), found.display.as_str()), ("editions/HS2022/codes/854143", "8541.43"));
    assert_eq!((found.parent.as_str(), found.level()), ("editions/HS2022/codes/8541", CodeLevel::Subheading));
    assert_eq!(found.descriptions.len(), 2);
    assert_eq!(plain.revision, 1);
    assert!(plain.ancestors.is_empty() && plain.siblings.is_empty() && plain.memberships.is_empty());

    let full = GetCodeRequest {
        include_ancestors: true,
        include_children: true,
        include_siblings: true,
        include_history: true,
        include_green_lists: true,
        ..get("HS2022", "854143")
    };
    let full = lookup.get_code(full).await.unwrap().into_inner();
    assert_eq!(digits(full.ancestors.iter().map(|code| code.reference.as_ref())), ["85", "8541"]);
    assert!(full.siblings.iter().all(|code| code.name.starts_with("editions/HS2022/codes/8541")));
    assert_eq!(full.siblings.len(), 11);
    assert_eq!(full.history[0].event, "created");
    assert_eq!(full.history[0].effective_on, "2022-01-01");
    let lists: Vec<_> = full.memberships.iter().map(|m| (m.green_list.as_str(), m.status())).collect();
    let expected =
        [("greenLists/apec-54", MembershipStatus::Partly), ("greenLists/oecd-cleg", MembershipStatus::Member)];
    assert_eq!(lists, expected);
    running.end().await;
}

async fn languages_are_those_asked_for(db: TestDatabase) {
    let running = Running::start(&db).await;
    for (asked, expected) in [("zh", "zh"), ("zh-Hans-CN", "zh"), ("en-GB", "en")] {
        let request = GetCodeRequest { languages: vec![asked.to_owned()], ..get("HS2022", "854143") };
        let found = running.lookup().get_code(request).await.unwrap().into_inner().code.unwrap();
        assert_eq!(found.descriptions.iter().map(|text| text.language.as_str()).collect::<Vec<_>>(), [expected]);
    }
    running.end().await;
}

async fn an_unknown_code_is_told_with_what_is_near_it(db: TestDatabase) {
    let running = Running::start(&db).await;
    let missing = running.lookup().get_code(get("HS2022", "854140")).await.unwrap_err();
    assert_eq!(missing.code(), Code::NotFound);
    assert_eq!(Fault::reason_of(&missing), Some(ErrorReason::ResourceNotFound));
    let metadata = Fault::metadata_of(&missing);
    assert_eq!(metadata["resource"], "editions/HS2022/codes/854140");
    assert_eq!(metadata["nearest"], "8541,85");
    assert_eq!(metadata["editions"], "HS2017");

    let line = running.lookup().get_code(get("HS2022", "8541430010")).await.unwrap_err();
    assert_eq!(line.code(), Code::InvalidArgument);
    let metadata = Fault::metadata_of(&line);
    assert_eq!((metadata["nearest"].as_str(), metadata["editions"].as_str()), ("854143,8541,85", ""));

    let unknown = running.lookup().get_code(get("HS2012", "854140")).await.unwrap_err();
    assert_eq!(unknown.code(), Code::NotFound);
    let metadata = Fault::metadata_of(&unknown);
    assert_eq!((metadata["resource"].as_str(), metadata["editions"].as_str()), ("editions/HS2012", "HS2017,HS2022"));
    running.end().await;
}

async fn a_batch_answers_what_is_missing_in_its_place(db: TestDatabase) {
    let running = Running::start(&db).await;
    let codes: Vec<_> = [("HS2022", "854143"), ("HS2022", "854140"), ("HS2017", "854140"), ("HS1992", "854140")]
        .into_iter()
        .filter_map(|(edition, digits)| code(edition, digits))
        .collect();
    let request = BatchGetCodesRequest { codes: codes.clone(), ..BatchGetCodesRequest::default() };
    let found = running.lookup().batch_get_codes(request).await.unwrap().into_inner().results;
    let there: Vec<_> = found
        .iter()
        .map(|result| match result.result.as_ref().unwrap() {
            code_result::Result::Code(code) => Ok(code.display.as_str()),
            code_result::Result::NotFound(missing) => Err(missing.editions.join(",")),
        })
        .collect();
    let expected = [Ok("8541.43"), Err("HS2017".to_owned()), Ok("8541.40"), Err("HS2017,HS2022".to_owned())];
    assert_eq!(there, expected);

    let target_edition = "HS2022".to_owned();
    let request = BatchTranslateCodesRequest { codes, target_edition, ..BatchTranslateCodesRequest::default() };
    let found = running.lookup().batch_translate_codes(request).await.unwrap().into_inner().results;
    let targets = |index: usize| match found[index].result.as_ref().unwrap() {
        translation_result::Result::Translation(translation) => translation.targets.len(),
        translation_result::Result::NotFound(_) => 0,
    };
    assert_eq!([targets(0), targets(1), targets(2), targets(3)], [1, 0, 4, 0]);
    running.end().await;
}

async fn what_an_answer_does_not_hold_is_refused_with_how_many_it_holds(db: TestDatabase) {
    let running = Running::start(&db).await;
    let asked = |codes: usize| RehearseEditionRequest {
        codes: (0..codes).filter_map(|_| code("HS2017", "8541")).collect(),
        target_edition: "HS2022".to_owned(),
        include_held_back: true,
        ..RehearseEditionRequest::default()
    };
    let refused = running.lookup().rehearse_edition(asked(10_000)).await.map(drop).unwrap_err();
    assert_eq!(refused.code(), Code::InvalidArgument);
    let violation = Fault::violations_of(&refused).remove(0);
    assert_eq!(violation.field, "codes");
    let first = violation.description.split("the first ").nth(1).and_then(|rest| rest.split(' ').next());
    let first: usize = first.unwrap().parse().unwrap();
    // A client takes 4 MiB unless it is told otherwise.
    let answer = running.lookup().rehearse_edition(asked(first)).await.unwrap().into_inner();
    assert!(answer.results.len() == first && first > 100, "{first}");
    running.end().await;
}

async fn a_search_finds_codes_in_both_languages(db: TestDatabase) {
    let running = Running::start(&db).await;
    let search = |query: &str, lists: &[&str]| SearchCodesRequest {
        query: query.to_owned(),
        green_lists: lists.iter().map(|list| format!("greenLists/{list}")).collect(),
        ..SearchCodesRequest::default()
    };
    for query in ["solar modules", "太阳能电池组件", "854143"] {
        let hits = running.lookup().search_codes(search(query, &[])).await.unwrap().into_inner().hits;
        assert_eq!(hits[0].code.as_ref().unwrap().name, "editions/HS2022/codes/854143", "{query}");
        assert!(!hits[0].matched_words.is_empty());
    }
    let exact = running.lookup().search_codes(search("854143", &[])).await.unwrap().into_inner().hits;
    assert_eq!(exact[0].r#match(), MatchKind::ExactCode);

    let all = running.lookup().search_codes(search("battery lead", &[])).await.unwrap().into_inner().hits;
    let green = running.lookup().search_codes(search("generating", &["apec-54"])).await.unwrap().into_inner().hits;
    assert!(!all.is_empty());
    let codes = digits(green.iter().map(|hit| hit.code.as_ref().unwrap().reference.as_ref()));
    assert!(codes.contains(&"850231") && !codes.contains(&"850211"), "{codes:?}");

    let none = running.lookup().search_codes(search("xylophone", &[])).await.unwrap().into_inner();
    assert!(none.hits.is_empty() && none.next_page_token.is_empty() && none.editions_with.is_empty());
    // A code that is none any more is told where it was one.
    let gone = running.lookup().search_codes(search("854140", &[])).await.unwrap().into_inner();
    assert_eq!((gone.hits.len(), gone.editions_with), (0, vec!["HS2017".to_owned()]));
    assert_eq!(digits(gone.nearest.iter().map(Some)), ["8541"]);
    running.end().await;
}

async fn pages_hold_every_row_once_at_one_revision(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lookup = running.lookup();
    let mut request = ListCodesRequest {
        edition: "HS2022".to_owned(),
        under: "85".to_owned(),
        level: CodeLevel::Subheading.into(),
        page_size: 7,
        ..ListCodesRequest::default()
    };
    let mut found = Vec::new();
    loop {
        let page = lookup.list_codes(request.clone()).await.unwrap().into_inner();
        assert_eq!(page.revision, 1);
        assert!(page.codes.len() <= 7);
        found.extend(page.codes.into_iter().map(|code| code.name));
        if found.len() == 7 {
            // What is published meanwhile does not touch the pages that follow.
            redescribe(&db, "854143", "Solar panels").await;
            let now = ReadConsistency { requirement: Some(Requirement::AtLeastRevision(2)) };
            let fresh = GetCodeRequest { consistency: Some(now), ..get("HS2022", "854143") };
            assert_eq!(lookup.get_code(fresh).await.unwrap().into_inner().revision, 2);
        }
        if page.next_page_token.is_empty() {
            break;
        }
        request.page_token = page.next_page_token;
    }
    assert!(found.is_sorted());
    let mut once = found.clone();
    once.dedup();
    assert_eq!(once.len(), found.len());
    assert!(found.len() > 80, "{} codes", found.len());

    request.under = "84".to_owned();
    let other = lookup.list_codes(request).await.unwrap_err();
    assert_eq!(Fault::reason_of(&other), Some(ErrorReason::PageTokenInvalid));
    running.end().await;
}

async fn a_translation_tells_its_relation_and_what_is_held_back(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut request = TranslateCodeRequest {
        code: code("HS2017", "8541.40"),
        target_edition: "HS2022".to_owned(),
        ..TranslateCodeRequest::default()
    };
    let found = running.lookup().translate_code(request.clone()).await.unwrap().into_inner().translation.unwrap();
    assert_eq!(found.relation(), CorrelationRelation::Split);
    assert_eq!(found.method(), TranslationMethod::Direct);
    assert_eq!(
        digits(found.targets.iter().map(|target| target.code.as_ref())),
        ["854141", "854142", "854143", "854149"]
    );
    assert_eq!((found.held_back_count, found.path), (6, vec!["HS2017".to_owned(), "HS2022".to_owned()]));
    assert_eq!(found.findings[0].code, "links_held_back");

    request.include_held_back = true;
    let all = running.lookup().translate_code(request).await.unwrap().into_inner().translation.unwrap();
    assert_eq!(all.targets.len(), 10);
    assert_eq!(all.targets.iter().filter(|target| target.held_back).count(), 6);
    running.end().await;
}

async fn a_comparison_gives_its_reasons(db: TestDatabase) {
    let running = Running::start(&db).await;
    let compare = |first, second| CompareCodesRequest { first, second, ..CompareCodesRequest::default() };
    let module = || code("HS2022", "854143");
    for (second, same, lies, finding) in [
        (code("HS2017", "854140"), CanBeSameGoods::Yes, CodeComparison::SecondContainsFirst, "correlation"),
        (code("HS2022", "850760"), CanBeSameGoods::No, CodeComparison::Different, "no_common_goods"),
        (code("HS2017", "854143"), CanBeSameGoods::Undetermined, CodeComparison::Undetermined, "code_unknown"),
        (code("HS1996", "854140"), CanBeSameGoods::Undetermined, CodeComparison::Undetermined, "edition_unknown"),
    ] {
        let answer = running.lookup().compare_codes(compare(module(), second)).await.unwrap().into_inner();
        assert_eq!((answer.can_be_same_goods(), answer.comparison()), (same, lies));
        assert_eq!((answer.findings[0].code.as_str(), answer.revision), (finding, 1));
    }
    running.end().await;
}

async fn every_row_of_the_correlation_is_listed(db: TestDatabase) {
    let running = Running::start(&db).await;
    for (first, second) in [("HS2017", "HS2022"), ("HS2022", "HS2017")] {
        let request = ListCorrelationsRequest {
            first_edition: first.to_owned(),
            second_edition: second.to_owned(),
            page_size: 1_000,
            ..ListCorrelationsRequest::default()
        };
        let page = running.lookup().list_correlations(request).await.unwrap().into_inner();
        assert_eq!(page.links.len(), 835);
        assert!(page.links.iter().all(|link| link.earlier.as_ref().unwrap().edition == "HS2017"));
    }
    running.end().await;
}

async fn a_read_is_as_fresh_as_it_asks_to_be(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lookup = running.lookup();
    let before = GetCodeRequest { consistency: exactly(1), ..get("HS2022", "854143") };
    let first = lookup.get_code(before.clone()).await.unwrap().into_inner();
    redescribe(&db, "854143", "Solar panels").await;
    let after = GetCodeRequest { consistency: exactly(2), ..get("HS2022", "854143") };
    let second = lookup.get_code(after).await.unwrap().into_inner();
    assert_eq!(second.code.unwrap().descriptions[0].text, "Solar panels");
    assert_eq!(lookup.get_code(before).await.unwrap().into_inner(), first, "the same bytes for ever");

    let future = ReadConsistency { requirement: Some(Requirement::AtLeastRevision(99)) };
    let refused =
        lookup.get_code(GetCodeRequest { consistency: Some(future), ..get("HS2022", "8541") }).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(Fault::reason_of(&refused), Some(ErrorReason::RevisionNotReached));
    assert_eq!(Fault::metadata_of(&refused)["revision"], "2");
    running.end().await;
}
