//! What somebody may have meant by a name that nothing is called by.

use std::time::Duration;

use greenlane_api::common::v1::ErrorReason;
use greenlane_platform::fault::Fault;
use serde_json::json;
use tonic::Status;

use super::{Session, dynamic};

/// For so long a command that failed waits to say what was meant.
pub(crate) const PATIENCE: Duration = Duration::from_secs(5);
/// So many letters may be wrong at most.
const WRONG: usize = 2;

/// Who is refused as somebody else's body may have mistyped it: whether there is no such body, and which one is nearest.
/// None where who asks may not know, or where there is one.
pub(crate) async fn body(session: &Session, error: &anyhow::Error) -> Option<String> {
    let status = error.chain().find_map(|cause| cause.downcast_ref::<Status>())?;
    if Fault::reason_of(status) != Some(ErrorReason::NotYours) {
        return None;
    }
    let told = Fault::metadata_of(status);
    let wanted = told.get("required").filter(|_| told.get("claim").is_some_and(|claim| claim == "body"))?;
    let id = wanted.strip_prefix("bodies/").filter(|id| !id.contains([' ', ',', '…']))?;
    let asked = dynamic::all(session, "greenlane.registry.v1.BodyService/ListBodies", json!({}), "bodies");
    let bodies = tokio::time::timeout(PATIENCE, asked).await.ok()?.ok()?;
    let known: Vec<&str> = bodies.iter().filter_map(|it| it["name"].as_str()?.strip_prefix("bodies/")).collect();
    if known.contains(&id) {
        return None;
    }
    Some(match near(id, known) {
        Some(meant) => format!("there is no {wanted}; did you mean bodies/{meant}?"),
        None => format!("there is no {wanted}; see what there is: greenlane body list"),
    })
}

/// The name that is nearest to a mistyped one, if any is near: the whole of it, or what it begins with.
pub(crate) fn near<'n>(given: &str, names: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let given = given.to_lowercase();
    let wrong = |name: &str| {
        let begins = name.match_indices('-').map(|(at, _)| &name[..at]).chain([name]);
        // A letter or two of a short name is all of it.
        let fits = |beginning: &str| {
            let wrong = distance(&given, &beginning.to_lowercase());
            (wrong <= WRONG.min(beginning.chars().count() / 3)).then_some(wrong)
        };
        begins.filter_map(fits).min()
    };
    let names = names.into_iter().filter_map(|name| Some((wrong(name)?, name)));
    names.min().map(|(_, name)| name)
}

/// How many letters are to be put in, left out, changed, or swapped with the next.
fn distance(one: &str, other: &str) -> usize {
    let (one, other): (Vec<char>, Vec<char>) = (one.chars().collect(), other.chars().collect());
    let mut rows = vec![(0..=other.len()).collect::<Vec<usize>>()];
    for (i, letter) in one.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, its) in other.iter().enumerate() {
            let above = &rows[i];
            let mut least = (above[j] + usize::from(letter != its)).min(above[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && one[i - 1] == *its {
                least = least.min(rows[i - 1][j - 1] + 1);
            }
            row.push(least);
        }
        rows.push(row);
    }
    rows.last().and_then(|row| row.last()).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::near;

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
