//! How a command ends: exit codes, and the text of a failure.

mod hints;
#[cfg(test)]
mod tests;

use std::{fmt, io, process::ExitCode};

use greenlane_api::common::v1::ErrorReason;
use greenlane_platform::{fault::Fault, server::TRACE_ID, violations::EconomyCode};
use tonic::{Code, Status};

use self::hints::{UNREACHED, lists};
pub(crate) use self::hints::{advice, lists_all, of_tls};
use super::{context::CONTEXT_FILE, files::Sent, probe::SPEAKS_TLS, render};

/// The exit codes of `greenlane`, as its help prints them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done.
    Done = 0,
    /// Failed.
    Failed = 1,
    /// Wrong usage, or the server refused the arguments.
    Usage = 2,
    /// No such thing.
    NotFound = 3,
    /// Not allowed, or not known.
    Denied = 4,
    /// Exists already, or is in a state that forbids the step.
    Conflict = 5,
    /// The answer is no: not valid, not recognised, something is wrong.
    No = 10,
    /// `verify`, `recognise`, `plan` and `code suggest`: cannot be told.
    Undetermined = 11,
    /// Try later.
    TryLater = 75,
    /// Stopped by Ctrl-C.
    Stopped = 130,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

/// What the help says about exit codes.
pub(crate) const EXIT_CODES: &str = "\
Exit codes:
  0   done
  1   failed
  2   wrong usage: arguments, or a file that is not there or is wrong; also what the server refused
  3   no such thing: nothing is called so
  4   denied
  5   conflict: it exists, or its state forbids the step
  10  verify, recognise: not valid or not recognised
      change validate, list lint, doctor: something is wrong
      import: rows were refused, or there were none
      diff: there are differences; what apply would refuse of them is said on stderr
      log audit, log check: the log was rewritten, or a proof proves nothing
  11  verify, recognise: undetermined
      plan: a market that is named, or every market, is undetermined
      code suggest: cannot be told from the description
  75  try later
  130 watch: stopped with Ctrl-C";

/// Arguments, or a file named by them, that make no sense.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Usage(pub(crate) String);

/// What is named is not there: a context, as a service says it of what it keeps.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Missing(pub(crate) String);

/// What is to be made is there already, as a service says it of what it keeps.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct Exists(pub(crate) String);

/// Flags that are not called like the fields that they fill.
const CALLED: [(&str, &str); 9] = [
    ("event-time", "at"),
    ("effective-time", "effective"),
    ("comments-until", "until"),
    ("update-mask", "file"),
    ("urgency-reason", "urgent"),
    ("reason-text", "text"),
    ("declaration-reference", "declaration"),
    ("placed-on-market-on", "placed-on"),
    ("manufactured-on", "made-on"),
];

/// The same of fields that several commands have, and that are called so in what services say of other things too.
const CALLED_HERE: [(&str, &str); 9] = [
    ("valid-from", "from"),
    ("valid-until", "until"),
    ("effective-date", "on"),
    ("compromised-since", "since"),
    ("accreditation-body", "by"),
    ("authority", "by"),
    ("standard-editions", "standard"),
    ("serial-ranges", "serials"),
    ("declares-no-interest", "declare-no-interest"),
];

/// A text of a service with the flags in it that fill the fields which it names: `--placed-on` for `placed_on_market_on`.
pub(crate) fn with_flags(text: &str) -> String {
    let with = |text: String, (field, flag): (&str, &str)| {
        let field = field.replace('-', "_");
        if text.contains(&field) { text.replace(&field, &format!("--{flag}")) } else { text }
    };
    CALLED.into_iter().fold(text.to_owned(), with)
}

/// A command that failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// The command's words: `certificate issue`.
    pub(crate) command: String,
    /// What it tried.
    pub(crate) tried: Box<Tried>,
    /// Why.
    pub(crate) error: anyhow::Error,
}

