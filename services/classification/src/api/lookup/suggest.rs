//! Codes suggested for a plain description; classifications taught.

use chrono::NaiveDate;
use greenlane_api::classification::v1::{
    CodeCandidate, SuggestCodesRequest, SuggestCodesResponse, TaughtExample, TeachClassificationsRequest,
    TeachClassificationsResponse,
};
use greenlane_api::common::v1::{CodeReference, Source};
use greenlane_platform::audit::Origin;
use greenlane_platform::auth::Caller;
use greenlane_platform::consistency::Consistency;
use greenlane_platform::fault::Fault;
use greenlane_platform::violations::Violations;
use greenlane_store::idempotency::{asked_for, payload_hash};
use prost::Message as _;
use tonic::Request;

use super::Lookup;
use crate::api::named_list::ListName;
use crate::api::{error, parse, render};
use crate::app::{Teaching, teach};
use crate::domain::{
    Catalogue, CodeRef, EditionData, Example, ExampleFact, ListData, Position, Question, SourceFact, Unresolved,
    resolve, suggest,
};

/// Longest description.
const MAX_DESCRIPTION: usize = 4_000;
/// Most examples in one request.
const MAX_EXAMPLES: usize = 1_000;
/// Codes below one that are named.
const SHOWN: usize = 5;
/// Candidates when the caller does not say, and the most that there are.
const CANDIDATES: (i32, i32) = (10, 100);

impl Lookup {
    pub(super) async fn suggest(&self, request: SuggestCodesRequest) -> Result<SuggestCodesResponse, Fault> {
        let mut v = Violations::new();
        let description = v.paragraphs("description", &request.description, 1..=MAX_DESCRIPTION);
        let edition = parse::edition(&mut v, "edition", &request.edition);
        let on = v.optional_date("date", &request.date);
        let lists = ListName::several(&mut v, &request.green_lists);
        let most = request.max_candidates;
        v.check("max_candidates", (0..=CANDIDATES.1).contains(&most), format!("must be 1 to {}", CANDIDATES.1));
        let languages = parse::languages(&mut v, &request.languages);
        let consistency = Consistency::parse(&mut v, request.consistency.as_ref());
        let (description, edition, on, lists, languages, consistency) =
            v.finish_with(|| Some((description?, edition?, on?, lists?, languages?, consistency?)))?;

        let read = self.catalogues.read(consistency).await.map_err(error::read)?;
        let edition_of = |catalogue: &Catalogue| {
            let edition = super::resolve_edition(catalogue, "edition", &edition)?;
            // Where a list is new, no revision before answers.
            ListName::all_in(&lists, catalogue).map(|()| vec![edition])
        };
        let (catalogue, _) = self.catalogues.with_words(read, consistency, edition_of).await?;
        let edition = super::resolve_edition(&catalogue, "edition", &edition)?;
        let today = self.clock.today();
        let lists = ListName::find_all(&lists, &self.catalogues, &catalogue).await?;
        let lists: Vec<&ListData> = lists.iter().map(AsRef::as_ref).collect();
        let green = match lists.is_empty() {
            true => None,
            false => Some(self.green.rows(&catalogue, &lists, edition, today).await?),
        };
        let limit = usize::try_from(if most == 0 { CANDIDATES.0 } else { most }).unwrap_or(1);
        let question =
            Question { description: &description, edition, on: on.unwrap_or(today), among: green.as_deref(), limit };
        let answer = suggest(&catalogue, &question);
        let candidates = answer.candidates.iter().map(|candidate| CodeCandidate {
            code: Some(render::code(&catalogue, candidate.at, &languages)),
            confidence: candidate.confidence,
            matched_words: candidate.matched.clone(),
            examples: candidate.examples.iter().map(|example| taught(example)).collect(),
            taught_lift: candidate.lift,
        });
        Ok(SuggestCodesResponse {
            candidates: candidates.collect(),
            cannot_tell: answer.cannot_tell,
            findings: render::findings(&answer.findings),
            question: answer.question.unwrap_or_default(),
            revision: catalogue.revision,
        })
    }

