//! AuditFairness. Pages are made requirement by requirement, so that no more is audited than is asked for.

use chrono::NaiveDate;
use greenlane_api::equivalence::v1 as pb;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::{PageBinding, Violations};
use prost::Message as _;

use super::recognition::RecognitionApi;
use super::{plan, question};
use crate::domain::key::EconomyCode;
use crate::domain::recognise::fairness::{Unequal, audited};
use crate::domain::requirement::Requirement;

const METHOD: &str = "/greenlane.equivalence.v1.RecognitionService/AuditFairness";

/// Where the next page begins: the revision and the date of the first one, the market and the name of a requirement,
/// and how many of its findings were sent.
type Cursor = (u64, NaiveDate, String, String, usize);

pub(super) async fn audit(
    api: &RecognitionApi,
    mut request: pb::AuditFairnessRequest,
) -> Result<pb::AuditFairnessResponse, Fault> {
    let mut v = Violations::new();
    let page_token = std::mem::take(&mut request.page_token);
    let page_size = std::mem::take(&mut request.page_size);
    let consistency = request.consistency.take();
    let binding = PageBinding::new(METHOD).with(request.encode_to_vec());
    let size = v.page_size(page_size);
    let cursor = v.page_token::<Cursor>(&page_token, &binding);
    let markets = plan::economies(&mut v, "markets", &request.markets);
    let code = request.code.map(|code| question::code(&mut v, "code", Some(code)));
    let date = v.optional_date("date", &request.date);
    let consistency = Consistency::parse(&mut v, consistency.as_ref());
    let (size, cursor, date, consistency) = v.finish_with(|| Some((size?, cursor?, date?, consistency?)))?;
    let code = code.flatten();
    let consistency = cursor.as_ref().map_or(consistency, |(revision, ..)| Consistency::Exactly(*revision));
    let date = cursor.as_ref().map(|(_, date, ..)| *date).or(date).unwrap_or_else(|| api.clock.today());

    let loaded = api.recogniser.catalogue(consistency).await?;
    let revision = loaded.catalogue.revision();
    // Nothing is found in a market that is not known: that is no clean bill.
    let mut v = Violations::new();
    for (index, market) in markets.iter().enumerate() {
        v.check(
            &format!("markets[{index}]"),
            loaded.catalogue.economies.contains_key(market),
            format!("the catalogue does not know the economy {} at revision {revision}", market.as_str()),
        );
    }
    v.finish()?;
    let mut known = api.recogniser.translations.known(0);
    let mut answer = pb::AuditFairnessResponse { revision, ..Default::default() };
    for (market, entry) in audited(&loaded.catalogue, &markets, date) {
        let requirement = &entry.requirement;
        let place = (market.as_str(), requirement.name.as_str());
        let sent = match &cursor {
            Some((_, _, market, name, sent)) => match place.cmp(&(market, name)) {
                std::cmp::Ordering::Less => continue,
                std::cmp::Ordering::Equal => *sent,
                std::cmp::Ordering::Greater => 0,
            },
            None => 0,
        };
        let found = api.recogniser.audit(&loaded, &mut known, (&market, entry), code.as_ref(), date).await;
        let room = size - answer.findings.len();
        answer.findings.extend(found.iter().skip(sent).take(room).map(|it| finding(&market, requirement, it)));
        if found.len().saturating_sub(sent) > room {
            let (market, name) = place;
            let next: Cursor = (revision, date, market.to_owned(), name.to_owned(), sent + room);
            answer.next_page_token = binding.token(&next)?;
            break;
        }
        // A long audit lets others work, and ends when nobody waits for it.
        tokio::task::yield_now().await;
    }
    Ok(answer)
}

fn finding(market: &EconomyCode, requirement: &Requirement, it: &Unequal) -> pb::FairnessFinding {
    pb::FairnessFinding {
        principle: it.principle.number(),
        market: market.as_str().to_owned(),
        requirement: requirement.name.name(),
        favoured: it.favoured.as_str().to_owned(),
        disfavoured: it.disfavoured.as_str().to_owned(),
        favoured_outcome: it.favoured_outcome.number(),
        disfavoured_outcome: it.disfavoured_outcome.number(),
        clause: it.clause.clone(),
        object: it.object.number(),
        incomparable: it.incomparable,
    }
}
