use greenlane_platform::{fault::Fault, violations::Violations};

use super::*;

fn failure(error: impl Into<anyhow::Error>, request_id: Option<&str>) -> Failure {
    let tried = Tried { request_id: request_id.map(str::to_owned), ..Tried::default() };
    Failure { command: "certificate issue".to_owned(), tried: Box::new(tried), error: error.into() }
}

#[test]
fn each_grpc_code_has_the_exit_code_that_the_help_promises() {
    let table = [
        (Code::InvalidArgument, 2),
        (Code::OutOfRange, 2),
        (Code::NotFound, 3),
        (Code::Unauthenticated, 4),
        (Code::PermissionDenied, 4),
        (Code::AlreadyExists, 5),
        (Code::FailedPrecondition, 5),
        (Code::Aborted, 5),
        (Code::Unavailable, 75),
        (Code::ResourceExhausted, 75),
        (Code::DeadlineExceeded, 75),
        (Code::Internal, 1),
        (Code::Unknown, 1),
        (Code::DataLoss, 1),
        (Code::Cancelled, 1),
        (Code::Unimplemented, 1),
    ];
    for (code, exit) in table {
        assert_eq!(failure(Status::new(code, ""), None).exit() as u8, exit, "{code:?}");
    }
    assert_eq!(failure(anyhow::anyhow!("x"), None).exit(), Exit::Failed);
    let nested = anyhow::anyhow!("line 1").context(Usage("not YAML".to_owned())).context("f.yaml");
    assert_eq!(failure(nested, None).exit(), Exit::Usage);
    for exit in [Exit::Done, Exit::Failed, Exit::Usage, Exit::NotFound, Exit::Denied, Exit::Conflict, Exit::No] {
        assert!(EXIT_CODES.contains(&format!("\n  {:<4}", exit as u8)), "{exit:?} is in the help");
    }
}

#[test]
fn refused_fields_are_named_one_a_line_with_the_reason_and_the_request_id() {
    let mut violations = Violations::new();
    violations.add("body", "must not be empty");
    violations.add("content.holder.name", "must not be empty");
    let status = Status::from(violations.finish().unwrap_err());
    assert_eq!(
        failure(status, Some("r-1")).to_string(),
        "error: certificate issue: 2 fields were refused\n  \
         --body: must not be empty\n  \
         content.holder.name: must not be empty\n  \
         reason: FIELD_VIOLATIONS\n  \
         request id: r-1\n"
    );
}

#[test]
fn of_a_service_that_answers_nobody_asks_whether_it_runs() {
    let away = advice(&Status::unavailable("http://127.0.0.1:1 cannot be reached")).unwrap();
    assert!(away.starts_with("is it running"), "{away}");
    for fault in [Fault::not_serving(std::time::Duration::ZERO, ""), Fault::dependency_unavailable("equivalence", "")] {
        let told = advice(&Status::from(fault)).unwrap();
        assert!(told.starts_with("it runs"), "{told}");
    }
}

#[test]
fn of_tls_that_does_not_come_about_says_which_flag_is_meant() {
    for (said, flag) in [
        ("transport error: invalid peer certificate: UnknownIssuer", "--tls-ca"),
        ("transport error: received fatal alert: CertificateRequired", "--tls-cert"),
        ("transport error: received fatal alert: CertificateUnknown", "--tls-cert"),
        ("transport error: received fatal alert: UnknownCA", "--tls-cert"),
        ("transport error: received fatal alert: CertificateExpired", "--tls-cert"),
        ("transport error: received corrupt message of type InvalidContentType", "http://"),
    ] {
        let status = Status::unavailable(format!("https://a.example.org cannot be reached: {said}"));
        let told = advice(&status).unwrap();
        assert!(told.contains(flag) && !told.contains("running"), "{said}: {told}");
        assert_eq!(exit_of(&status), Exit::Failed, "it is no use to try it later");
    }
}