/// What a command tried before it failed.
#[derive(Debug, Default)]
pub(crate) struct Tried {
    /// The request id of its mutation.
    pub(crate) request_id: Option<String>,
    /// The files that its requests had something of.
    pub(crate) sent: Vec<Sent>,
    /// The addresses of the services.
    pub(crate) asked: Vec<String>,
    /// Whether nobody and nothing said which services are meant.
    pub(crate) is_default: bool,
    /// The body that its token acts for.
    pub(crate) own_body: Option<String>,
    /// What may have been meant by a name, where that was found out.
    pub(crate) meant: Option<String>,
}

impl Failure {
    fn status(&self) -> Option<&Status> {
        self.error.chain().find_map(|cause| cause.downcast_ref::<Status>())
    }

    /// The exit code that tells of it.
    pub(crate) fn exit(&self) -> Exit {
        match self.status() {
            // What two do not agree about today they do not tomorrow.
            Some(_) if self.tried.meant.as_deref().is_some_and(|it| it.starts_with(SPEAKS_TLS)) => Exit::Failed,
            Some(status) => exit_of(status),
            None if self.error.downcast_ref::<Usage>().is_some() => Exit::Usage,
            None if self.error.downcast_ref::<Missing>().is_some() => Exit::NotFound,
            None if self.error.downcast_ref::<Exists>().is_some() => Exit::Conflict,
            None if self.lacks_a_file() => Exit::Usage,
            None => Exit::Failed,
        }
    }

    /// Whether a file is not there: the command line named it wrongly.
    fn lacks_a_file(&self) -> bool {
        let missing = |error: &io::Error| error.kind() == io::ErrorKind::NotFound;
        self.error.chain().any(|cause| cause.downcast_ref().is_some_and(missing))
    }

    /// Prints it for a person on stderr and says how the process ends.
    pub(crate) fn report(&self) -> ExitCode {
        render::say(&self.to_string());
        self.exit().into()
    }

    /// The flag of the command that a field of its request is made of, where one is called like the field, and what of the
    /// field is to be said beside it: nothing where the flag makes the whole field.
    fn flag_of(&self, field: &str) -> Option<(String, String)> {
        let mut command = <crate::cli::Cli as clap::CommandFactory>::command();
        for word in self.command.split(' ') {
            command = command.find_subcommand(word)?.clone();
        }
        let flags: Vec<&str> = command.get_arguments().filter_map(|argument| argument.get_long()).collect();
        // `dispute.evidence[0].uri` is of --evidence when there is no --uri.
        let parts: Vec<&str> = field.split('.').collect();
        parts.iter().enumerate().rev().find_map(|(at, &part)| {
            let (name, index) = part.split_once('[').unwrap_or((part, ""));
            let name = name.replace('_', "-");
            let one = name.strip_suffix('s').unwrap_or(&name);
            let mut called = CALLED.iter().chain(&CALLED_HERE);
            let other = called.find(|(field, _)| *field == name).map(|(_, flag)| *flag);
            let mut own = flags.iter().filter(|flag| **flag == name || **flag == one || Some(**flag) == other);
            let within = parts[at + 1..].join(".");
            // Which of several it is within is said too.
            let said = if within.is_empty() || index.is_empty() { within } else { field.to_owned() };
            own.next().map(|flag| ((*flag).to_owned(), said))
        })
    }

    /// What is wrong with a field that a flag fills: other fields in it are named by their flags, too. Of one word they are
    /// known by the marks around them.
    fn in_flags(&self, description: &str) -> String {
        let named = |word: &str| {
            let field = word.trim_matches(|letter: char| !letter.is_ascii_lowercase());
            let marked = format!("`{field}`");
            let is_field = field.contains('_') || word.contains(&marked);
            match is_field.then(|| self.flag_of(field)).flatten() {
                Some((flag, _)) => word.replace(&marked, field).replace(field, &format!("--{flag}")),
                None => word.to_owned(),
            }
        };
        description.split(' ').map(named).collect::<Vec<_>>().join(" ")
    }

