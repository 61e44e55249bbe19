//! `greenlane login`: a token from an OpenID provider, by the device authorization grant (RFC 8628): the command shows an
//! address and a code, a person opens the one and types the other in any browser, and the command waits.

mod device;
mod renew;

use std::{path::PathBuf, time::Duration};

use anyhow::Context as _;
use clap::Args as ClapArgs;
use serde_json::json;

use self::device::{Provider, Tokens};
pub(crate) use self::renew::{is_renewed, keep_renewed, renew};
use crate::client::{
    context::{ContextFile, Home, Login, Servers},
    exit::{Exit, Usage},
    render::{self, Output, View, talk},
    token::{self, Claims},
};

/// Arguments of `greenlane login`.
#[derive(ClapArgs, Debug)]
#[command(after_help = "\
Example:
  greenlane context set border --registry https://registry.example.org
  greenlane login --context border --issuer https://login.example.org --client-id greenlane-cli

The token is kept for the context in a file that only its owner can read. When it is near its end, the next command \
renews it by itself, as long as the provider does. Issuer and client are remembered: later `greenlane login` is enough.")]
pub(crate) struct Args {
    /// Address of the OpenID provider, as its tokens name it [default: that of the last login].
    #[arg(long, value_name = "URL")]
    issuer: Option<String>,
    /// What the provider knows this command by [default: that of the last login].
    #[arg(long, value_name = "ID")]
    client_id: Option<String>,
    /// A scope to ask for. May be repeated [default: that of the last login, else openid and offline_access].
    #[arg(long = "scope", value_name = "SCOPE")]
    scopes: Vec<String>,
    /// A PEM file of the authorities of the provider's certificate [default: the system's].
    #[arg(long, value_name = "FILE")]
    issuer_ca: Option<PathBuf>,
    /// Log in anew even when the last login could be renewed.
    #[arg(long)]
    again: bool,
}

const LOGIN: View = View::Record {
    at: "",
    name: "tokenFile",
    fields: &[
        ("Context", "context"),
        ("Token", "tokenFile"),
        ("Subject", "token.subject"),
        ("Scopes", "token.scopes"),
        ("Body", "token.body"),
        ("Economy", "token.economy"),
        ("Holds until", "token.expires"),
    ],
};

const LOGOUT: View = View::Record {
    at: "",
    name: "tokenFile",
    fields: &[("Context", "context"), ("Logged out", "loggedOut"), ("Token forgotten", "tokenFile")],
};

/// How long one request to the provider may take.
const TIMEOUT: Duration = Duration::from_secs(20);

/// Logs in, and keeps the token for the context.
pub(crate) async fn run(servers: &Servers, args: Args, output: Output) -> anyhow::Result<Exit> {
    let home = Home::of_user();
    let name = context(servers)?;
    let context = home.read(&name)?;
    let kept = home.login(&name)?;
    let login = asked(args.issuer, args.client_id, args.scopes, args.issuer_ca, kept)?;
    let provider = Provider::discover(&login, TIMEOUT).await?;
    let renewed = match &login.refresh_token {
        Some(refresh) if !args.again => provider.renew(refresh).await?,
        _ => None,
    };
    let tokens = match renewed {
        Some(tokens) => tokens,
        None => by_device(&provider).await?,
    };
    let own = home.token_file(&name)?;
    let replaced = context.token_file.clone().filter(|file| *file != own);
    let login = Login { replaced: replaced.clone().or(login.replaced), ..login };
    let (path, claims) = keep(&home, &name, tokens, login)?;
    let context = ContextFile { token_file: Some(path.clone()), ..context };
    home.write(&name, &context)?;
    if let Some(file) = replaced {
        talk(&format!("in place of {}, which the context has again after greenlane logout", file.display()));
    }
    render::print_value(output, &json!({ "context": name, "tokenFile": path, "token": claims.told() }), LOGIN)?;
    Ok(Exit::Done)
}

/// Keeps what a login gave: the token, and what renews it.
fn keep(home: &Home, name: &str, tokens: Tokens, login: Login) -> anyhow::Result<(PathBuf, Claims)> {
    let claims = token::claims(&tokens.access_token).context("the provider's token is not one that services take")?;
    let path = home.keep_token(name, &tokens.access_token)?;
    let refresh_token = tokens.refresh_token.or(login.refresh_token.clone());
    home.remember_login(name, &Login { refresh_token, ..login })?;
    Ok((path, claims))
}