#[test]
fn a_mutation_whose_fate_is_unknown_says_how_it_is_safely_repeated() {
    assert_eq!(
        failure(Status::unavailable("the connection was lost"), Some("r-2")).to_string(),
        "error: certificate issue: the connection was lost\n  \
         request id: r-2\n\
         hint: is it running, and is this its address? `greenlane doctor` looks at all three services\n\
         hint: repeat it with --request-id r-2: it is then done once at most\n"
    );
}

#[test]
fn a_refusal_says_what_to_do_about_its_reason() {
    let text = failure(Status::from(Fault::token_missing()), None).to_string();
    assert!(text.contains("  reason: TOKEN_MISSING\n"), "{text}");
    assert!(text.contains("\nhint: name the file of a token with --token-file"), "{text}");
}

#[test]
fn a_field_is_named_by_its_flag_alone_and_what_is_within_it_by_its_path_too() {
    let mut violations = Violations::new();
    violations.add("dispute.evidence", "must not be empty");
    violations.add("dispute.evidence[0].digest", "must be a digest");
    violations.add("dispute.zone", "is too long");
    let mut of = failure(Status::from(violations.finish().unwrap_err()), None);
    of.command = "dispute open".to_owned();
    let told = of.to_string();
    assert!(told.contains("\n  --evidence: must not be empty\n"), "{told}");
    assert!(told.contains("\n  --evidence: dispute.evidence[0].digest: must be a digest\n"), "{told}");
    assert!(told.contains("\n  dispute.zone: is too long\n"), "no flag of the command: {told}");
}

#[test]
fn a_failure_on_this_side_tells_its_causes() {
    let error = anyhow::anyhow!("no such file").context("cannot read the context c.toml");
    assert_eq!(
        failure(error, None).to_string(),
        "error: certificate issue: cannot read the context c.toml\n  caused by: no such file\n"
    );
}

#[test]
fn who_is_not_known_is_told_whom_they_asked() {
    let tried = Tried { asked: vec!["http://127.0.0.1:7401".to_owned()], ..Tried::default() };
    let of = |error: Status| Failure {
        command: "body list".to_owned(),
        tried: Box::new(Tried { asked: tried.asked.clone(), ..Tried::default() }),
        error: error.into(),
    };
    let refused = of(Status::from(Fault::token_missing())).to_string();
    assert!(refused.contains("\n  asked: http://127.0.0.1:7401\n"), "{refused}");
    let other = of(Status::not_found("no such thing")).to_string();
    assert!(!other.contains("asked"), "{other}");
}

#[test]
fn an_answer_that_is_none_of_grpc_is_told_as_one_of_another_server() {
    for code in [Code::Unimplemented, Code::Unavailable, Code::PermissionDenied, Code::Unknown] {
        let status = Status::new(code, "grpc-status header missing, mapped from HTTP status code 404");
        let told = failure(status, None).to_string();
        assert!(told.contains("hint: a server of another kind answers at this address"), "{told}");
        assert!(!told.contains("does not have this method yet"), "{told}");
    }
}

#[test]
fn a_stream_that_breaks_off_may_be_tried_again() {
    for code in [Code::Unknown, Code::Internal] {
        let cut = Status::new(code, "h2 protocol error: error reading a body from connection");
        assert_eq!(failure(cut, None).exit() as u8, 75, "{code:?}");
    }
}

#[test]
fn an_entry_of_the_log_is_looked_for_in_the_log_and_one_of_a_list_in_the_list() {
    assert_eq!(lists("entries/7"), Some("log entries"));
    assert_eq!(lists("greenLists/apec-54/entries/7"), Some("list entries LIST"));
}