    fn local(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "error: {}: {}", self.command, self.error)?;
        self.error.chain().skip(1).try_for_each(|cause| writeln!(f, "  caused by: {cause}"))?;
        // rustls' words for a key that is of another certificate.
        if self.error.chain().any(|cause| cause.to_string().contains("KeyMismatch")) {
            return writeln!(
                f,
                "hint: the key is not that of the certificate: name with --tls-key the one it was made for"
            );
        }
        match std::env::current_dir() {
            Ok(here) if self.lacks_a_file() => {
                writeln!(f, "hint: files are looked for from where the command is started: {}", here.display())
            }
            _ => Ok(()),
        }
    }

    /// The command that mints a token for whom a refused step concerns.
    fn mint(&self, status: &Status) -> Option<String> {
        let told = Fault::metadata_of(status);
        let required = told.get("required").filter(|_| Fault::reason_of(status) == Some(ErrorReason::NotYours))?;
        let whom = match told.get("claim")?.as_str() {
            "body" if required.starts_with("bodies/") && !required.contains([' ', ',', '…']) => {
                format!("--body {required}")
            }
            "economy" => {
                format!("--economy {}", EconomyCode::new(required.split([',', ' ']).next()?).ok()?.into_string())
            }
            _ => return None,
        };
        let mut words = self.command.split(' ');
        let scopes = match (words.next()?, words.next_back()) {
            (_, Some("review")) => "--scope catalogue.read --scope catalogue.review",
            (_, Some("publish")) => "--scope catalogue.read --scope catalogue.publish",
            ("certificate", _) => "--scope certificates.read --scope certificates.write",
            ("body", _) => "--scope bodies.read --scope bodies.write",
            ("trace", _) => "--scope trace.read --scope trace.write",
            ("write-off", _) => "--scope write_offs.read --scope write_offs.write",
            _ if told.get("resource").is_some_and(|it| it.starts_with("greenLists/")) => {
                "--scope codes.read --scope lists.write"
            }
            ("code" | "list", _) => "--scope codes.read --scope codes.write --scope lists.write",
            ("apply" | "change" | "dispute", _) => "--scope catalogue.read --scope catalogue.propose",
            _ => "--scope admin",
        };
        let whose = self.tried.own_body.as_deref().filter(|_| whom.starts_with("--body"));
        let whose = whose.map_or_else(String::new, |own| format!("the token acts for {own}: "));
        // Named after whom it acts for: a token for somebody else may well be called clerk.token already.
        let id = whom.rsplit(['/', ' ']).next().unwrap_or_default();
        Some(format!(
            "{whose}act with a token for whom it concerns; under `greenlane up`: greenlane token mint --subject clerk {scopes} \
             {whom} --out {id}.token"
        ))
    }

    fn remote(&self, status: &Status, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let violations = Fault::violations_of(status);
        match violations.len() {
            0 => writeln!(f, "error: {}: {}", self.command, status.message())?,
            1 => writeln!(f, "error: {}: a field was refused", self.command)?,
            several => writeln!(f, "error: {}: {several} fields were refused", self.command)?,
        }
        for violation in violations {
            let place = self.tried.sent.iter().find_map(|file| file.place(&violation.field));
            let (field, why) = of_promise(&violation.field, &violation.description);
            match (place, self.flag_of(field)) {
                (Some(place), _) => writeln!(f, "  {place}: {}: {}", violation.field, violation.description)?,
                // The flag says it all: only of something within it is that said too.
                (None, Some((flag, within))) => {
                    let within = if within.is_empty() { within } else { format!("{within}: ") };
                    writeln!(f, "  --{flag}: {within}{}", self.in_flags(why))?;
                }
                (None, None) => writeln!(f, "  {}: {}", violation.field, violation.description)?,
            }
        }
        let reason = Fault::reason_of(status);
        if let Some(reason) = reason {
            writeln!(f, "  reason: {}", reason.as_str_name().trim_start_matches("ERROR_REASON_"))?;
        }
        // The same thing may have two keys; nobody wants to read it twice.
        let mut told = vec![String::new()];
        told.extend(self.tried.request_id.clone());
        for (key, value) in Fault::metadata_of(status) {
            if !told.contains(&value) {
                // Who may not decide on a dispute is told that under the key of a change set.
                let is_dispute = key == "change_set" && value.starts_with("disputes/");
                let key = if is_dispute { "dispute".to_owned() } else { key.replace('_', " ") };
                writeln!(f, "  {key}: {value}")?;
                told.push(value);
            }
        }
        if let Some(id) = &self.tried.request_id {
            writeln!(f, "  request id: {id}")?;
        }
        // By which the service's operator finds the call, reads too.
        if let Some(id) = status.metadata().get(TRACE_ID.as_str()).and_then(|id| id.to_str().ok())
            && !told.iter().any(|it| it == id)
        {
            match &self.tried.request_id {
                Some(_) => writeln!(f, "  trace id: {id}")?,
                // What only reads is done again without harm, and has no other identifier.
                None => writeln!(f, "  request id: {id} (its trace id)")?,
            }
        }
        // Whoever is not known here may have asked somebody else than they meant.
        let elsewhere = matches!(status.code(), Code::Unauthenticated) || reason == Some(ErrorReason::NoRule);
        if elsewhere && !self.tried.asked.is_empty() {
            writeln!(f, "  asked: {}", self.tried.asked.join(", "))?;
        }
        if let Some(meant) = &self.tried.meant {
            writeln!(f, "hint: {meant}")?;
        } else if let Some(hint) = self.mint(status) {
            writeln!(f, "hint: {hint}")?;
        } else if let Some(hint) = advice(status) {
            // Change sets of codes have commands of their own, which are called alike.
            let of_codes = self.command.starts_with("code change ");
            let own = of_codes.then(|| hint.replace("greenlane change ", "greenlane code change "));
            writeln!(f, "hint: {}", own.as_ref().unwrap_or(&hint))?;
            if hint == UNREACHED && self.tried.is_default {
                let local = crate::cli::default_data().join(CONTEXT_FILE);
                writeln!(f, "hint: no context is chosen and {} is not here: these are the defaults", local.display())?;
            }
        } else if reason == Some(ErrorReason::ResourceNotFound)
            && let Some(list) = Fault::metadata_of(status).get("resource").and_then(|name| lists(name))
        {
            writeln!(f, "hint: see what there is: greenlane {list}")?;
        }
        let unsure = !matches!(exit_of(status), Exit::Usage | Exit::NotFound | Exit::Denied | Exit::Conflict);
        match &self.tried.request_id {
            Some(id) if unsure => writeln!(f, "hint: repeat it with --request-id {id}: it is then done once at most"),
            _ => Ok(()),
        }
    }
}

