//! `greenlane alert`: who is told of what changes, and what they are told.

mod affected;
mod watch;

use clap::{Args, Subcommand};
use greenlane_api::{
    common::v1::CodeReference,
    equivalence::v1::{
        AlertSubscription, CreateSubscriptionRequest, DeleteSubscriptionRequest, GetSubscriptionRequest,
        ListAlertsRequest, ListSubscriptionsRequest, alert_service_client::AlertServiceClient,
    },
};

use crate::client::{
    Mutation, Session,
    exit::Exit,
    input,
    render::{self, Output, View},
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
        mutation: Mutation,
    },
    /// Show a subscription.
    Get {
        /// Its name or bare identifier.
        subscription: String,
    },
    /// List your subscriptions.
    Subscriptions {
        /// At most this many, 1 to 1000.
        #[arg(long, default_value_t = 50)]
        limit: i32,
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
    /// At most this many, 1 to 1000.
    #[arg(long, default_value_t = 50)]
    limit: i32,
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
const ALERTS: View = View::List {
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
const WITH_CERTIFICATES: View = View::List {
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
        Command::Unsubscribe { subscription, mutation } => {
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
            let request = ListSubscriptionsRequest { page_size: limit, page_token: String::new() };
            session.print(alerts.list_subscriptions(request).await?.get_ref(), SUBSCRIPTIONS)
        }
        Command::List(args) => {
            let request = ListAlertsRequest {
                subscription: name(&args.subscription),
                page_size: args.limit,
                after_position: args.after,
                ..Default::default()
            };
            let answer = alerts.list_alerts(request).await?.into_inner();
            if session.output() == Output::Table {
                render::talk(&format!("days are told {} days before they come", answer.look_ahead_days));
            }
            if !args.certificates {
                return session.print(&answer, ALERTS);
            }
            let subscription = GetSubscriptionRequest { name: name(&args.subscription) };
            let subscription = alerts.get_subscription(subscription).await?.into_inner().subscription;
            let value = affected::join(session, &answer, &subscription.unwrap_or_default()).await?;
            render::print_value(session.output(), &value, WITH_CERTIFICATES)?;
            Ok(Exit::Done)
        }
        Command::Watch(args) => watch::run(alerts, session.output(), args).await,
    }
}

/// A subscription's name from its name or its bare identifier.
fn name(subscription: &str) -> String {
    if subscription.contains('/') { subscription.to_owned() } else { format!("subscriptions/{subscription}") }
}