#[test]
fn who_acts_for_another_is_told_the_command_that_mints_the_token_and_what_body_was_meant() {
    let of = |command: &str, fault: Fault, meant: Option<&str>| {
        let tried = Tried { meant: meant.map(str::to_owned), ..Tried::default() };
        Failure { command: command.to_owned(), tried: Box::new(tried), error: Status::from(fault).into() }.to_string()
    };
    let body = || Fault::not_yours("body", "bodies/aurora-cert");
    let told = of("certificate issue", body(), None);
    let mint = "greenlane token mint --subject clerk --scope certificates.read --scope certificates.write \
                --body bodies/aurora-cert --out aurora-cert.token";
    assert!(
        told.contains(&format!("hint: act with a token for whom it concerns; under `greenlane up`: {mint}\n")),
        "{told}"
    );
    let words: Vec<&str> = mint.split(' ').collect();
    <crate::cli::Cli as clap::Parser>::try_parse_from(words).expect("it runs as it is printed");
    let told = of("apply", Fault::not_yours("economy", "XA, XD"), None);
    assert!(told.contains("--scope catalogue.propose --economy XA --out XA.token"), "{told}");
    let told = of("change review", Fault::not_yours("sub", "the author of changeSets/a"), None);
    assert!(told.contains("that person's own token"), "{told}");
    let told = of("certificate issue", body(), Some("there is no bodies/auroa; did you mean bodies/aurora-cert?"));
    assert!(told.contains("hint: there is no bodies/auroa; did you mean"), "{told}");
    assert!(!told.contains("token mint"), "{told}");
}

#[test]
fn a_dispute_is_called_one_in_what_is_told_of_a_refusal() {
    let told = |name: &str| failure(Status::from(Fault::four_eyes(name, "alice")), None).to_string();
    assert!(told("disputes/a").contains("\n  dispute: disputes/a\n"), "{}", told("disputes/a"));
    assert!(told("changeSets/a").contains("\n  change set: changeSets/a\n"), "{}", told("changeSets/a"));
}

#[test]
fn what_only_reads_has_its_trace_id_as_its_request_id() {
    let refused = || {
        let mut status = Status::from(Fault::not_found("schemes/x"));
        status.metadata_mut().insert("greenlane-trace-id", "4bf92f3577b34da6a3ce929d0e0e4736".parse().unwrap());
        status
    };
    let reads = failure(refused(), None).to_string();
    assert!(reads.contains("\n  request id: 4bf92f3577b34da6a3ce929d0e0e4736 (its trace id)\n"), "{reads}");
    let writes = failure(refused(), Some("r-1")).to_string();
    assert!(writes.contains("\n  request id: r-1\n  trace id: 4bf92f3577b34da6a3ce929d0e0e4736\n"), "{writes}");
}

#[test]
fn a_file_that_is_not_there_is_told_with_where_it_was_looked_for() {
    let missing = std::io::Error::from(io::ErrorKind::NotFound);
    let told = failure(anyhow::Error::new(missing).context(Usage("cannot read x.yaml".to_owned())), None).to_string();
    let here = std::env::current_dir().unwrap();
    let hint = format!("\nhint: files are looked for from where the command is started: {}\n", here.display());
    assert!(told.ends_with(&hint), "{told}");
}

#[test]
fn fields_that_flags_of_other_names_fill_are_told_by_these_and_so_are_those_that_they_are_compared_with() {
    let told = |command: &str, fields: &[(&str, &str)]| {
        let mut violations = Violations::new();
        fields.iter().for_each(|(field, why)| violations.add(field, *why));
        let status = Status::from(violations.finish().unwrap_err());
        Failure { command: command.to_owned(), ..failure(status, None) }.to_string()
    };
    let order = "must not be before valid_from";
    let designated =
        told("body designation create", &[("designation.valid_until", order), ("designation.authority", "is")]);
    assert!(designated.contains("\n  --until: must not be before --from\n  --by: is\n"), "{designated}");
    let accredited = told("body accreditation create", &[("accreditation_scope.valid_until", order)]);
    assert!(accredited.contains("\n  --until: must not be before --from\n"), "{accredited}");
    let retired = told("body key retire", &[("valid_until", "must not be in the past")]);
    assert!(retired.contains("\n  --until: must not be in the past\n"), "{retired}");
    let voted = told("dispute decide", &[("declares_no_interest", "must be declared to vote")]);
    assert!(voted.contains("\n  --declare-no-interest: must be declared to vote\n"), "{voted}");
    let recorded = told("write-off record", &[("serial_ranges[0]", "must not be empty")]);
    assert!(recorded.contains("\n  --serials: must not be empty\n"), "{recorded}");
}

