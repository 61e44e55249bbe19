//! What somebody may have meant by a name that nothing is called by.

use std::time::Duration;

use greenlane_api::common::v1::ErrorReason;
use greenlane_platform::fault::Fault;
use serde_json::json;
use tonic::Status;

use super::{Session, dynamic, probe};

/// For so long a command that failed waits to say what was meant.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// So many letters may be wrong at most.
const WRONG: usize = 2;

/// What may have been meant where a command failed: another body, or another address.
pub(crate) async fn by(session: &Session, error: &anyhow::Error) -> Option<String> {
    let status = error.chain().find_map(|cause| cause.downcast_ref::<Status>())?;
    match Fault::reason_of(status) {
        None => probe::hint(status).await,
        Some(_) => body(session, error).await,
    }
}

/// Who is refused as somebody else's body may have mistyped it: whether there is no such body, and which one is nearest; or,
/// where who asks may not know, whether it is nearly the one that the token acts for.
async fn body(session: &Session, error: &anyhow::Error) -> Option<String> {
    let status = error.chain().find_map(|cause| cause.downcast_ref::<Status>())?;
    if Fault::reason_of(status) != Some(ErrorReason::NotYours) {
        return None;
    }
    let told = Fault::metadata_of(status);
    let wanted = told.get("required").filter(|_| told.get("claim").is_some_and(|claim| claim == "body"))?;
    let id = wanted.strip_prefix("bodies/").filter(|id| !id.contains([' ', ',', '…']))?;
    let own = session.body();
    let asked = dynamic::all(session, "greenlane.registry.v1.BodyService/ListBodies", json!({}), "bodies");
    let Ok(Ok(bodies)) = tokio::time::timeout(PATIENCE, asked).await else { return Some(of_token(wanted, &own?)) };
    let known: Vec<&str> = bodies.iter().filter_map(|it| it["name"].as_str()?.strip_prefix("bodies/")).collect();
    if known.contains(&id) {
        return None;
    }
    Some(match near(id, known) {
        Some(meant) => format!("there is no {wanted}; did you mean bodies/{meant}?"),
        None => format!("there is no {wanted}; see what there is: greenlane body list"),
    })
}

/// What to say of a body to whoever may not know which there are: what their own token says.
fn of_token(wanted: &str, own: &str) -> String {
    let bare = |name: &str| name.trim_start_matches("bodies/").to_owned();
    if near(&bare(wanted), [bare(own).as_str()]).is_some() {
        return format!("the token acts for {own}; did you mean that?");
    }
    format!(
        "the token acts for {own} alone; whether there is {wanted} tells `greenlane body get {wanted}`, with a token of the \
         scope bodies.read"
    )
}

/// The name that is nearest to a mistyped one, if any is near: the whole of it, or what it begins with.
pub(crate) fn near<'n>(given: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let given = given.to_lowercase();
    let wrong = |name: &str| {
        let begins = name.match_indices('-').map(|(at, _)| &name[..at]).chain([name]);
        // A letter or two of a short name is all of it.
        let fits = |beginning: &str| {
            let wrong = strsim::osa_distance(&given, &beginning.to_lowercase());
            (wrong <= WRONG.min(beginning.chars().count() / 3)).then_some(wrong)
        };
        begins.filter_map(fits).min()
    };
    let names = names.into_iter().filter_map(|name| Some((wrong(name)?, name)));
    names.min().map(|(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::{near, of_token};

    #[test]
    fn who_may_not_know_the_bodies_is_told_of_their_own_if_it_is_near() {
        let told = of_token("bodies/auroa", "bodies/aurora-cert");
        assert_eq!(told, "the token acts for bodies/aurora-cert; did you mean that?");
        let told = of_token("bodies/borealis", "bodies/aurora-cert");
        assert!(
            told.contains("bodies/aurora-cert alone") && told.contains("greenlane body get bodies/borealis"),
            "{told}"
        );
    }

    #[test]
    fn the_nearest_name_is_meant_by_a_slip_and_none_by_another_word() {
        let names = ["aurora-cert", "borealis", "xa"];
        for (given, meant) in [
            ("auroa", Some("aurora-cert")),
            ("aurora", Some("aurora-cert")),
            ("aurroa-cert", Some("aurora-cert")),
            ("Borealis", Some("borealis")),
            ("boreals", Some("borealis")),
            ("xb", None),
            ("meridian", None),
            ("", None),
        ] {
            assert_eq!(near(given, names), meant, "{given}");
        }
    }
}
