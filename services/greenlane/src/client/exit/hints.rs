//! What to do about a refusal: one line that leads somewhere.

use std::collections::BTreeMap;

use greenlane_api::common::v1::ErrorReason;
use greenlane_platform::fault::Fault;
use tonic::{Code, Status};

/// What to do about a refusal, where we know something.
pub(crate) fn advice(status: &Status) -> Option<String> {
    let reason = Fault::reason_of(status);
    // tonic's words for an answer that is none of gRPC.
    if reason.is_none() && status.message().contains("mapped from HTTP status code") {
        return Some(ELSEWHERE.to_owned());
    }
    if let Some(hint) = of_tls(status).filter(|_| reason.is_none()) {
        return Some(hint.to_owned());
    }
    let told = Fault::metadata_of(status);
    reason.and_then(|reason| of_reason(reason, &told)).or_else(|| hint_of_code(status.code()).map(str::to_owned))
}

/// What to do about a reason, in the light of what is told beside it.
fn of_reason(reason: ErrorReason, told: &BTreeMap<String, String>) -> Option<String> {
    let of = |key: &str| told.get(key).map(String::as_str).unwrap_or_default();
    match reason {
        ErrorReason::NoSigningKey => Some(of_signing_key(of("service"), of("body"), of("key"))),
        ErrorReason::StateConflict => of_state(of("resource"), of("state"), of("step"), !of("from").is_empty()),
        ErrorReason::ResourceExists if told.contains_key("declaration") => Some(format!(
            "look at it: greenlane write-off get {}; a further part of a consignment has a --declaration of its own, and a \
             mistake is reversed first",
            of("resource")
        )),
        ErrorReason::NotYours if of("required").starts_with(OF_PANEL) => of("required")
            .rsplit_once(' ')
            .map(|(_, dispute)| format!("see who is of its panel: greenlane dispute get {dispute}")),
        ErrorReason::NotYours if of("claim") == "sub" => Some(
            "act with that person's own token; under `greenlane up`, greenlane token mint --help says how to get one"
                .to_owned(),
        ),
        ErrorReason::FourEyes if of("change_set").starts_with("disputes/") => {
            Some("somebody without a part in it does that: use the token of such a person".to_owned())
        }
        ErrorReason::EtagMismatch if lists(of("resource")).is_some() => Some(format!(
            "somebody was faster: look at it again, greenlane get {}, and name the etag that it has now",
            of("resource")
        )),
        reason => hint(reason).map(str::to_owned),
    }
}

/// How those are told who sit in the panel of a dispute.
const OF_PANEL: &str = "a member of the panel of ";

/// What to do where nothing can be signed.
fn of_signing_key(service: &str, body: &str, key: &str) -> String {
    if !service.is_empty() {
        return "its operator names a key file in its configuration (deploy/config has every key)".to_owned();
    }
    if let Some((_, id)) = key.rsplit_once('/') {
        return format!(
            "{id}.jwk is to be put back into the registry's directory of keys (`greenlane restore` does, and `greenlane \
             doctor --service registry` names every file that is missing); where it is lost for good: greenlane body key \
             retire {key}, greenlane body key create {body}"
        );
    }
    format!("register one: greenlane body key create {body}")
}

/// What to do where the state of something forbids a step.
fn of_state(resource: &str, state: &str, step: &str, is_announced: bool) -> Option<String> {
    if is_announced {
        return Some(format!("see what was announced: greenlane certificate history {resource}"));
    }
    let known = match (step, state) {
        ("to act as one" | "issue", _) if resource.starts_with("bodies/") => {
            return Some(format!("give it the role first: greenlane body update {resource} --role …"));
        }
        ("to accredit or designate it", _) => "name with --by the body that accredits it, or its designating authority",
        ("reverse", "rejection" | "reversal") => {
            "what was let in is what can be reversed: greenlane write-off list --kind use"
        }
        (_, "draft") if is_change(resource) => "its author proposes it first: greenlane change propose",
        (_, "proposed") if is_change(resource) => {
            "those concerned are heard first, or it is reviewed: greenlane change notify, greenlane change review"
        }
        (_, "notified") if is_change(resource) => {
            "when comments are over, somebody else than its author reviews it: greenlane change review"
        }
        (_, "published") if is_change(resource) => {
            "what is published is undone by another change set: greenlane change revert"
        }
        (_, "rejected" | "withdrawn") if is_change(resource) => "that is its end: draft another one",
        // Where `get` knows nothing of the kind, it leads nowhere.
        _ => return lists(resource).map(|_| format!("see how it stands: greenlane get {resource}")),
    };
    Some(known.to_owned())
}

fn is_change(resource: &str) -> bool {
    resource.contains("changeSets/")
}

/// The command that lists what is called like this.
pub(super) fn lists(name: &str) -> Option<&'static str> {
    let (before, _) = name.rsplit_once('/')?;
    if before == "entries" {
        return Some("log entries");
    }
    if before.starts_with("bodies/") && before.ends_with("/designations") {
        return Some("body designation list BODY");
    }
    lists_all(before.rsplit('/').next()?)
}