/// The flag that asks for the promise which is refused, as a field, and why it is: two flags ask for one, and without either
/// it is the one that is always given.
fn of_promise<'v>(field: &'v str, why: &'v str) -> (&'v str, &'v str) {
    match why.strip_suffix(": INTEGRATED is").filter(|_| field == "promise") {
        Some(why) if why.contains("witness") => ("witnesses", why),
        Some(why) => ("listed", why),
        None => (field, why),
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.status() {
            Some(status) => self.remote(status, f),
            None => self.local(f),
        }
    }
}

/// How a command ends that fails with this.
pub(crate) fn exit_of(status: &Status) -> Exit {
    match status.code() {
        // What two do not agree about today they do not tomorrow.
        Code::Unavailable if Fault::reason_of(status).is_none() && of_tls(status).is_some() => Exit::Failed,
        // The step behind it is on its way: nothing stands against the call but the time.
        Code::FailedPrecondition if Fault::reason_of(status) == Some(ErrorReason::RevisionNotReached) => Exit::TryLater,
        Code::Ok => Exit::Done,
        Code::InvalidArgument | Code::OutOfRange => Exit::Usage,
        Code::NotFound => Exit::NotFound,
        Code::Unauthenticated | Code::PermissionDenied => Exit::Denied,
        Code::AlreadyExists | Code::FailedPrecondition | Code::Aborted => Exit::Conflict,
        Code::Unavailable | Code::ResourceExhausted | Code::DeadlineExceeded => Exit::TryLater,
        // tonic's words for a connection that ended within a stream.
        Code::Unknown | Code::Internal if is_cut_off(status) => Exit::TryLater,
        Code::Cancelled | Code::Unknown | Code::Unimplemented | Code::Internal | Code::DataLoss => Exit::Failed,
    }
}

fn is_cut_off(status: &Status) -> bool {
    Fault::reason_of(status).is_none() && status.message().contains("error reading a body from connection")
}
