//! `greenlane body accreditation` and `greenlane body designation`: what one body says of another.

use clap::{Args, Subcommand};
use greenlane_api::common::v1::CodeReference;
use greenlane_api::registry::v1::{
    AccreditationScope, ContestDesignationRequest, CreateAccreditationScopeRequest, CreateDesignationRequest,
    Designation, ListAccreditationScopesRequest, ListDesignationsRequest, ReinstateAccreditationScopeRequest,
    ReinstateDesignationRequest, SettleDesignationRequest, SuspendAccreditationScopeRequest, SuspendDesignationRequest,
    WithdrawDesignationRequest,
};

use super::Bodies;
use crate::client::{Confirm, Mutation, Session, complete::Named, exit::Exit, input, render::View};

/// `greenlane body accreditation …`.
#[derive(Debug, Subcommand)]
pub(crate) enum AccreditationCommand {
    /// Record what an accreditation body attests a body to be competent for.
    Create(CreateScope),
    /// List a body's accreditation scopes.
    List {
        /// The body, bodies/ID.
        #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
        body: String,
    },
    /// Suspend a scope from a day on.
    Suspend(Step),
    /// End the suspension of a scope: the first day on which it counts again.
    Reinstate(Step),
}

/// `greenlane body designation …`.
#[derive(Debug, Subcommand)]
pub(crate) enum DesignationCommand {
    /// Designate a body under an arrangement, as its designating authority.
    Create(Designate),
    /// List a body's designations.
    List {
        /// The body, bodies/ID.
        #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
        body: String,
    },
    /// Suspend a designation from a day on.
    Suspend(Step),
    /// End the suspension of a designation: the first day on which it counts again.
    Reinstate(Step),
    /// Contest a designation, for a party to the arrangement.
    Contest(Step),
    /// Settle a contestation: the last day of it.
    Settle(Step),
    /// Withdraw a designation for good: the first day on which it no longer counts.
    Withdraw(End),
}