/// The command that lists a collection.
pub(crate) fn lists_all(collection: &str) -> Option<&'static str> {
    Some(match collection {
        "bodies" => "body list",
        "certificates" => "certificate list",
        "changeSets" => "change list, or greenlane code change list",
        "disputes" => "dispute list",
        "subscriptions" => "alert subscriptions, or greenlane code alert subscriptions",
        "greenLists" => "list list",
        "editions" => "edition list",
        "codes" => "code list EDITION, or greenlane code search WORDS",
        "codeSystems" => "edition systems",
        "imports" => "code imports",
        "writeOffs" => "write-off list",
        "traceEvents" => "trace list",
        "schemes" => "catalogue list schemes",
        "standards" => "catalogue list standards",
        "requirements" => "catalogue list requirements",
        "arrangements" => "catalogue list arrangements",
        "annexes" => "catalogue list annexes",
        "equivalences" => "catalogue list equivalences",
        "economies" => "catalogue list economies",
        "designations" => "catalogue list designations",
        "editionTransitions" => "catalogue list edition-transitions",
        "keys" => "body key list BODY",
        "accreditationScopes" => "body accreditation list BODY",
        "entries" => "list entries LIST",
        "events" => "certificate history CERTIFICATE",
        "versions" => "certificate versions CERTIFICATE",
        _ => return None,
    })
}

fn hint(reason: ErrorReason) -> Option<&'static str> {
    Some(match reason {
        ErrorReason::TokenMissing => {
            "name the file of a token with --token-file or GREENLANE_TOKEN_FILE, or for good with greenlane context set; \
             `greenlane login` gets one, and `greenlane up` makes one in its data directory"
        }
        ErrorReason::TokenInvalid => "the service does not trust this token: check issuer, audience and key set",
        ErrorReason::TokenExpired => {
            "get a new token: greenlane login; under `greenlane up`, greenlane token mint --help says how"
        }
        ErrorReason::ScopeMissing => {
            "ask the issuer of your token for the scope named above; under `greenlane up`, greenlane token mint --scope"
        }
        ErrorReason::NotYours => {
            "act with a token for whom it concerns; under `greenlane up`, greenlane token mint --help says how to get one"
        }
        ErrorReason::RequestIdReused => "choose a new --request-id, or repeat the first request exactly",
        ErrorReason::WriteOffExceeded => "see what is left: greenlane write-off balance",
        ErrorReason::NotWitnessed => {
            "it stands; the same command with the same --request-id waits anew: `greenlane log cosignatures` tells who \
             has cosigned last"
        }
        ErrorReason::NotServing => {
            "it runs and cannot answer now, as when its database is away: try again later; if it lasts, its own log says what it lacks"
        }
        ErrorReason::DependencyUnavailable => {
            "it runs, and a service that it asks does not answer: `greenlane doctor` looks at all three"
        }
        ErrorReason::NoRule => {
            "this address may be another service's: look at --registry, --equivalence and --classification"
        }
        ErrorReason::LogInconsistent => {
            "nothing is signed until its operator has looked: deploy/runbooks/log-not-signing.md says what to do"
        }
        ErrorReason::FourEyes => "somebody else than the author must do it: use another person's token",
        _ => return None,
    })
}

const ELSEWHERE: &str = "\
a server of another kind answers at this address, or a proxy on the way: look at --registry, --equivalence and \
--classification; `greenlane doctor` asks all three";

pub(super) const UNREACHED: &str =
    "is it running, and is this its address? `greenlane doctor` looks at all three services";

/// The alerts of TLS by which a server refuses the certificate that was shown to it, in rustls' words.
const STRANGE: [&str; 6] = [
    "CertificateUnknown",
    "UnknownCA",
    "BadCertificate",
    "CertificateExpired",
    "CertificateRevoked",
    "UnsupportedCertificate",
];

/// What to do where two do not agree about TLS, by rustls' words.
pub(crate) fn of_tls(status: &Status) -> Option<&'static str> {
    let said = |words: &str| status.message().contains(words);
    if said("invalid peer certificate") {
        return Some(
            "it answers, and its certificate is not one to trust: with --tls-ca name the authority that signed it; the \
             address is to have a name of the certificate",
        );
    }
    if said("CertificateRequired") {
        return Some("it lets in only who shows a certificate: --tls-cert and --tls-key");
    }
    if STRANGE.iter().any(|alert| said(&format!("fatal alert: {alert}"))) {
        return Some(
            "it lets in only who shows a certificate that it trusts: name another with --tls-cert and --tls-key",
        );
    }
    said("received corrupt message").then_some("it answers, and not with TLS: is the address one with http://?")
}

fn hint_of_code(code: Code) -> Option<&'static str> {
    match code {
        Code::Unavailable => Some(UNREACHED),
        Code::Unimplemented => {
            Some("this service does not have this method yet, or something else answers at this address")
        }
        _ => None,
    }
}
