use greenlane_api::classification::v1::{
    CheckMembershipRequest, GetGreenListRequest, ListGreenListEntriesRequest, ListGreenListsRequest, MembershipStatus,
};
use greenlane_store::engine_tests;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::running::{Running, code};
use crate::Migrator;

engine_tests!(Migrator:
    lists_are_found_with_their_entries,
    what_is_not_in_force_is_listed_where_it_is_asked_for,
    membership_is_answered_for_a_day,
);

async fn lists_are_found_with_their_entries(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lists = running.green_lists();
    let all = lists.list_green_lists(ListGreenListsRequest::default()).await.unwrap().into_inner().green_lists;
    assert_eq!(
        all.iter().map(|list| list.name.as_str()).collect::<Vec<_>>(),
        ["greenLists/apec-54", "greenLists/oecd-cleg"]
    );
    let name = "greenLists/apec-54".to_owned();
    let get = GetGreenListRequest { name: name.clone(), ..GetGreenListRequest::default() };
    let list = lists.get_green_list(get).await.unwrap().into_inner().green_list.unwrap();
    assert_eq!(list, all[0]);
    assert!(list.partial && !list.source.as_ref().unwrap().uri.is_empty());
    let entries = ListGreenListEntriesRequest { name, page_size: 2, ..ListGreenListEntriesRequest::default() };
    let page = lists.list_green_list_entries(entries.clone()).await.unwrap().into_inner();
    assert_eq!(page.entries.len(), 2);
    let rest = ListGreenListEntriesRequest { page_token: page.next_page_token, page_size: 100, ..entries };
    let rest = lists.list_green_list_entries(rest).await.unwrap().into_inner().entries;
    assert_eq!(u32::try_from(2 + rest.len()).unwrap(), list.entry_count);

    let get = GetGreenListRequest { name: "greenLists/none".to_owned(), ..GetGreenListRequest::default() };
    assert_eq!(lists.get_green_list(get).await.unwrap_err().code(), Code::NotFound);
    running.end().await;
}

async fn what_is_not_in_force_is_listed_where_it_is_asked_for(db: TestDatabase) {
    let running = Running::start(&db).await;
    let mut lists = running.green_lists();
    let before = || "1900-01-01".to_owned();
    for (include_not_in_force, expected) in [(false, 1), (true, 2)] {
        let request = ListGreenListsRequest { date: before(), include_not_in_force, ..Default::default() };
        let found = lists.list_green_lists(request).await.unwrap().into_inner().green_lists;
        assert_eq!(found.len(), expected, "one of them says since when it is: {found:?}");
    }
    let name = || "greenLists/apec-54".to_owned();
    let now = ListGreenListEntriesRequest { name: name(), page_size: 1_000, ..Default::default() };
    let now = lists.list_green_list_entries(now).await.unwrap().into_inner().entries;
    let then = ListGreenListEntriesRequest { name: name(), date: before(), page_size: 1, ..Default::default() };
    assert_eq!(lists.list_green_list_entries(then.clone()).await.unwrap().into_inner().entries, []);
    let all = ListGreenListEntriesRequest { include_not_in_force: true, ..then };
    let first = lists.list_green_list_entries(all.clone()).await.unwrap().into_inner();
    let rest = |include_not_in_force| ListGreenListEntriesRequest {
        page_size: 1_000,
        page_token: first.next_page_token.clone(),
        include_not_in_force,
        ..all.clone()
    };
    let entries = lists.list_green_list_entries(rest(true)).await.unwrap().into_inner().entries;
    assert_eq!(first.entries.iter().chain(&entries).collect::<Vec<_>>(), now.iter().collect::<Vec<_>>());
    assert!(lists.list_green_list_entries(rest(false)).await.is_err(), "a page token is of its question");
    running.end().await;
}

async fn membership_is_answered_for_a_day(db: TestDatabase) {
    let running = Running::start(&db).await;
    let check = |digits: &str, lists: &[&str], date: &str| CheckMembershipRequest {
        code: code("HS2022", digits),
        green_lists: lists.iter().map(|list| format!("greenLists/{list}")).collect(),
        date: date.to_owned(),
        ..CheckMembershipRequest::default()
    };
    let mut lists = running.green_lists();
    let found = lists.check_membership(check("854143", &[], "")).await.unwrap().into_inner().memberships;
    let status: Vec<_> = found.iter().map(|m| (m.green_list.as_str(), m.status())).collect();
    let expected =
        [("greenLists/apec-54", MembershipStatus::Partly), ("greenLists/oecd-cleg", MembershipStatus::Member)];
    assert_eq!(status, expected);
    assert_eq!(found[1].entries[0].category, "REP");

    let before = lists.check_membership(check("854143", &["apec-54"], "2012-09-08")).await.unwrap().into_inner();
    assert_ne!(before.memberships[0].status(), MembershipStatus::Partly, "the list was not there yet");
    running.end().await;
}
