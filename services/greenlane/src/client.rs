//! The client half: what talks to services and prints their answers.

pub(crate) mod calls;
pub(crate) mod commands;
pub(crate) mod complete;
mod confirm;
pub(crate) mod context;
pub(crate) mod dynamic;
pub(crate) mod exit;
pub(crate) mod files;
pub(crate) mod follow;
pub(crate) mod hidden;
pub(crate) mod html;
pub(crate) mod input;
pub(crate) mod meant;
mod mutation;
pub(crate) mod offline;
mod paging;
pub(crate) mod paper;
pub(crate) mod probe;
pub(crate) mod progress;
pub(crate) mod recognition;
pub(crate) mod render;
pub(crate) mod sheet;
pub(crate) mod token;
pub(crate) mod trace;
pub(crate) mod verdict;

use std::{
    cell::{Cell, OnceCell, RefCell},
    collections::BTreeSet,
    io,
};

use anyhow::Context as _;
use greenlane_api::registry::v1::verification_service_client::VerificationServiceClient;
use greenlane_platform::{
    client::{Client, ClientConfig, connect},
    config::Secret,
};
use prost::{Message, Name};
use serde_json::Value;
use tonic::{Response, Status};

use self::{
    commands::version,
    context::{Context, Servers},
    exit::{Exit, Tried, Usage},
    files::Sent,
    render::{
        Output, View,
        pages::{Pages, next_page},
    },
};
pub(crate) use self::{
    confirm::{Confirm, ConfirmByName},
    mutation::{Guarded, Mutation},
};

/// What the answer to a batch may have: more than a registry sends, unless it is set up to send very much.
const BATCH_BYTES: usize = 64 << 20;

/// One command's connections and its way of printing.
#[derive(Debug)]
pub(crate) struct Session {
    context: Context,
    output: Output,
    request_id: OnceCell<String>,
    /// Whether a mutation was only checked, as was asked for.
    checked: Cell<bool>,
    /// The same, also where it was not confirmed.
    trial: Cell<bool>,
    clients: RefCell<Vec<Client>>,
    /// Where they lead to.
    addresses: RefCell<BTreeSet<String>>,
    /// Files whose messages its requests have in them.
    sent: RefCell<Vec<Sent>>,
}

impl Session {
    /// Finds out which services to talk to. Connects when first used.
    pub(crate) fn open(servers: &Servers, output: Output) -> anyhow::Result<Self> {
        Ok(Self {
            context: servers.resolve()?,
            output,
            request_id: OnceCell::new(),
            checked: Cell::default(),
            trial: Cell::default(),
            clients: RefCell::default(),
            addresses: RefCell::default(),
            sent: RefCell::default(),
        })
    }

    /// The registry.
    pub(crate) fn registry(&self) -> anyhow::Result<Client> {
        self.connect(&self.context.registry)
    }

    /// The registry, for what everybody may ask: a token that it does not trust would be in the way.
    pub(crate) fn registry_for_everybody(&self) -> anyhow::Result<Client> {
        self.client(&self.context.registry, None)
    }

    /// Where the registry is.
    pub(crate) fn registry_address(&self) -> &str {
        &self.context.registry
    }

    /// The equivalence service.
    pub(crate) fn equivalence(&self) -> anyhow::Result<Client> {
        self.connect(&self.context.equivalence)
    }

    /// The classification service.
    pub(crate) fn classification(&self) -> anyhow::Result<Client> {
        self.connect(&self.context.classification)
    }

