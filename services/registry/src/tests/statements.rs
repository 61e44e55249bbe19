//! Accreditation scopes and designations.

use greenlane_api::common::v1 as common;
use greenlane_api::registry::v1 as wire;
use greenlane_platform::fault::Fault;
use greenlane_store::testing::TestDatabase;
use tonic::Code;

use super::bodies::{bodies_of, exactly};
use super::harness::{Served, new_body, serve};
use crate::Migrator;

greenlane_store::engine_tests!(Migrator:
    a_scope_is_suspended_and_reinstated_and_read_as_it_was,
    a_designation_is_its_authoritys_alone,
    no_body_accredits_or_designates_itself,
    another_economy_contests_a_designation_and_settles_it,
    no_keeper_settles_what_an_authority_contested_nor_what_was_contested_of_its_own_economy,
    the_scope_of_a_foreign_accreditation_body_is_changed_by_its_own_economys_administrator_alone,
    an_authority_designates_across_a_border_and_the_economy_of_the_body_may_contest_it,
    a_withdrawn_designation_stays_withdrawn,
    an_annex_has_one_name_also_for_who_writes_its_arrangements_before_it,
    every_wrong_field_of_a_statement_is_named,
    lists_of_statements_are_paged_in_their_order,
);

/// A laboratory with its accreditation body and designating authority, and another economy's authority.
async fn enrol_all(served: &Served) {
    use wire::BodyRole as R;
    for (id, economy, role) in [
        ("xa-lab", "XA", R::CertificationBody),
        ("xa-accreditation", "XA", R::AccreditationBody),
        ("xa-authority", "XA", R::DesignatingAuthority),
        ("xb-authority", "XB", R::DesignatingAuthority),
    ] {
        let mut request = new_body(id);
        let body = request.body.as_mut().unwrap();
        body.economy = economy.to_owned();
        body.roles = vec![role.into()];
        served.bodies().create_body(request).await.unwrap();
    }
}

fn scope(request_id: &str) -> wire::CreateAccreditationScopeRequest {
    wire::CreateAccreditationScopeRequest {
        request_id: request_id.to_owned(),
        body: "bodies/xa-lab".to_owned(),
        accreditation_scope: Some(wire::AccreditationScope {
            accreditation_body: "bodies/xa-accreditation".to_owned(),
            schemes: vec!["schemes/example-pv".to_owned()],
            codes: vec![common::CodeReference { edition: "HS2022".to_owned(), code: "8541".to_owned() }],
            valid_from: "2026-01-01".to_owned(),
            valid_until: "2029-12-31".to_owned(),
            ..wire::AccreditationScope::default()
        }),
        ..wire::CreateAccreditationScopeRequest::default()
    }
}

fn designation(request_id: &str) -> wire::CreateDesignationRequest {
    wire::CreateDesignationRequest {
        request_id: request_id.to_owned(),
        body: "bodies/xa-lab".to_owned(),
        designation: Some(wire::Designation {
            authority: "bodies/xa-authority".to_owned(),
            arrangement: "arrangements/xa-xb".to_owned(),
            annex: "annexes/pv".to_owned(),
            valid_from: "2026-01-01".to_owned(),
            ..wire::Designation::default()
        }),
        ..wire::CreateDesignationRequest::default()
    }
}

macro_rules! step {
    ($request:ident, $name:expr, $day:expr, $id:expr) => {
        wire::$request {
            request_id: String::from($id),
            name: $name.to_owned(),
            effective_date: String::from($day),
            reason_text: "For a reason of its own.".to_owned(),
            ..wire::$request::default()
        }
    };
}

fn reason(refused: &tonic::Status) -> Option<common::ErrorReason> {
    Fault::reason_of(refused)
}