    pub(super) async fn teach(
        &self,
        request: Request<TeachClassificationsRequest>,
    ) -> Result<TeachClassificationsResponse, Fault> {
        let (caller, origin) = (Caller::of(&request)?, Origin::of(&request));
        let mut request = request.into_inner();
        let id = std::mem::take(&mut request.request_id);
        let payload = asked_for(payload_hash(&request.encode_to_vec()), caller.acts_for().as_deref());
        let mut v = Violations::new();
        let request_id = v.request_id(&id);
        let count = request.examples.len();
        let counted = v.check("examples", (1..=MAX_EXAMPLES).contains(&count), format!("must be 1 to {MAX_EXAMPLES}"));
        let mut examples = Vec::new();
        if counted {
            if request.examples.iter().any(|example| example.withdrawn) {
                // What another replica has just taught can be taken back here.
                self.catalogues.refresh().await.map_err(error::store)?;
            }
            let catalogue = self.catalogues.current();
            for (index, raw) in request.examples.iter().enumerate() {
                let field = format!("examples[{index}]");
                let Some((description, code, decided_on, source)) = example(&mut v, &field, raw) else { continue };
                match resolve(&catalogue, &code) {
                    Ok(at) if !raw.withdrawn && classifies_nothing(&catalogue, at) => {
                        let below = catalogue.code(at).children.iter().take(SHOWN);
                        let codes = &catalogue.editions[at.edition].codes;
                        let below: Vec<&str> = below.map(|row| codes[*row as usize].fact.code.as_str()).collect();
                        let why =
                            format!("has codes below it: name the one that was decided ({}, ...)", below.join(", "));
                        v.add(&format!("{field}.code.code"), why);
                    }
                    Ok(at) if raw.withdrawn && !catalogue.taught.knows(&description, at, decided_on) => {
                        let why = "nothing to withdraw: this code was not taught of these words by that day";
                        v.add(&format!("{field}.withdrawn"), why);
                    }
                    Ok(at) => {
                        let misdated = || misdated(&catalogue, at.edition, decided_on, self.clock.today());
                        if let Some(why) = (!raw.withdrawn).then(misdated).flatten() {
                            v.add(&format!("{field}.decided_on"), why);
                            continue;
                        }
                        let (edition, code) = (code.edition.to_string(), code.code.to_string());
                        let (source, invented) = source;
                        examples.push(ExampleFact {
                            description,
                            edition,
                            code,
                            decided_on,
                            source,
                            invented,
                            withdrawn: raw.withdrawn,
                            // Known when it is stored.
                            taught: 0,
                        });
                    }
                    Err(why @ Unresolved::UnknownEdition { .. }) => v.add(&format!("{field}.code.edition"), why),
                    Err(why) => v.add(&format!("{field}.code.code"), why),
                }
            }
        }
        let request_id = v.finish_with(|| request_id)?;
        let teaching = Teaching {
            caller: caller.key(),
            subject: caller.subject().to_owned(),
            origin,
            request_id: request_id.to_string(),
            payload,
            validate_only: request.validate_only,
            examples,
            at: self.clock.now(),
        };
        let taught = teach(&self.catalogues, teaching).await.map_err(error::teach)?;
        Ok(TeachClassificationsResponse { learned: taught.learned, revision: taught.revision })
    }
}

/// Whether goods cannot be decided to be a code: of its system's own codes there are some below it. What stands below a
/// code that another system extends is that system's.
fn classifies_nothing(catalogue: &Catalogue, at: Position) -> bool {
    let code = catalogue.code(at);
    let base = catalogue.edition(&catalogue.editions[at.edition].fact.extends);
    let rung = base.map(|base| catalogue.find(base, &code.fact.code));
    match rung {
        None => !code.children.is_empty(),
        Some(None) => false,
        Some(Some(rung)) => !catalogue.code(rung).children.is_empty(),
    }
}

/// Why nobody can have decided on a day that goods are a code of an edition. An edition that is named for want of an older
/// one is not held against it: economies that publish one a year take most of its codes over.
fn misdated(catalogue: &Catalogue, edition: usize, decided_on: NaiveDate, today: NaiveDate) -> Option<String> {
    // Somewhere it is tomorrow already.
    if today.succ_opt().is_some_and(|tomorrow| decided_on > tomorrow) {
        return Some(format!("must not be after today, which is {today} in UTC"));
    }
    let named = &catalogue.editions[edition].fact;
    if decided_on >= named.effective_from {
        return None;
    }
    let of_its_day = |other: &&EditionData| other.fact.system == named.system && other.in_force(decided_on);
    catalogue.editions.iter().find(of_its_day).map(|other| {
        format!(
            "must not be before {}, the first day of {}: on it {} was in force",
            named.effective_from, named.id, other.fact.id
        )
    })
}

type ParsedExample = (String, CodeRef, NaiveDate, (SourceFact, bool));

fn example(v: &mut Violations, field: &str, raw: &TaughtExample) -> Option<ParsedExample> {
    let code = parse::code(v, &format!("{field}.code"), raw.code.as_ref());
    let mut v = v.scope(field);
    let description = v.paragraphs("description", &raw.description, 1..=MAX_DESCRIPTION);
    let decided_on = v.date("decided_on", &raw.decided_on);
    let source = v.required("source", raw.source.as_ref()).and_then(|source| parse::source(&mut v, "source", source));
    Some((description?, code?, decided_on?, source?))
}

fn taught(example: &Example) -> TaughtExample {
    let fact = &example.fact;
    TaughtExample {
        description: fact.description.clone(),
        code: Some(CodeReference { edition: fact.edition.clone(), code: fact.code.clone() }),
        decided_on: fact.decided_on.to_string(),
        source: Some(Source {
            uri: fact.source.uri.clone(),
            note: fact.source.note.clone(),
            retrieved_on: fact.source.retrieved_on.map(|day| day.to_string()).unwrap_or_default(),
            example: fact.invented,
        }),
        withdrawn: fact.withdrawn,
    }
}