/// Forgets the token and the login of the context.
pub(crate) fn logout(servers: &Servers, output: Output) -> anyhow::Result<Exit> {
    let home = Home::of_user();
    let name = context(servers)?;
    let context = home.read(&name)?;
    let path = home.token_file(&name)?;
    // One that cannot be read is forgotten all the same.
    let replaced = home.login(&name).ok().flatten().and_then(|login| login.replaced);
    let forgotten = home.forget_login(&name)?;
    if !forgotten {
        talk(&format!("nobody was logged in to `{name}`: nothing was forgotten"));
    }
    // Another file than the login's was set after it, and stays.
    if context.token_file.as_ref() == Some(&path) {
        if let Some(file) = &replaced {
            talk(&format!("the context has its token file of before again: {}", file.display()));
        }
        home.write(&name, &ContextFile { token_file: replaced, ..context })?;
    }
    let done = json!({ "context": name, "loggedOut": forgotten, "tokenFile": forgotten.then_some(path) });
    render::print_value(output, &done, LOGOUT)?;
    Ok(Exit::Done)
}

/// The context that is logged in to: a named one, as a token is kept by its name.
fn context(servers: &Servers) -> anyhow::Result<String> {
    let name = servers.settle()?.name;
    if name.is_empty() {
        let text = "a login is kept for a context, and none is chosen: greenlane context set NAME, then greenlane \
                    context use NAME";
        return Err(Usage(text.to_owned()).into());
    }
    Ok(name)
}

/// Whom to ask for what: as it is said now, else as it was the last time. The last login is renewed only where it was.
fn asked(
    issuer: Option<String>,
    client_id: Option<String>,
    scopes: Vec<String>,
    ca: Option<PathBuf>,
    kept: Option<Login>,
) -> anyhow::Result<Login> {
    let missing =
        |flag: &str| Usage(format!("name the provider with --issuer and --client-id: {flag} is not known yet"));
    let last = kept.clone().unwrap_or_default();
    let known = |text: String| Some(text).filter(|text| !text.is_empty());
    let issuer = issuer.or(known(last.issuer.clone())).ok_or_else(|| missing("--issuer"))?;
    let client_id = client_id.or(known(last.client_id.clone())).ok_or_else(|| missing("--client-id"))?;
    let scope = match (scopes.is_empty(), last.scope.is_empty()) {
        (false, _) => scopes.join(" "),
        (true, false) => last.scope.clone(),
        (true, true) => "openid offline_access".to_owned(),
    };
    let same = issuer == last.issuer && client_id == last.client_id && scope == last.scope;
    let ca = ca.map(|path| std::path::absolute(&path).unwrap_or(path)).or(last.ca.filter(|_| issuer == last.issuer));
    let refresh_token = last.refresh_token.filter(|_| same);
    Ok(Login { issuer, client_id, scope, ca, replaced: last.replaced, refresh_token })
}

/// Shows the code, and waits until somebody has typed it.
async fn by_device(provider: &Provider) -> anyhow::Result<Tokens> {
    let device = provider.begin().await?;
    talk(&format!("open   {}\nenter  {}", device.verification_uri, device.user_code));
    if let Some(whole) = &device.verification_uri_complete {
        talk(&format!("or open {whole}"));
    }
    talk("waiting …");
    provider.wait(&device).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept() -> Option<Login> {
        Some(Login {
            issuer: "https://one.example.org".to_owned(),
            client_id: "cli".to_owned(),
            scope: "openid".to_owned(),
            ca: None,
            replaced: None,
            refresh_token: Some("secret".to_owned()),
        })
    }

    #[test]
    fn a_last_login_is_renewed_at_its_own_provider_only() {
        let same = asked(None, None, Vec::new(), None, kept()).unwrap();
        assert_eq!(same.refresh_token.as_deref(), Some("secret"));
        let other = asked(Some("https://two.example.org".to_owned()), None, Vec::new(), None, kept()).unwrap();
        assert_eq!((other.client_id.as_str(), other.refresh_token), ("cli", None));
        let more = asked(None, None, vec!["openid".to_owned(), "groups".to_owned()], None, kept()).unwrap();
        assert_eq!(more.refresh_token, None, "other scopes are asked for anew");
        assert!(asked(None, None, Vec::new(), None, None).is_err());
    }
}