async fn a_scope_is_suspended_and_reinstated_and_read_as_it_was(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut accreditor = bodies_of(&served, "bodies/xa-accreditation");
    let own = bodies_of(&served, "bodies/xa-lab").create_accreditation_scope(scope("s0")).await.unwrap_err();
    assert_eq!(reason(&own), Some(common::ErrorReason::NotYours), "nobody accredits itself");
    let created = accreditor.create_accreditation_scope(scope("s1")).await.unwrap().into_inner();
    let before = created.accreditation_scope.unwrap();
    assert_eq!(before.create_revision, created.revision);
    let suspend = step!(SuspendAccreditationScopeRequest, before.name, "2026-03-01", "p1");
    let suspended = accreditor.suspend_accreditation_scope(suspend.clone()).await.unwrap().into_inner();
    assert_eq!(suspended.accreditation_scope.clone().unwrap().suspensions[0].from, "2026-03-01");
    let again = accreditor.suspend_accreditation_scope(suspend).await.unwrap().into_inner();
    assert_eq!(again, suspended, "a repetition is answered as the first");
    let reinstate = step!(ReinstateAccreditationScopeRequest, before.name, "2026-04-01", "r1");
    let reinstated = accreditor.reinstate_accreditation_scope(reinstate).await.unwrap().into_inner();
    let period = reinstated.accreditation_scope.unwrap().suspensions.pop().unwrap();
    assert_eq!((period.until.as_str(), period.by.as_str()), ("2026-03-31", "bodies/xa-accreditation"));
    let twice = step!(ReinstateAccreditationScopeRequest, before.name, "2026-05-01", "r2");
    let refused = accreditor.reinstate_accreditation_scope(twice).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict));

    let list = async |revision| {
        let request = wire::ListAccreditationScopesRequest {
            body: "bodies/xa-lab".to_owned(),
            consistency: exactly(revision),
            ..wire::ListAccreditationScopesRequest::default()
        };
        served.bodies().list_accreditation_scopes(request).await.unwrap().into_inner().accreditation_scopes
    };
    assert_eq!(list(created.revision).await, [before]);
    assert!(list(created.revision - 1).await.is_empty());
    assert_eq!(list(reinstated.revision).await[0].suspensions, [period]);
}

async fn a_designation_is_its_authoritys_alone(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    for body in ["bodies/xa-lab", "bodies/xb-authority"] {
        let refused = bodies_of(&served, body).create_designation(designation("d0")).await.unwrap_err();
        assert_eq!(reason(&refused), Some(common::ErrorReason::NotYours), "{body}");
    }
    let refused = served.bodies().create_designation(designation("d0")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::NotYours), "nor the keeper of the register's");
    let mut wrong = designation("d1");
    wrong.designation.as_mut().unwrap().authority = "bodies/xa-accreditation".to_owned();
    let refused = bodies_of(&served, "bodies/xa-accreditation").create_designation(wrong).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert_eq!(refused.message(), "`bodies/xa-accreditation` is no designating authority, and cannot act as one");

    let mut authority = bodies_of(&served, "bodies/xa-authority");
    let made = authority.create_designation(designation("d2")).await.unwrap().into_inner().designation.unwrap();
    assert_eq!(made.state(), wire::DesignationState::Active);
    let suspend = |id| step!(SuspendDesignationRequest, made.name, "2026-05-01", id);
    for stranger in [bodies_of(&served, "bodies/xb-authority"), served.bodies()] {
        let refused = stranger.clone().suspend_designation(suspend("s0")).await.unwrap_err();
        assert_eq!(reason(&refused), Some(common::ErrorReason::NotYours));
    }
    let suspended = authority.suspend_designation(suspend("s1")).await.unwrap().into_inner();
    assert_eq!(suspended.designation.unwrap().state(), wire::DesignationState::Suspended);
    let reinstate = step!(ReinstateDesignationRequest, made.name, "2026-05-20", "r1");
    let reinstated = authority.reinstate_designation(reinstate).await.unwrap().into_inner();
    assert_eq!(reinstated.designation.unwrap().state(), wire::DesignationState::Active);
    // A scope's name is no designation's.
    let name = made.name.replace("designations", "accreditationScopes");
    let other = step!(SuspendAccreditationScopeRequest, name, "2026-06-01", "s2");
    assert_eq!(served.bodies().suspend_accreditation_scope(other).await.unwrap_err().code(), Code::NotFound);
}

