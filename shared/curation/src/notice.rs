//! The text of notifications, after the WTO's form for notifications under the TBT Agreement, and which articles they
//! are made under.

use chrono::NaiveDate;

use crate::change_set::{Actor, ChangeSet, Tightening};
use crate::clock::ENCOURAGED_DAYS;

/// What kinds of measures a change set has in it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Matters {
    /// Technical regulations: articles 2.9 and 2.10.
    pub technical_regulation: bool,
    /// Conformity assessment procedures: articles 5.6 and 5.7.
    pub conformity_assessment: bool,
    /// Agreements with other economies on them: article 10.7.
    pub agreement: bool,
}

impl Matters {
    /// The articles of the TBT Agreement under which they are notified.
    pub fn articles(self, urgent: bool) -> Vec<&'static str> {
        let mut articles = Vec::new();
        if self.technical_regulation {
            articles.push(if urgent { "2.10" } else { "2.9" });
        }
        if self.conformity_assessment {
            articles.push(if urgent { "5.7" } else { "5.6" });
        }
        if self.agreement {
            articles.push("10.7");
        }
        articles
    }
}

/// What a service says of changes in a notification.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Description {
    /// Which kinds of measures they are.
    pub matters: Matters,
    /// Products covered, each as `HS2022 854143`.
    pub products: Vec<String>,
    /// What is done, one sentence a change.
    pub content: Vec<String>,
    /// Laws and instruments.
    pub references: Vec<String>,
    /// The economies whose measures they are: who notifies where the token names no economy.
    pub economies: Vec<String>,
    /// The first day on which something of it applies; none when something does on publication.
    pub applies_from: Option<NaiveDate>,
}

/// So many lines of one kind, and then how many more there are: a notification is read by people.
const LINES: usize = 50;

/// The text of a notification.
pub(crate) fn text<C>(
    change_set: &ChangeSet<C>,
    (symbol, economies): (&str, &[String]),
    actor: &Actor,
    description: &Description,
    tightening: &[Tightening],
    comments_until: NaiveDate,
) -> String {
    let urgent = !change_set.urgency_reason.is_empty();
    let articles = description.matters.articles(urgent);
    let or_none = |text: &str| if text.is_empty() { "none named".to_owned() } else { text.to_owned() };
    let mut text = format!("Notification {symbol}\n\n");
    let mut item = |number: u32, what: &str, value: String| text.push_str(&format!("{number}. {what}: {value}\n"));
    item(1, "Notifying economy", or_none(&some(economies).join(", ")));
    item(2, "Responsible", actor.subject.clone());
    let under =
        if articles.is_empty() { "no article".to_owned() } else { format!("Article {}", articles.join(", Article ")) };
    item(3, "Notified under (WTO TBT Agreement)", under);
    item(4, "Products covered", or_none(&some(&description.products).join("; ")));
    item(5, "Title", change_set.title.clone());
    let whats: Vec<String> = tightening.iter().map(|it| format!("{} {}", it.entry, it.what)).collect();
    let mut content = list(&description.content);
    // What is urgent has its reason in the place of the effect.
    if urgent && !whats.is_empty() {
        content.push_str(&format!("\n   What tightens access:{}", list(&whats)));
    }
    item(6, "Description of content", content);
    item(7, "Objective and rationale", or_none(&change_set.reason));
    if urgent {
        item(8, "Nature of the urgent problem", change_set.urgency_reason.clone());
    } else {
        let what = if whats.is_empty() { "does not tighten access".to_owned() } else { list(&whats) };
        item(8, "Effect on access", what);
    }
    item(9, "Relevant documents", or_none(&some(&description.references).join("; ")));
    let from = description.applies_from.map_or_else(|| "on publication".to_owned(), |day| day.to_string());
    item(10, "Proposed date of entry into force", from);
    let encouraged = format!("{comments_until} (a period of {ENCOURAGED_DAYS} days is encouraged)");
    item(11, "Final date for comments", encouraged);
    item(12, "Text available as", change_set.name.clone());
    text
}

fn list(lines: &[String]) -> String {
    some(lines).iter().fold(String::new(), |text, line| text + "\n   - " + line)
}

fn some(lines: &[String]) -> Vec<String> {
    let mut kept: Vec<String> = lines.iter().take(LINES).cloned().collect();
    if lines.len() > LINES {
        kept.push(format!("and {} more", lines.len() - LINES));
    }
    kept
}
