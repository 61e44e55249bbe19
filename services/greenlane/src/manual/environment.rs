//! The variables that commands look at.

use clap::Command;

/// What no flag stands for.
const OTHERS: [(&str, &str); 9] = [
    ("GREENLANE_TOKEN", "The bearer token itself. It counts before a context's file, and a --token-file before it."),
    (
        "GREENLANE_HOME",
        "Where contexts, logins and the logs that were seen are kept; else $XDG_CONFIG_HOME/greenlane, else \
         $HOME/.config/greenlane.",
    ),
    ("NO_COLOR", "Set to anything: nothing is coloured."),
    ("CLICOLOR_FORCE", "Set to anything but 0: what goes through a pipe is coloured too."),
    (
        "COLUMNS",
        "How many characters a line of a table has; else as many as the terminal. Through a pipe only with CLICOLOR_FORCE.",
    ),
    (
        "OTEL_EXPORTER_OTLP_ENDPOINT",
        "Where traces of the calls go, as OpenTelemetry has it: http://HOST:PORT, or https:// for TLS. Without it they go \
         nowhere.",
    ),
    (
        "OTEL_EXPORTER_OTLP_CERTIFICATE",
        "A PEM file of the authorities of that place's certificate, where it is https; else the system's.",
    ),
    (
        "OTEL_EXPORTER_OTLP_CLIENT_CERTIFICATE",
        "A PEM file of our own certificate, where that place is https and demands one.",
    ),
    ("OTEL_EXPORTER_OTLP_CLIENT_KEY", "A PEM file of the private key of that certificate."),
];

/// Those of a command, each with what it says: first those that stand for a flag.
pub(super) fn of(command: &Command) -> Vec<(String, String)> {
    let flags = command.get_arguments().filter_map(|argument| {
        let variable = argument.get_env()?.to_string_lossy().into_owned();
        Some((variable, format!("The same as --{}.", argument.get_long().unwrap_or_default())))
    });
    let others = OTHERS.iter().map(|(variable, what)| ((*variable).to_owned(), (*what).to_owned()));
    flags.chain(others).collect()
}