async fn no_body_accredits_or_designates_itself(db: TestDatabase) {
    use wire::BodyRole as R;
    let served = serve(&db).await;
    let mut all = new_body("both");
    all.body.as_mut().unwrap().roles =
        [R::CertificationBody, R::AccreditationBody, R::DesignatingAuthority].map(i32::from).to_vec();
    served.bodies().create_body(all).await.unwrap();
    let mut own = bodies_of(&served, "bodies/both");
    let mut request = scope("s1");
    request.body = "bodies/both".to_owned();
    request.accreditation_scope.as_mut().unwrap().accreditation_body = "bodies/both".to_owned();
    let refused = own.create_accreditation_scope(request).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict));
    let mut request = designation("d1");
    request.body = "bodies/both".to_owned();
    request.designation.as_mut().unwrap().authority = "bodies/both".to_owned();
    let refused = own.create_designation(request).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict));
}

async fn another_economy_contests_a_designation_and_settles_it(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut authority = bodies_of(&served, "bodies/xa-authority");
    let made = authority.create_designation(designation("d1")).await.unwrap().into_inner().designation.unwrap();
    let contest = |id: &str| step!(ContestDesignationRequest, made.name, "2026-05-01", id);
    let refused = authority.contest_designation(contest("c0")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict), "not its own");
    let refused = bodies_of(&served, "bodies/xa-lab").contest_designation(contest("c0")).await.unwrap_err();
    assert_eq!(refused.code(), Code::FailedPrecondition);
    let mut other = bodies_of(&served, "bodies/xb-authority");
    let contested = other.contest_designation(contest("c1")).await.unwrap().into_inner().designation.unwrap();
    assert_eq!(contested.state(), wire::DesignationState::Contested);
    assert_eq!(contested.contestations[0].by, "bodies/xb-authority");
    let settle = |id: &str| step!(SettleDesignationRequest, made.name, "2026-05-30", id);
    let refused = authority.settle_designation(settle("t0")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::NotYours), "who is contested does not settle it");
    let settled = other.settle_designation(settle("t1")).await.unwrap().into_inner().designation.unwrap();
    assert_eq!(settled.state(), wire::DesignationState::Active);
    assert_eq!(settled.contestations[0].until, "2026-05-30");
    // The keeper enters what a party without a token here has contested.
    let keeper = step!(ContestDesignationRequest, made.name, "2026-06-01", "c2");
    let contested = served.bodies().contest_designation(keeper).await.unwrap().into_inner().designation.unwrap();
    assert_eq!(contested.contestations.len(), 2);
    let keeper = step!(SettleDesignationRequest, made.name, "2026-06-01", "t2");
    served.bodies().settle_designation(keeper).await.unwrap();
}

async fn no_keeper_settles_what_an_authority_contested_nor_what_was_contested_of_its_own_economy(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut authority = bodies_of(&served, "bodies/xa-authority");
    let made = authority.create_designation(designation("d1")).await.unwrap().into_inner().designation.unwrap();
    let contest = |id: &str| step!(ContestDesignationRequest, made.name, "2026-05-01", id);
    let refused = served.bodies_of_economy("XA").contest_designation(contest("c0")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict), "not what its own economy said");
    bodies_of(&served, "bodies/xb-authority").contest_designation(contest("c1")).await.unwrap();
    let settle = |id: &str| step!(SettleDesignationRequest, made.name, "2026-05-30", id);
    for keeper in [served.bodies_of_economy("XA"), served.bodies_of_economy("XB"), served.bodies()] {
        let refused = keeper.clone().settle_designation(settle("t0")).await.unwrap_err();
        assert_eq!(reason(&refused), Some(common::ErrorReason::NotYours), "xb-authority has a token here");
    }
    bodies_of(&served, "bodies/xb-authority").settle_designation(settle("t1")).await.unwrap();

    // What another economy's office entered is settled by that office, or by the keeper of the whole register.
    let entered = step!(ContestDesignationRequest, made.name, "2026-06-01", "c2");
    served.bodies_of_economy("XC").contest_designation(entered).await.unwrap();
    let settle = |id: &str| step!(SettleDesignationRequest, made.name, "2026-06-02", id);
    let refused = served.bodies_of_economy("XA").settle_designation(settle("t2")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict), "who is contested does not settle it");
    served.bodies_of_economy("XC").settle_designation(settle("t3")).await.unwrap();
}

