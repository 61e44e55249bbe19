//! `greenlane code alert`: who is told of what happens to codes and green lists, and what they are told.

mod affected;
mod watch;

pub(crate) use self::watch::run as watch;

use clap::{Args, Subcommand};
use greenlane_api::{
    classification::v1::{
        AlertSubscription, CreateSubscriptionRequest, DeleteSubscriptionRequest, GetSubscriptionRequest,
        ListAlertsRequest, ListSubscriptionsRequest, alert_service_client::AlertServiceClient,
    },
    common::v1::CodeReference,
};
use greenlane_platform::client::Client;

use crate::client::{
    Confirm, Mutation, Session,
    commands::{
        alert::{self, Watch},
        list,
    },
    complete::Named,
    exit::Exit,
    input,
    render::{self, Output, View, pages::Limit},
};

/// `greenlane code alert …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Subscribe to what happens to codes and green lists.
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
    Watch(Watch),
}

/// Arguments of `greenlane code alert subscribe`. What is given narrows; what is not does not.
#[derive(Args, Debug)]
#[command(after_help = "\
Example:
  greenlane code alert subscribe --title Modules --code HS2022:8541 --list apec-54")]
pub(crate) struct Subscribe {
    /// A title for people.
    #[arg(long, default_value = "", hide_default_value = true)]
    title: String,
    /// A product: commodity code or heading with its edition. May be repeated.
    #[arg(long = "code", value_parser = input::parse_code, value_name = "EDITION:CODE")]
    codes: Vec<CodeReference>,
    /// A green list, and the codes on it. May be repeated.
    #[arg(long = "list", value_name = "LIST", add = Named::GreenLists.completer())]
    lists: Vec<String>,
    /// An economy whose tariffs and lists count, beside those of no single one. May be repeated.
    #[arg(long = "economy", value_name = "ECONOMY")]
    economies: Vec<String>,
    #[command(flatten)]
    mutation: Mutation,
}

/// Arguments of `greenlane code alert list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Name or bare identifier of the subscription.
    subscription: String,
    /// Only what came after this position.
    #[arg(long, value_name = "POSITION", default_value_t = 0, hide_default_value = true)]
    after: u64,
    #[command(flatten)]
    limit: Limit,
    /// Ask the registry which certificates of the token's body each alert affects, by code.
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
        ("Lists", "greenLists"),
        ("Economies", "economies"),
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
        ("LISTS", "greenLists"),
        ("ECONOMIES", "economies"),
        ("SINCE", "createdAt"),
    ],
};

/// Does it.
pub(crate) async fn run(session: &Session, command: Command) -> anyhow::Result<Exit> {
    let mut alerts = AlertServiceClient::new(session.classification()?);
    match command {
        Command::Subscribe(args) => {
            let request = CreateSubscriptionRequest {
                request_id: session.request_id(&args.mutation),
                validate_only: args.mutation.dry_run,
                subscription: Some(AlertSubscription {
                    title: args.title,
                    codes: args.codes,
                    green_lists: args.lists.iter().map(|id| list::name(id)).collect(),
                    economies: args.economies,
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
                name: alert::name(&subscription),
            };
            session.print(alerts.delete_subscription(request).await?.get_ref(), SUBSCRIPTION)
        }
        Command::Get { subscription } => {
            let request = GetSubscriptionRequest { name: alert::name(&subscription) };
            session.print(alerts.get_subscription(request).await?.get_ref(), SUBSCRIPTION)
        }
        Command::Subscriptions { limit } => {
            let ask = async |page_size, page_token| {
                alerts.list_subscriptions(ListSubscriptionsRequest { page_size, page_token }).await
            };
            session.list(SUBSCRIPTIONS, limit.rows(), ask).await
        }
        Command::List(args) => told(session, alerts, args).await,
        Command::Watch(args) => watch(session, args).await,
    }
}

/// Lists them page by page, each with the certificates that it affects if that is asked.
async fn told(session: &Session, mut alerts: AlertServiceClient<Client>, args: List) -> anyhow::Result<Exit> {
    let subscription = alert::name(&args.subscription);
    let request = ListAlertsRequest { subscription, after_position: args.after, ..Default::default() };
    let mut look_ahead = 0;
    let ask = async |page_size, page_token| {
        let page = ListAlertsRequest { page_size, page_token, ..request.clone() };
        let answer = alerts.list_alerts(page).await?.into_inner();
        look_ahead = answer.look_ahead_days;
        if args.certificates { affected::join(session, &answer).await } else { render::to_json(&answer) }
    };
    let view = if args.certificates { alert::WITH_CERTIFICATES } else { alert::ALERTS };
    let done = session.list_values(view, args.limit.rows(), ask).await?;
    if session.output() == Output::Table {
        render::talk(&format!("days are told {look_ahead} days before they come"));
    }
    Ok(done)
}