    /// The three services: what each is called, its address, and its client.
    pub(crate) fn services(&self) -> [(&'static str, &str, anyhow::Result<Client>); 3] {
        let context = &self.context;
        [
            ("registry", &context.registry),
            ("equivalence", &context.equivalence),
            ("classification", &context.classification),
        ]
        .map(|(name, uri)| (name, uri.as_str(), self.connect(uri)))
    }

    /// The body that the token names. Services show such a caller what is that body's.
    pub(crate) fn acting_body(&self) -> anyhow::Result<Option<String>> {
        let Some(token) = &self.context.token else { return Ok(None) };
        let text = token.reveal()?;
        let unread = |why| Usage(format!("whether the token names a body cannot be told: {why}"));
        Ok(token::claims(text.trim()).map_err(unread)?.body)
    }

    /// Verification of many at once, whose answer is larger than others.
    pub(crate) fn batches(&self) -> anyhow::Result<VerificationServiceClient<Client>> {
        Ok(VerificationServiceClient::new(self.registry()?).max_decoding_message_size(BATCH_BYTES))
    }

    fn connect(&self, uri: &str) -> anyhow::Result<Client> {
        self.client(uri, self.context.token.clone())
    }

    fn client(&self, uri: &str, token: Option<Secret>) -> anyhow::Result<Client> {
        let mut config =
            ClientConfig { timeout_ms: 30_000, background_timeout_ms: Some(30_000), ..ClientConfig::to(uri) };
        config.token = token;
        config.tls.clone_from(&self.context.tls);
        let client = connect(&config).with_context(|| Usage(format!("cannot ask {uri}")))?;
        self.addresses.borrow_mut().insert(uri.to_owned());
        self.clients.borrow_mut().push(client.clone());
        Ok(client)
    }

    /// Says so when a service that was asked is of another version than this command.
    pub(crate) fn tell_versions(&self) {
        let clients = self.clients.borrow();
        let theirs: BTreeSet<&str> = clients.iter().filter_map(Client::server_version).collect();
        theirs.into_iter().filter_map(version::differs).for_each(|notice| render::talk(&notice));
    }

    /// Says that nothing was written, where it was asked only whether it could be.
    pub(crate) fn tell_check(&self) {
        if self.checked.get() {
            render::talk("this was a check: nothing is written with --dry-run");
        }
    }

    /// Whether what is answered was only checked.
    pub(crate) fn is_trial(&self) -> bool {
        self.trial.get()
    }

    /// Where we are, as `GREENLANE_ECONOMY` or the context says.
    pub(crate) fn economy(&self) -> Option<&str> {
        self.context.economy.as_deref()
    }

    /// The body that the token acts for, as the token says.
    pub(crate) fn body(&self) -> Option<String> {
        let token = self.context.token.as_ref()?.reveal().ok()?;
        token::claims(token.trim()).ok()?.body
    }

    /// The request id of the command's mutation: the caller's, or a fresh one.
    pub(crate) fn request_id(&self, mutation: &Mutation) -> String {
        self.checked.set(mutation.dry_run && !mutation.held);
        self.trial.set(mutation.dry_run);
        let fresh = || mutation.request_id.clone().unwrap_or_else(|| uuid::Uuid::now_v7().to_string());
        self.request_id.get_or_init(fresh).clone()
    }

    /// What it has tried: the request id of its mutation, the files that it has sent something of, and whom it asked.
    pub(crate) fn tried(self) -> Tried {
        let own_body = self.body();
        Tried {
            request_id: self.request_id.into_inner(),
            sent: self.sent.into_inner(),
            asked: self.addresses.into_inner().into_iter().collect(),
            own_body,
            is_default: self.context.is_default,
            meant: None,
        }
    }

    /// How answers are printed.
    pub(crate) fn output(&self) -> Output {
        self.output
    }

    /// Prints an answer. Of what was only checked a table says so.
    pub(crate) fn print<M: Message + Name>(&self, message: &M, view: View) -> anyhow::Result<Exit> {
        self.print_value(&render::to_json(message)?, view)?;
        Ok(Exit::Done)
    }

    /// The same of an answer that is JSON already.
    pub(crate) fn print_value(&self, value: &Value, view: View) -> anyhow::Result<()> {
        match self.output {
            Output::Table if self.trial.get() && !matches!(view, View::List { .. }) => {
                render::write(&render::trial(value, view))
            }
            output => render::print_value(output, value, view),
        }
    }

    /// Prints a list of so many rows at most, page by page: `ask` fetches the page of so many rows that a token names.
    pub(crate) async fn list<M: Message + Name>(
        &self,
        view: View,
        rows: u64,
        mut ask: impl AsyncFnMut(i32, String) -> Result<Response<M>, Status>,
    ) -> anyhow::Result<Exit> {
        self.list_values(view, rows, async |size, token| render::to_json(ask(size, token).await?.get_ref())).await
    }

    /// The same of answers that are JSON already.
    pub(crate) async fn list_values(
        &self,
        view: View,
        rows: u64,
        ask: impl AsyncFnMut(i32, String) -> anyhow::Result<Value>,
    ) -> anyhow::Result<Exit> {
        self.list_shown(view, rows, ask, |_| {}).await
    }

    /// The same of answers of which tables show each thing in as many rows as `show` makes of it: what is counted are the
    /// things.
    pub(crate) async fn list_shown(
        &self,
        view: View,
        things: u64,
        mut ask: impl AsyncFnMut(i32, String) -> anyhow::Result<Value>,
        show: impl Fn(&mut Value),
    ) -> anyhow::Result<Exit> {
        let mut list = Pages::new(self.output, view, io::stdout())?;
        let mut last = Value::Null;
        while let Some(size) = list.next(things) {
            let token = next_page(&last);
            if !last.is_null() && token.is_none() {
                break;
            }
            last = paging::page(&mut ask, size, token.unwrap_or_default()).await?;
            if !list.page_as(&mut last, &show)? {
                return Ok(Exit::Done);
            }
        }
        list.end(&last)?;
        Ok(Exit::Done)
    }
}