async fn the_scope_of_a_foreign_accreditation_body_is_changed_by_its_own_economys_administrator_alone(
    db: TestDatabase,
) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut foreign = new_body("xb-lab");
    foreign.body.as_mut().unwrap().economy = "XB".to_owned();
    served.bodies().create_body(foreign).await.unwrap();
    let mut request = scope("s1");
    request.body = "bodies/xb-lab".to_owned();
    let made = served.bodies_of_economy("XA").create_accreditation_scope(request).await.unwrap().into_inner();
    let name = made.accreditation_scope.unwrap().name;
    let suspend = |id: &str| step!(SuspendAccreditationScopeRequest, name, "2026-03-01", id);
    let reinstate = |id: &str| step!(ReinstateAccreditationScopeRequest, name, "2026-04-01", id);
    let (mut accreditors, mut accrediteds) = (served.bodies_of_economy("XA"), served.bodies_of_economy("XB"));
    let refused = accrediteds.suspend_accreditation_scope(suspend("p0")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::NotYours));
    bodies_of(&served, "bodies/xa-accreditation").suspend_accreditation_scope(suspend("p1")).await.unwrap();
    let refused = accrediteds.reinstate_accreditation_scope(reinstate("r0")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::NotYours), "nobody lifts what was laid on its own body");
    accreditors.reinstate_accreditation_scope(reinstate("r1")).await.unwrap();
}

async fn an_authority_designates_across_a_border_and_the_economy_of_the_body_may_contest_it(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut request = designation("d1");
    request.designation.as_mut().unwrap().authority = "bodies/xb-authority".to_owned();
    let mut authority = bodies_of(&served, "bodies/xb-authority");
    let made = authority.create_designation(request).await.unwrap().into_inner().designation.unwrap();
    assert_eq!(made.state(), wire::DesignationState::Active);
    let contest = |id: &str| step!(ContestDesignationRequest, made.name, "2026-05-01", id);
    let refused = served.bodies_of_economy("XB").contest_designation(contest("c0")).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict), "not what its own authority said");
    let mut other = bodies_of(&served, "bodies/xa-authority");
    let contested = other.contest_designation(contest("c1")).await.unwrap().into_inner().designation.unwrap();
    assert_eq!(contested.contestations[0].by, "bodies/xa-authority");
    let settle = |id: &str| step!(SettleDesignationRequest, made.name, "2026-05-30", id);
    other.settle_designation(settle("t1")).await.unwrap();

    // What a third economy's office entered is not lifted by the office of the body's economy.
    let entered = step!(ContestDesignationRequest, made.name, "2026-06-01", "c2");
    served.bodies_of_economy("XC").contest_designation(entered).await.unwrap();
    let settle = |id: &str| step!(SettleDesignationRequest, made.name, "2026-06-02", id);
    for party in ["XA", "XB"] {
        let refused = served.bodies_of_economy(party).settle_designation(settle("t2")).await.unwrap_err();
        assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict), "{party}");
    }
    served.bodies_of_economy("XC").settle_designation(settle("t3")).await.unwrap();
}

async fn a_withdrawn_designation_stays_withdrawn(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut authority = bodies_of(&served, "bodies/xa-authority");
    let made = authority.create_designation(designation("d1")).await.unwrap().into_inner().designation.unwrap();
    let withdraw = step!(WithdrawDesignationRequest, made.name, "2026-07-01", "w1");
    let withdrawn = authority.withdraw_designation(withdraw).await.unwrap().into_inner().designation.unwrap();
    assert_eq!(withdrawn.withdrawn_from, "2026-07-01");
    assert_eq!(withdrawn.state(), wire::DesignationState::Active, "the day has not come");
    let reinstate = step!(ReinstateDesignationRequest, made.name, "2026-08-01", "r1");
    let refused = authority.reinstate_designation(reinstate).await.unwrap_err();
    assert_eq!(reason(&refused), Some(common::ErrorReason::StateConflict));
    served.clock.advance(chrono::TimeDelta::days(30));
    let request = wire::ListDesignationsRequest { body: "bodies/xa-lab".to_owned(), ..Default::default() };
    let listed = served.bodies().list_designations(request).await.unwrap().into_inner().designations;
    assert_eq!(listed[0].state(), wire::DesignationState::Withdrawn);
}

