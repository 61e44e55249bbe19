//! What undoes a change set already, when somebody drafts a change set that undoes it.

use serde_json::{Value, json};

use super::workflow::Of;
use crate::client::{
    Session,
    render::{label, talk},
};

/// How many of the newest change sets are looked through.
const NEWEST: u32 = 1_000;

impl Of {
    /// Says which change sets undo another besides the one of an answer. None is kept from being drafted: the first may be
    /// the one that is wrong. Who may not look hears nothing.
    pub(super) async fn tell_other_reverts(self, session: &Session, reverted: &str, answer: &Value) {
        let newest = self.ask(session, "ListChangeSets", json!({ "pageSize": NEWEST })).await.unwrap_or_default();
        let change_sets = newest["changeSets"].as_array().map(Vec::as_slice).unwrap_or_default();
        others(change_sets, reverted, &answer["changeSet"]["name"]).iter().for_each(|other| talk(other));
    }
}

/// A line for each that undoes it and may yet be published, or is.
fn others(change_sets: &[Value], reverted: &str, own: &Value) -> Vec<String> {
    let text = |it: &Value, field: &str| it[field].as_str().unwrap_or_default().to_owned();
    let undo = change_sets.iter().filter(|it| it["reverts"] == reverted && it["name"] != *own);
    let stated = undo.map(|it| (text(it, "name"), label(&text(it, "state")).unwrap_or_default().to_owned()));
    let alive = stated.filter(|(_, state)| !matches!(state.as_str(), "rejected" | "withdrawn"));
    alive.map(|(name, state)| format!("mind: {name} ({state}) undoes {reverted} too")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn change_sets_that_undo_the_same_one_are_told_but_for_those_that_never_will() {
        let of = |name: &str, reverts: &str, state: &str| json!({ "name": name, "reverts": reverts, "state": format!("CHANGE_SET_STATE_{state}") });
        let all = [
            of("changeSets/own", "changeSets/x", "DRAFT"),
            of("changeSets/first", "changeSets/x", "NOTIFIED"),
            of("changeSets/done", "changeSets/x", "PUBLISHED"),
            of("changeSets/gone", "changeSets/x", "WITHDRAWN"),
            of("changeSets/refused", "changeSets/x", "REJECTED"),
            of("changeSets/other", "changeSets/y", "DRAFT"),
            of("changeSets/x", "", "PUBLISHED"),
        ];
        let told = others(&all, "changeSets/x", &"changeSets/own".into());
        let expected = ["first (notified)", "done (published)"];
        assert_eq!(told, expected.map(|it| format!("mind: changeSets/{it} undoes changeSets/x too")));
        assert!(others(&all, "changeSets/z", &Value::Null).is_empty());
    }
}
