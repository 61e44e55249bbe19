//! What alerts have in common, whatever they are of: the commands are written once, and ask whichever service raises them.

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::{affected, watch};
use crate::client::{
    Confirm, Mutation, Session, dynamic,
    exit::Exit,
    render::{self, Output, View, pages::Limit, several},
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
        ("WHAT", "told.what"),
        ("FROM", "told.from"),
        ("COMMENTS UNTIL", "commentsUntil"),
        ("TO DO", "told.toDo"),
    ],
};
const WITH_CERTIFICATES: View = View::List {
    items: "alerts",
    name: "name",
    columns: &[
        ("POSITION", "position"),
        ("KIND", "kind"),
        ("TITLE", "title"),
        ("FROM", "told.from"),
        ("TO DO", "told.toDo"),
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
        render::print_value(session.output(), &self.ask(session, method, fields).await?, self.views().0)?;
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
            if matches!(session.output(), Output::Table | Output::Csv) {
                answer["alerts"].as_array_mut().into_iter().flatten().for_each(tell);
            }
            if args.certificates {
                affected::join(session, self, &mut answer, &subscription).await?;
            }
            anyhow::Ok(answer)
        };
        let view = if args.certificates { WITH_CERTIFICATES } else { ALERTS };
        let done = session.list_values(view, args.limit.rows(), ask).await?;
        if session.output() == Output::Table {
            render::talk(&format!("days are told {look_ahead} days before they come"));
        }
        Ok(done)
    }
}

/// What a row tells of an alert: the first of its items by which somebody may lose access, or else the first, and how many
/// more there are. Programs have them all.
fn tell(alert: &mut Value) {
    let items = alert["items"].as_array().map_or(&[][..], Vec::as_slice);
    let told = items.iter().find(|item| item["tightens"] == true).or(items.first());
    let Some(mut told) = told.cloned() else { return };
    if items.len() > 1 {
        let losing = items.iter().filter(|item| item["tightens"] == true).count();
        let what = told["what"].as_str().unwrap_or_default();
        let others = several(items.len() as u64 - 1, "more item");
        let losing = if losing > 0 { format!("; {losing} of {} take access away", items.len()) } else { String::new() };
        told["what"] = format!("{what} ({others}{losing})").into();
    }
    alert["told"] = told;
}

/// A subscription's name from its name or its bare identifier.
pub(super) fn name(subscription: &str) -> String {
    if subscription.contains('/') { subscription.to_owned() } else { format!("subscriptions/{subscription}") }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::tell;

    #[test]
    fn a_row_tells_of_the_item_that_takes_access_away_and_how_many_more_there_are() {
        let mut alert = json!({ "items": [
            { "what": "adds annexes/a", "toDo": "Nothing is lost by it." },
            { "what": "adds requirements/r", "toDo": "Prepare another route.", "from": "2026-01-01", "tightens": true },
            { "what": "adds annexes/b", "toDo": "Nothing is lost by it." } ] });
        tell(&mut alert);
        assert_eq!(alert["told"]["what"], "adds requirements/r (2 more items; 1 of 3 take access away)");
        assert_eq!(alert["told"]["toDo"], "Prepare another route.");
        let mut alone = json!({ "items": [{ "what": "adds annexes/a", "toDo": "Nothing is lost by it." }] });
        tell(&mut alone);
        assert_eq!(alone["told"]["what"], "adds annexes/a");
    }
}