async fn an_annex_has_one_name_also_for_who_writes_its_arrangements_before_it(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut authority = bodies_of(&served, "bodies/xa-authority");
    let made = authority.create_designation(designation("d1")).await.unwrap().into_inner().designation.unwrap();
    let mut longer = designation("d2");
    longer.designation.as_mut().unwrap().annex = "arrangements/xa-xb/annexes/pv".to_owned();
    let other = authority.create_designation(longer).await.unwrap().into_inner().designation.unwrap();
    assert_eq!([made.annex.as_str(), other.annex.as_str()], ["annexes/pv", "annexes/pv"]);
    let request = wire::ListDesignationsRequest { body: "bodies/xa-lab".to_owned(), ..Default::default() };
    let listed = served.bodies().list_designations(request).await.unwrap().into_inner().designations;
    assert!(listed.len() == 2 && listed.iter().all(|it| it.annex == "annexes/pv"), "{listed:?}");
}

async fn every_wrong_field_of_a_statement_is_named(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let fields = |refused: tonic::Status| -> Vec<String> {
        Fault::violations_of(&refused).into_iter().map(|violation| violation.field).collect()
    };
    let mut request = designation("no id!");
    let raw = request.designation.as_mut().unwrap();
    raw.annex = "arrangements/other/annexes/pv".to_owned();
    raw.valid_until = "2025-01-01".to_owned();
    let refused = bodies_of(&served, "bodies/xa-authority").create_designation(request).await.unwrap_err();
    assert_eq!(fields(refused), ["request_id", "designation.annex", "designation.valid_until"]);
    let mut request = scope("s1");
    let raw = request.accreditation_scope.as_mut().unwrap();
    raw.schemes = vec!["example-pv".to_owned()];
    raw.codes[0].code = "85414".to_owned();
    raw.valid_until = String::new();
    let refused = served.bodies().create_accreditation_scope(request).await.unwrap_err();
    assert_eq!(
        fields(refused),
        ["accreditation_scope.schemes[0]", "accreditation_scope.codes[0].code", "accreditation_scope.valid_until"]
    );
    let mut nothing = scope("s2");
    let raw = nothing.accreditation_scope.as_mut().unwrap();
    (raw.schemes, raw.codes) = (Vec::new(), Vec::new());
    let refused = served.bodies().create_accreditation_scope(nothing).await.unwrap_err();
    assert_eq!(fields(refused), ["accreditation_scope.schemes"]);
    let step = wire::SuspendDesignationRequest { name: "designations/1".to_owned(), ..Default::default() };
    let refused = served.bodies().suspend_designation(step).await.unwrap_err();
    assert_eq!(fields(refused), ["request_id", "name", "effective_date", "reason_text"]);
    let nobody = wire::ListDesignationsRequest { body: "bodies/nobody".to_owned(), ..Default::default() };
    assert_eq!(served.bodies().list_designations(nobody).await.unwrap_err().code(), Code::NotFound);
}

async fn lists_of_statements_are_paged_in_their_order(db: TestDatabase) {
    let served = serve(&db).await;
    enrol_all(&served).await;
    let mut authority = bodies_of(&served, "bodies/xa-authority");
    let mut made = Vec::new();
    for index in 0..5 {
        let answer = authority.create_designation(designation(&format!("d{index}"))).await.unwrap().into_inner();
        made.push(answer.designation.unwrap().name);
    }
    let (mut found, mut page_token) = (Vec::new(), String::new());
    loop {
        let body = "bodies/xa-lab".to_owned();
        let request = wire::ListDesignationsRequest { body, page_size: 2, page_token, consistency: None };
        let page = served.bodies().list_designations(request).await.unwrap().into_inner();
        found.extend(page.designations.into_iter().map(|designation| designation.name));
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    assert_eq!(found, made);
}
