//! `greenlane alert`: who is told of what changes, and what they are told.

pub(super) mod affected;
mod watch;

pub(super) use self::watch::{Watch, run as watch, show};

use clap::{Args, Subcommand};
use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{
        AlertSubscription, CreateSubscriptionRequest, DeleteSubscriptionRequest, GetSubscriptionRequest,
        ListAlertsRequest, ListSubscriptionsRequest, alert_service_client::AlertServiceClient,
    },
};
use greenlane_platform::client::Client;

use crate::client::{
    Confirm, Mutation, Session,
    exit::Exit,
    input,
    render::{self, Output, View, pages::Limit},
};

/// `greenlane alert …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Subscribe to what affects products, markets and schemes.
    Subscribe(Subscribe),
    /// End a subscription.
    Unsubscribe {
        /// Its name or bare identifier.
        subscription: String,
        #[command(flatten)]
        confirm: Confirm,
        #[command(flatten)]
        mutation: Mutation,
    },
    /// Show a subscription.
    Get {
        /// Its name or bare identifier.
        subscription: String,
    },
    /// List your subscriptions.
    Subscriptions {
        #[command(flatten)]
        limit: Limit,
    },
    /// List what a subscription is told of, oldest first: what, from when, what to do.
    List(List),
    /// Follow what a subscription is told of, one line each; as JSON one object a line.
    Watch(watch::Watch),
}

/// Arguments of `greenlane alert subscribe`. What is given narrows; what is not does not.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  greenlane alert subscribe --title Modules --code HS2022:8541 --market EU")]
pub(crate) struct Subscribe {
    /// A title for people.
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,
    /// A product: commodity code or heading with its edition. May be repeated.
    #[arg(long = "code", value_parser = input::parse_code, value_name = "EDITION:CODE")]
    codes: Vec<CodeReference>,
    /// A market: economy or bloc. May be repeated.
    #[arg(long = "market", value_name = "ECONOMY")]
    markets: Vec<String>,
    /// A scheme or standard edition that is held. May be repeated.
    #[arg(long = "scheme", value_name = "SCHEME")]
    schemes: Vec<String>,
    /// Where the products originate: economy or bloc. May be repeated.
    #[arg(long = "origin", value_name = "ECONOMY")]
    origins: Vec<String>,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane alert list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Name or bare identifier of the subscription.
    subscription: String,
    /// Only what came after this position.
    #[arg(long, value_name = "POSITION", default_value_t = 0, hide_default_value = true)]
    after: u64,
    #[command(flatten)]
    limit: Limit,
    /// Ask the registry which certificates of the token's body each alert affects, by scheme and code.
    #[arg(long)]
    certificates: bool,
}

const SUBSCRIPTION: View = View::Record {
    at: "subscription",
    name: "name",
    fields: &[
        ("Name", "name"),
        ("Title", "title"),
        ("Codes", "codes"),
        ("Markets", "markets"),
        ("Schemes", "schemes"),
        ("Origins", "origins"),
        ("Since", "createdAt"),
    ],
};
const SUBSCRIPTIONS: View = View::List {
    items: "subscriptions",
    name: "name",
    columns: &[
        ("NAME", "name"),
        ("TITLE", "title"),
        ("CODES", "codes"),
        ("MARKETS", "markets"),
        ("SCHEMES", "schemes"),
        ("ORIGINS", "origins"),
        ("SINCE", "createdAt"),
    ],
};
pub(super) const ALERTS: View = View::List {
    items: "alerts",
    name: "name",
    columns: &[
        ("POSITION", "position"),
        ("KIND", "kind"),
        ("TITLE", "title"),
        ("WHAT", "items.0.what"),
        ("FROM", "items.0.from"),
        ("COMMENTS UNTIL", "commentsUntil"),
        ("TO DO", "items.0.toDo"),
    ],
};
pub(super) const WITH_CERTIFICATES: View = View::List {
    items: "alerts",
    name: "name",
    columns: &[
        ("POSITION", "position"),
        ("KIND", "kind"),
        ("TITLE", "title"),
        ("FROM", "items.0.from"),
        ("TO DO", "items.0.toDo"),
        ("CERTIFICATES", "certificates"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut alerts = AlertServiceClient::new(session.equivalence()?);
    match command {
        Command::Subscribe(args) => {
            let request = CreateSubscriptionRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                subscription: Some(AlertSubscription {
                    title: args.title,
                    codes: args.codes,
                    markets: args.markets,
                    schemes: args.schemes,
                    origins: args.origins,
                    ..Default::default()
                }),
            };
            session.print(alerts.create_subscription(request).await?.get_ref(), SUBSCRIPTION)
        }
        Command::Unsubscribe { subscription, confirm, mut mutation } => {
            confirm.settle(&mut mutation);
            let request = DeleteSubscriptionRequest {
                request_id: session.request_id(&mutation),
                validate_only: mutation.dry_run,
                name: name(&subscription),
            };
            session.print(alerts.delete_subscription(request).await?.get_ref(), SUBSCRIPTION)
        }
        Command::Get { subscription } => {
            let request = GetSubscriptionRequest { name: name(&subscription) };
            session.print(alerts.get_subscription(request).await?.get_ref(), SUBSCRIPTION)
        }
        Command::Subscriptions { limit } => {
            let ask = async |page_size, page_token| {
                alerts.list_subscriptions(ListSubscriptionsRequest { page_size, page_token }).await
            };
            session.list(SUBSCRIPTIONS, limit.rows(), ask).await
        }
        Command::List(args) => list(session, alerts, args).await,
        Command::Watch(args) => watch(session, args).await,
    }
}

/// Lists them page by page, each with the certificates that it affects if that is asked.
async fn list(session: &Session, mut alerts: AlertServiceClient<Client>, args: List) -> anyhow::Result<Exit> {
    let name = name(&args.subscription);
    let subscription = match args.certificates {
        false => None,
        true => {
            let request = GetSubscriptionRequest { name: name.clone() };
            Some(alerts.get_subscription(request).await?.into_inner().subscription.unwrap_or_default())
        }
    };
    let request = ListAlertsRequest { subscription: name, after_position: args.after, ..Default::default() };
    let mut look_ahead = 0;
    let ask = async |page_size, page_token| {
        let page = ListAlertsRequest { page_size, page_token, ..request.clone() };
        let answer = alerts.list_alerts(page).await?.into_inner();
        look_ahead = answer.look_ahead_days;
        match &subscription {
            None => render::to_json(&answer),
            Some(subscription) => affected::join(session, &answer, subscription).await,
        }
    };
    let view = if args.certificates { WITH_CERTIFICATES } else { ALERTS };
    let done = session.list_values(view, args.limit.rows(), ask).await?;
    if session.output() == Output::Table {
        render::talk(&format!("days are told {look_ahead} days before they come"));
    }
    Ok(done)
}

/// A subscription's name from its name or its bare identifier.
pub(super) fn name(subscription: &str) -> String {
    if subscription.contains('/') { subscription.to_owned() } else { format!("subscriptions/{subscription}") }
}
