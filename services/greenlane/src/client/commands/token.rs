//! `greenlane token`: tokens of the local issuer.

use std::{
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use clap::{
    Args, Subcommand,
    builder::{NonEmptyStringValueParser, PossibleValuesParser},
};
use greenlane_platform::{
    auth::{CertificateThumbprint, SCOPES, issuer::TokenRequest},
    violations::{EconomyCode, Violations},
};
use serde_json::json;

use crate::{
    cli::default_data,
    client::{
        context::Servers,
        exit::{Exit, Usage},
        input,
        render::{self, Output, View},
    },
    serve::data::{DataDir, write_private, write_private_anew},
};

/// `greenlane token …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Mint a token with the key that `greenlane up` keeps, and write it to a file.
    Mint(Mint),
    /// Write the issuer's public key set, for `auth.issuers` of the services; its key is made at first use.
    Jwks(Jwks),
}

/// Arguments of `greenlane token jwks`.
#[derive(Args, Debug)]
pub(crate) struct Jwks {
    /// The file to write.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// The data directory; made when it is not there.
    #[arg(long, default_value_os_t = default_data())]
    data: PathBuf,
}

/// Arguments of `greenlane token mint`.
#[derive(Args, Debug)]
pub(crate) struct Mint {
    /// Who the token speaks for.
    #[arg(long, value_parser = NonEmptyStringValueParser::new())]
    subject: String,
    /// What it allows; `admin` is all of them. May be repeated.
    #[arg(long = "scope", required = true, value_parser = PossibleValuesParser::new(SCOPES.iter().copied()))]
    scopes: Vec<String>,
    /// The body that it acts for, bodies/ID.
    #[arg(long, value_parser = body)]
    body: Option<String>,
    /// The economy that it acts for.
    #[arg(long, value_parser = economy)]
    economy: Option<String>,
    /// The PEM file of a client's certificate: the token is good on mutual-TLS connections of that certificate alone.
    #[arg(long, value_name = "FILE")]
    client_certificate: Option<PathBuf>,
    /// How many hours it holds.
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u64).range(1..=8_760))]
    hours: u64,
    /// The file to write, readable by its owner only; `-` is stdout.
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// Write over a file that is there.
    #[arg(long)]
    overwrite: bool,
    /// The data directory of `greenlane up` [default: that of the context, if it is one of this machine, else
    /// greenlane-data].
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
}

const TOKEN: View = View::Record {
    at: "",
    name: "file",
    fields: &[
        ("File", "file"),
        ("Subject", "subject"),
        ("Scopes", "scopes"),
        ("Body", "body"),
        ("Economy", "economy"),
        ("Hours", "hours"),
    ],
};

const JWKS: View = View::Record { at: "", name: "file", fields: &[("File", "file"), ("Issuer", "issuer")] };

/// Does it. The token itself goes to its file and nowhere else.
pub(crate) fn run(servers: &Servers, command: Command, output: Output) -> anyhow::Result<Exit> {
    match command {
        Command::Mint(args) => mint(servers, args, output),
        Command::Jwks(args) => jwks(&args, output),
    }
}

/// A body's name: a token of another would act for nobody.
fn body(raw: &str) -> Result<String, String> {
    let name = input::parse_body(raw)?;
    let mut v = Violations::new();
    match v.resource_name::<1>("body", &name, "bodies/{body}") {
        Some(_) => Ok(name),
        None => Err(v.found().iter().map(|it| it.description.clone()).collect()),
    }
}

fn economy(raw: &str) -> Result<String, &'static str> {
    EconomyCode::new(raw).map(EconomyCode::into_string)
}

fn jwks(args: &Jwks, output: Output) -> anyhow::Result<Exit> {
    let issuer = DataDir::create(&args.data)?.issuer()?;
    issuer.write_jwks(&args.out).with_context(|| format!("cannot write {}", args.out.display()))?;
    render::print_value(output, &json!({ "file": args.out, "issuer": issuer.issuer() }), JWKS)?;
    Ok(Exit::Done)
}

fn mint(servers: &Servers, args: Mint, output: Output) -> anyhow::Result<Exit> {
    let of_context = || servers.settle().ok().and_then(|settled| settled.data);
    let data = args.data.or_else(of_context).unwrap_or_else(default_data);
    let issuer = DataDir::open(&data)?.issuer()?;
    let mut request = TokenRequest::new(args.subject, args.scopes.iter().map(String::as_str))
        .valid_for(Duration::from_secs(args.hours * 3_600));
    if let Some(body) = args.body {
        request = request.for_body(body);
    }
    if let Some(economy) = args.economy {
        request = request.for_economy(economy);
    }
    if let Some(path) = &args.client_certificate {
        let thumbprint = CertificateThumbprint::of_pem_file(path)
            .with_context(|| Usage(format!("{} holds no certificate", path.display())))?;
        request = request.bound_to(thumbprint);
    }
    if args.out == Path::new("-") {
        render::write(&format!("{}\n", issuer.mint(&request)))?;
        return Ok(Exit::Done);
    }
    let token = issuer.mint(&request);
    if args.overwrite {
        write_private(&args.out, &token)?;
    } else if !write_private_anew(&args.out, &token)? {
        let text = "is there already: name another file with --out, or --overwrite gives up what it holds";
        return Err(Usage(format!("{} {text}", args.out.display())).into());
    }
    let minted = json!({
        "file": args.out,
        "subject": request.subject,
        "scopes": request.scopes,
        "body": request.body,
        "economy": request.economy,
        "hours": args.hours,
    });
    render::print_value(output, &minted, TOKEN)?;
    Ok(Exit::Done)
}

#[cfg(test)]
mod tests {
    use greenlane_platform::auth::Access;

    use super::SCOPES;

    #[test]
    fn every_scope_that_can_be_given_opens_something() {
        let tables = [greenlane_classification::RULES, greenlane_equivalence::RULES, greenlane_registry::RULES];
        let opens = |scope: &str| {
            tables.into_iter().flatten().any(|rule| match rule.access {
                Access::Public | Access::Authenticated => false,
                Access::Scope(needed) => needed == scope,
                Access::AnyScope(needed) => needed.contains(&scope),
            })
        };
        // `admin` holds all the others.
        let idle: Vec<&str> = SCOPES.iter().copied().filter(|scope| *scope != "admin" && !opens(scope)).collect();
        assert_eq!(idle, [""; 0]);
    }
}