/// Arguments of `greenlane body accreditation create`.
#[derive(Args, Debug)]
pub(crate) struct CreateScope {
    /// The body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
    body: String,
    /// The accreditation body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, value_name = "BODY")]
    by: String,
    /// A scheme covered, schemes/ID. May be repeated.
    #[arg(long = "scheme", value_name = "SCHEME")]
    schemes: Vec<String>,
    /// A standard edition covered. May be repeated.
    #[arg(long = "standard", value_name = "EDITION")]
    standards: Vec<String>,
    /// Goods covered, and all below them: HS2022:8541. May be repeated.
    #[arg(long = "code", value_parser = input::parse_code, value_name = "EDITION:CODE")]
    codes: Vec<CodeReference>,
    /// First day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: String,
    /// Last day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    until: String,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane body designation create`.
#[derive(Args, Debug)]
pub(crate) struct Designate {
    /// The body, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, add = Named::Bodies.completer())]
    body: String,
    /// The designating authority, bodies/ID.
    #[arg(value_parser = crate::client::input::parse_body, long, value_name = "BODY")]
    by: String,
    /// The arrangement, arrangements/ID.
    #[arg(long)]
    arrangement: String,
    /// One annex of it, annexes/ID.
    #[arg(long, default_value = "", hide_default_value = true)]
    annex: String,
    /// First day.
    #[arg(long, value_name = "YYYY-MM-DD")]
    from: String,
    /// Last day [default: without end].
    #[arg(long, value_name = "YYYY-MM-DD", default_value = "", hide_default_value = true)]
    until: String,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of the steps.
#[derive(Args, Debug)]
pub(crate) struct Step {
    /// Its name, as `list` tells it.
    name: String,
    /// The day that counts.
    #[arg(long, value_name = "YYYY-MM-DD")]
    on: String,
    /// Why.
    #[arg(long)]
    text: String,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane body designation withdraw`.
#[derive(Args, Debug)]
pub(crate) struct End {
    #[command(flatten)]
    step: Step,
    #[command(flatten)]
    confirm: Confirm,
}

const SCOPE: View = View::Record {
    at: "accreditationScope",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Accreditation body", "accreditationBody"),
        ("Schemes", "schemes"),
        ("Standards", "standardEditions"),
        ("Goods", "codes"),
        ("Valid from", "validFrom"),
        ("Valid until", "validUntil"),
        ("Suspensions", "suspensions"),
        ("Recorded at revision", "createRevision?"),
    ],
};
const SCOPES: View = View::List {
    items: "accreditationScopes",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("BY", "accreditationBody"),
        ("SCHEMES", "schemes"),
        ("VALID FROM", "validFrom"),
        ("VALID UNTIL", "validUntil"),
        ("SUSPENSIONS", "suspensions"),
    ],
};
const DESIGNATION: View = View::Record {
    at: "designation",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("State", "state"),
        ("Authority", "authority"),
        ("Arrangement", "arrangement"),
        ("Annex", "annex"),
        ("Valid from", "validFrom"),
        ("Valid until", "validUntil"),
        ("Suspensions", "suspensions"),
        ("Contestations", "contestations"),
        ("Withdrawn from", "withdrawnFrom"),
        ("Withdrawn because", "withdrawalReason"),
        ("Recorded at revision", "createRevision?"),
    ],
};
const DESIGNATIONS: View = View::List {
    items: "designations",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("STATE", "state"),
        ("AUTHORITY", "1~authority"),
        ("ARRANGEMENT", "arrangement"),
        ("ANNEX", "annex"),
        ("VALID FROM", "validFrom"),
        ("VALID UNTIL", "validUntil"),
    ],
};

/// The request for a step.
macro_rules! step {
    ($session:expr, $args:expr, $request:ident) => {
        $request {
            request_id: $session.request_id(&$args.mutation),
            validate_only: $args.mutation.dry_run,
            name: $args.name,
            effective_date: $args.on,
            reason_text: $args.text,
        }
    };
}

pub(super) async fn accreditation(
    session: &Session,
    bodies: &mut Bodies,
    command: AccreditationCommand,
) -> anyhow::Result<Exit> {
    use AccreditationCommand as C;
    match command {
        C::Create(args) => {
            let request = CreateAccreditationScopeRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                body: args.body,
                accreditation_scope: Some(AccreditationScope {
                    accreditation_body: args.by,
                    schemes: args.schemes,
                    standard_editions: args.standards,
                    codes: args.codes,
                    valid_from: args.from,
                    valid_until: args.until,
                    ..AccreditationScope::default()
                }),
            };
            session.print(bodies.create_accreditation_scope(request).await?.get_ref(), SCOPE)
        }
        C::List { body } => {
            let request = ListAccreditationScopesRequest { body, ..Default::default() };
            let ask = async |page_size, page_token| {
                bodies
                    .list_accreditation_scopes(ListAccreditationScopesRequest {
                        page_size,
                        page_token,
                        ..request.clone()
                    })
                    .await
            };
            session.list(SCOPES, u64::MAX, ask).await
        }
        C::Suspend(args) => {
            let request = step!(session, args, SuspendAccreditationScopeRequest);
            session.print(bodies.suspend_accreditation_scope(request).await?.get_ref(), SCOPE)
        }
        C::Reinstate(args) => {
            let request = step!(session, args, ReinstateAccreditationScopeRequest);
            session.print(bodies.reinstate_accreditation_scope(request).await?.get_ref(), SCOPE)
        }
    }
}

pub(super) async fn designation(
    session: &Session,
    bodies: &mut Bodies,
    command: DesignationCommand,
) -> anyhow::Result<Exit> {
    use DesignationCommand as C;
    match command {
        C::Create(args) => {
            let request = CreateDesignationRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                body: args.body,
                designation: Some(Designation {
                    authority: args.by,
                    arrangement: args.arrangement,
                    annex: args.annex,
                    valid_from: args.from,
                    valid_until: args.until,
                    ..Designation::default()
                }),
            };
            session.print(bodies.create_designation(request).await?.get_ref(), DESIGNATION)
        }
        C::List { body } => {
            let request = ListDesignationsRequest { body, ..Default::default() };
            let ask = async |page_size, page_token| {
                bodies.list_designations(ListDesignationsRequest { page_size, page_token, ..request.clone() }).await
            };
            session.list(DESIGNATIONS, u64::MAX, ask).await
        }
        C::Suspend(args) => {
            let request = step!(session, args, SuspendDesignationRequest);
            session.print(bodies.suspend_designation(request).await?.get_ref(), DESIGNATION)
        }
        C::Reinstate(args) => {
            let request = step!(session, args, ReinstateDesignationRequest);
            session.print(bodies.reinstate_designation(request).await?.get_ref(), DESIGNATION)
        }
        C::Contest(args) => {
            let request = step!(session, args, ContestDesignationRequest);
            session.print(bodies.contest_designation(request).await?.get_ref(), DESIGNATION)
        }
        C::Settle(args) => {
            let request = step!(session, args, SettleDesignationRequest);
            session.print(bodies.settle_designation(request).await?.get_ref(), DESIGNATION)
        }
        C::Withdraw(End { mut step, confirm }) => {
            confirm.settle(&mut step.mutation);
            let args = step;
            let request = step!(session, args, WithdrawDesignationRequest);
            session.print(bodies.withdraw_designation(request).await?.get_ref(), DESIGNATION)
        }
    }
}
