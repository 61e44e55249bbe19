//! What alerts have in common, whatever they are of: the commands are written once, and ask whichever service raises them.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{affected, watch};
use crate::client::{
    Confirm, Mutation, Session, dynamic,
    exit::Exit,
    render::{self, Output, View, pages::Limit},
};

/// What can be done but to subscribe.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
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

/// Arguments of `list`.
#[derive(Args, Debug)]
pub(crate) struct List {
    /// Name or bare identifier of the subscription.
    subscription: String,
    /// Only what came after this position.
    #[arg(long, value_name = "POSITION", default_value_t = 0, hide_default_value = true)]
    after: u64,
    #[command(flatten)]
    limit: Limit,
    /// Ask the registry which certificates of the token's body each alert affects, by what it is about.
    #[arg(long)]
    certificates: bool,
}

/// Whose alerts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Of {
    /// The equivalence catalogue's.
    Catalogue,
    /// Those of codes and green lists.
    Codes,
}

const OF_CATALOGUE: View = View::Record {
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
const ALL_OF_CATALOGUE: View = View::List {
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
const OF_CODES: View = View::Record {
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
const ALL_OF_CODES: View = View::List {
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

impl Of {
    /// Asks a method of the service for the answer to `fields`.
    async fn ask(self, session: &Session, method: &str, fields: Value) -> anyhow::Result<Value> {
        let package = match self {
            Self::Catalogue => "greenlane.equivalence.v1",
            Self::Codes => "greenlane.classification.v1",
        };
        dynamic::ask(session, &format!("{package}.AlertService/{method}"), fields).await
    }

    /// Asks a method that lists for a page.
    async fn page(
        self,
        session: &Session,
        method: &str,
        mut fields: Value,
        size: i32,
        token: String,
    ) -> anyhow::Result<Value> {
        fields["pageSize"] = size.into();
        fields["pageToken"] = token.into();
        self.ask(session, method, fields).await
    }

    /// The views of one subscription, and of several.
    fn views(self) -> (View, View) {
        match self {
            Self::Catalogue => (OF_CATALOGUE, ALL_OF_CATALOGUE),
            Self::Codes => (OF_CODES, ALL_OF_CODES),
        }
    }

    async fn show(self, session: &Session, method: &str, fields: Value) -> anyhow::Result<Exit> {
        session.print_value(&self.ask(session, method, fields).await?, self.views().0)?;
        Ok(Exit::Done)
    }

    /// Subscribes.
    pub(crate) async fn subscribe(
        self,
        session: &Session,
        mutation: &Mutation,
        subscription: Value,
    ) -> anyhow::Result<Exit> {
        let fields = json!({
            "requestId": session.request_id(mutation),
            "validateOnly": mutation.dry_run,
            "subscription": subscription,
        });
        self.show(session, "CreateSubscription", fields).await
    }

    /// Does what can be done but to subscribe.
    pub(crate) async fn run(self, session: &Session, command: Command) -> anyhow::Result<Exit> {
        match command {
            Command::Unsubscribe { subscription, confirm, mut mutation } => {
                confirm.settle(&mut mutation);
                let fields = json!({
                    "requestId": session.request_id(&mutation),
                    "validateOnly": mutation.dry_run,
                    "name": name(&subscription),
                });
                self.show(session, "DeleteSubscription", fields).await
            }
            Command::Get { subscription } => {
                self.show(session, "GetSubscription", json!({ "name": name(&subscription) })).await
            }
            Command::Subscriptions { limit } => {
                let ask = async |size, token| self.page(session, "ListSubscriptions", json!({}), size, token).await;
                session.list_values(self.views().1, limit.rows(), ask).await
            }
            Command::List(args) => self.list(session, args).await,
            Command::Watch(args) => watch::run(session, self, args).await,
        }
    }

    /// Lists them page by page, each with the certificates that it affects if that is asked.
    async fn list(self, session: &Session, args: List) -> anyhow::Result<Exit> {
        let name = name(&args.subscription);
        let subscription = if args.certificates {
            self.ask(session, "GetSubscription", json!({ "name": name })).await?["subscription"].take()
        } else {
            Value::Null
        };
        let mut look_ahead = Value::Null;
        let ask = async |size, token| {
            let fields = json!({ "subscription": name, "afterPosition": args.after });
            let mut answer = self.page(session, "ListAlerts", fields, size, token).await?;
            look_ahead = answer["lookAheadDays"].clone();
            if args.certificates {
                affected::join(session, self, &mut answer, &subscription).await?;
            }
            anyhow::Ok(answer)
        };
        let view = if args.certificates { WITH_CERTIFICATES } else { ALERTS };
        let done = session.list_shown(view, args.limit.rows(), ask, one_by_one).await?;
        if session.output() == Output::Table {
            render::talk(&format!("days are told {look_ahead} days before they come"));
        }
        Ok(done)
    }
}

/// Makes of each alert a row for each of its items: what is lost by one is told nowhere else. What tightens comes first.
fn one_by_one(answer: &mut Value) {
    let alerts = answer["alerts"].as_array_mut().map(std::mem::take).unwrap_or_default();
    let rows = alerts.into_iter().flat_map(|mut alert| {
        let mut items = alert["items"].as_array_mut().map(std::mem::take).unwrap_or_default();
        items.sort_by_key(|item| item["tightens"] != true);
        let of = |item: Option<Value>| {
            let mut row = alert.clone();
            row["items"] = item.into_iter().collect();
            row
        };
        if items.is_empty() { vec![of(None)] } else { items.into_iter().map(|item| of(Some(item))).collect::<Vec<_>>() }
    });
    answer["alerts"] = rows.collect();
}

/// A subscription's name from its name or its bare identifier.
pub(super) fn name(subscription: &str) -> String {
    if subscription.contains('/') { subscription.to_owned() } else { format!("subscriptions/{subscription}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_item_of_an_alert_is_a_row_and_what_tightens_comes_first() {
        let item = |what: &str, tightens: bool| json!({ "what": what, "tightens": tightens });
        let mut answer = json!({ "alerts": [
            { "name": "a", "items": [item("adds an annex", false), item("adds a requirement", true)] },
            { "name": "b", "items": [] },
        ] });
        one_by_one(&mut answer);
        let text = render::text(Output::Csv, &answer, ALERTS).unwrap();
        let whats: Vec<_> = text.lines().skip(1).map(|row| row.split(',').nth(3).unwrap_or_default()).collect();
        assert_eq!(whats, ["adds a requirement", "adds an annex", ""]);
    }
}