#[test]
fn of_something_within_a_flag_the_part_alone_is_said() {
    let mut violations = Violations::new();
    violations.add("quantity.amount", "must be more than nothing");
    let status = Status::from(violations.finish().unwrap_err());
    let told = Failure { command: "write-off record".to_owned(), ..failure(status, None) }.to_string();
    assert!(told.contains("\n  --quantity: amount: must be more than nothing\n"), "{told}");
}

#[test]
fn no_token_is_said_whatever_failed() {
    let token = format!("eyJ{}.eyJ{}.{}", "a".repeat(20), "b".repeat(20), "c".repeat(43));
    let told = failure(anyhow::anyhow!("cannot ask {token}"), None).to_string();
    assert_eq!(crate::client::hidden::without_tokens(&told), "error: certificate issue: cannot ask (a token)\n");
}

#[test]
fn whoever_speaks_tls_and_was_not_asked_to_will_do_so_later_too() {
    let away = || Status::unavailable("http://127.0.0.1:1 cannot be reached: transport error");
    let exit = |meant: &str| {
        let tried = Tried { meant: Some(meant.to_owned()), ..Tried::default() };
        Failure { tried: Box::new(tried), ..failure(away(), None) }.exit()
    };
    assert_eq!(exit("it answers with TLS: write https://127.0.0.1:1"), Exit::Failed);
    assert_eq!((exit("a web site answers there"), failure(away(), None).exit()), (Exit::TryLater, Exit::TryLater));
}

#[test]
fn every_state_that_forbids_a_step_leads_to_a_command_that_there_is() {
    let root = <crate::cli::Cli as clap::CommandFactory>::command();
    for (resource, state, step) in [
        ("certificates/GLXA4HP9Z1PPYMB35F", "withdrawn", "reinstate"),
        ("bodies/asa", "no designating authority", "to act as one"),
        ("bodies/asa/keys/k", "retired", "retire"),
        ("bodies/asa/accreditationScopes/5", "suspended", "suspend"),
        ("writeOffs/4", "rejection", "reverse"),
        ("writeOffs/4", "reversed", "reverse"),
        ("changeSets/a", "draft", "review"),
        ("changeSets/a", "published", "review"),
        ("disputes/a", "decided", "voted on"),
        ("imports/a", "complete", "abandon"),
    ] {
        let told = advice(&Status::from(Fault::state_conflict(resource, state, step))).unwrap();
        let (_, words) = told.split_once("greenlane ").expect("a command");
        let words: Vec<&str> = words.split(' ').map(|word| word.trim_end_matches(',')).collect();
        let command = words[..2].iter().try_fold(&root, |command, word| command.find_subcommand(word));
        let one = root.find_subcommand(words[0]).expect("a command");
        assert!(command.is_some() || one.get_subcommands().next().is_none(), "{told}");
    }
}

#[test]
fn a_body_without_a_role_is_told_to_be_given_it() {
    let lacks = Fault::state_conflict("bodies/asa", "no designating authority", "to act as one");
    assert!(advice(&Status::from(lacks)).unwrap().contains("greenlane body update"));
    let withdrawn = Fault::state_conflict("bodies/asa/designations/5", "withdrawn", "suspend");
    let hint = advice(&Status::from(withdrawn)).unwrap();
    assert_eq!(hint, "see how it stands: greenlane get bodies/asa/designations/5");
}

#[test]
fn a_conflict_of_a_change_set_of_codes_leads_to_the_commands_for_these() {
    let status = || {
        let fault = Fault::state_conflict("changeSets/x", "proposed", "publish");
        Status::from(fault)
    };
    let of_codes = Failure { command: "code change publish".to_owned(), ..failure(status(), None) }.to_string();
    assert!(of_codes.contains("greenlane code change notify, greenlane code change review"), "{of_codes}");
    let other = Failure { command: "change publish".to_owned(), ..failure(status(), None) }.to_string();
    assert!(other.contains("greenlane change notify, greenlane change review"), "{other}");
}
