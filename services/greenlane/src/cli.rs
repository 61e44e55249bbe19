//! The grammar of the command line.

mod tips;

use std::{path::PathBuf, process::ExitCode};

use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};
use clap_complete::env::CompleteEnv;

use crate::{
    client::{
        self, commands,
        exit::{EXIT_CODES, Exit, Failure, Tried},
        render::Output,
    },
    demo, manual, serve,
};

/// One certification, multi-country acceptance: certificates, recognition and classification of green goods.
#[derive(Debug, Parser)]
#[command(name = "greenlane", version, after_help = after_help(), max_term_width = 100)]
pub(crate) struct Cli {
    /// How answers are printed: for people, as protobuf JSON or YAML, as CSV, or names only.
    #[arg(short, long, global = true, value_enum, default_value_t, value_name = "FORMAT", help_heading = PRINTED)]
    output: Output,

    /// Say on stderr which methods are called, how each call ended, and how long it took.
    #[arg(short, long, global = true, help_heading = PRINTED)]
    verbose: bool,

    #[command(flatten)]
    servers: client::context::Servers,

    #[command(subcommand)]
    command: Command,
}

/// The heading of what every command has beside the services, so that it does not stand among its own options.
const PRINTED: &str = "Output";

/// What stands below the help of the whole.
fn after_help() -> String {
    format!(
        "CSV (-o csv) has headings in capitals. A single thing is one row; one with parts of its own, such as an arrangement, \
         is a row for each field: FIELD, VALUE.\n\n\
         Tables are as wide as the terminal, or as COLUMNS says; where their columns have no room, each row is lines of its \
         own, heading: value; some leave out what matters least before that, and say so. Through a pipe a row is one line, however long, unless CLICOLOR_FORCE asks for what is made \
         for eyes, as for a pager, and COLUMNS says how wide.\n\n{EXIT_CODES}"
    )
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Tell the whole story on an embedded database: certify, recognise, verify, tamper, withdraw.
    Demo(demo::Args),
    /// Run the three services in one process on embedded SQLite, with keys and an administrator's token.
    Up(serve::up::Args),
    /// Run one service, as containers do.
    Serve(serve::one::Args),
    /// Bring a service's database to this version's schema.
    Migrate(serve::migrate::Args),
    /// Whether a serving process is ready: 0 when it is.
    Health(serve::health::Args),
    /// Copy a service's SQLite database while it is in use.
    Backup(serve::backup::Args),
    /// Put a backup in place of a service's SQLite database.
    Restore(serve::restore::Args),
    /// Tokens of the local issuer that `greenlane up` keeps.
    #[command(subcommand)]
    Token(commands::token::Command),
    /// Which installation the commands talk to, and as whom.
    #[command(subcommand)]
    Context(commands::context::Command),
    /// Get a token from an OpenID provider, by a code that is entered in any browser.
    Login(commands::login::Args),
    /// Forget the token of the last login.
    Logout,
    /// Tell the version of this command and of the services.
    Version(commands::version::Args),
    /// Check the set-up: context, token, services, clocks, log; say what to do about what is wrong.
    Doctor(commands::doctor::Args),
    #[command(flatten)]
    Client(Box<ClientCommand>),
    /// Print a script that completes commands and live names in a shell: source <(greenlane completion bash).
    Completion {
        /// The shell.
        shell: clap_complete::Shell,
    },
    /// Print the JSON Schema of a file that commands read, for editors.
    Schema(commands::schema::Args),
    /// Write the manual pages, or print the whole reference as Markdown.
    Manual(manual::Args),
}

/// What talks to services.
#[derive(Debug, Subcommand)]
enum ClientCommand {
    /// Show anything by its name: a certificate, a scheme, a code, a change set.
    Get(commands::get::Args),
    /// Follow what happens, and go on when a service was away: certificates, write-offs, alerts, revisions.
    #[command(subcommand)]
    Watch(commands::watch::Command),
    /// Certification bodies and their keys.
    #[command(subcommand)]
    Body(commands::body::Command),
    /// Certificates and their life.
    #[command(subcommand, visible_alias = "cert", after_help = commands::who::CERTIFICATES)]
    Certificate(commands::certificate::Command),
    /// Verify a certificate, by number or as a presented document, for goods as declared.
    Verify(commands::verify::Args),
    /// Verify the certificates of a shipment, or of a night: line by line of a file, in one stream.
    #[command(subcommand)]
    Manifest(commands::manifest::Command),
    /// Fetch the trust bundle that certificates are verified with where there is no network.
    Bundle(commands::bundle::Args),
    /// Fetch the signed recognition pack that recognition is decided with where there is no network.
    Pack(commands::pack::Args),
    /// Ask whether a market recognises a certificate of these facts.
    Recognise(commands::recognise::Args),
    /// Explain a recognition decision as a tree: each requirement, and every route that was tried.
    Explain(commands::explain::Args),
    /// Plan market access: which markets accept what a product holds, and what would open the others.
    Plan(commands::plan::Args),
    /// Audit fairness: where origins in like position are treated differently, and by which clause.
    Fairness(commands::fairness::Args),
    /// Commodity codes: get, search, translate between editions, compare.
    #[command(subcommand)]
    Code(commands::code::Command),
    /// Standards, schemes, requirements, arrangements, equivalences: what the catalogue holds.
    #[command(subcommand)]
    Catalogue(commands::catalogue::Command),
    /// Write the published catalogue to a folder of YAML files.
    Pull(commands::pull::Args),
    /// Show what the files would change in the catalogue, and on stderr what `apply` would refuse; exits with 10 when there are differences.
    Diff(commands::diff::Args),
    /// Draft a change set of what the files change in the catalogue; exits with 2 when a finding stops it.
    #[command(after_help = commands::who::CATALOGUE)]
    Apply(commands::apply::Args),
    /// Change sets: how the catalogue changes, under four eyes.
    #[command(subcommand, after_help = commands::who::CATALOGUE)]
    Change(commands::change::Command),
    /// Disputes: challenge a body, a designation, a certificate or a decision; answer, decide, apply.
    #[command(subcommand, after_help = commands::who::DISPUTES)]
    Dispute(commands::dispute::Command),
    /// Alerts: be told of what changes, lapses and comes due, and of what to do.
    #[command(subcommand)]
    Alert(commands::alert::Command),
    /// Editions of code systems.
    #[command(subcommand)]
    Edition(commands::edition::Command),
    /// Green lists, and what is on them.
    #[command(subcommand)]
    List(commands::list::Command),
    /// Tag a table of trade statistics with the green lists that its rows fall under.
    Tag(commands::tag::Args),
    /// Sum up and plot what a table of tagged rows says of green trade.
    Stats(commands::stats::Args),
    /// The transparency log: checkpoint, entries, proofs.
    #[command(subcommand)]
    Log(commands::log::Command),
    /// Events of products' lives, and the footprints that they add up to.
    #[command(subcommand)]
    Trace(commands::trace::Command),
    /// What customs lets in against a certificate, and what is left of it.
    #[command(subcommand, after_help = commands::who::WRITE_OFFS)]
    WriteOff(commands::write_off::Command),
    /// Schemes and designations as documents of the UN Transparency Protocol.
    #[command(subcommand)]
    Untp(commands::untp::Command),
    /// Browse the catalogue, and review pending changes, on the whole terminal.
    Tui,
    /// Call any method by name, with protobuf JSON.
    Call(commands::call::Args),
}

/// Parses the command line and does what it says.
pub(crate) fn run() -> Result<ExitCode, Failure> {
    // What a shell asks while somebody types.
    CompleteEnv::with_factory(|| client::complete::everywhere(Cli::command())).complete();
    let matches = Cli::command().try_get_matches().unwrap_or_else(|error| {
        let words: Vec<String> = std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
        tips::without_tokens(tips::advised(of_words(error), &Cli::command(), &words)).exit()
    });
    let command = words(&matches);
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.exit());
    let mut tried = Tried::default();
    cli.run(&command, &mut tried).map_err(|error| Failure { command, tried: Box::new(tried), error })
}

/// The same fault as of the words of the command line alone: its usage would show what the environment says as if it had to
/// be given.
fn of_words(error: clap::Error) -> clap::Error {
    // Help, which tells of the environment, is no fault.
    if !error.use_stderr() {
        return error;
    }
    let alone = Cli::command().mut_args(|argument| argument.env(None::<&str>));
    match alone.try_get_matches() {
        Err(same) if same.kind() == error.kind() => same,
        Ok(_) | Err(_) => error,
    }
}

/// The words of the command that was given: `certificate issue`.
fn words(matches: &ArgMatches) -> String {
    let steps = std::iter::successors(matches.subcommand(), |(_, inner)| inner.subcommand());
    steps.map(|(word, _)| word).collect::<Vec<_>>().join(" ")
}

impl Cli {
    /// Does what was asked.
    fn run(self, name: &str, tried: &mut Tried) -> anyhow::Result<ExitCode> {
        match self.command {
            Command::Demo(args) => demo::run(&args, self.output),
            Command::Up(args) => serve::up::run(&args, self.output),
            Command::Serve(args) => serve::one::run(&args),
            Command::Migrate(args) => serve::migrate::run(&args),
            Command::Health(args) => serve::health::run(&args),
            Command::Backup(args) => serve::backup::run(&args, self.output),
            Command::Restore(args) => serve::restore::run(&args, self.output),
            Command::Token(command) => Ok(commands::token::run(&self.servers, command, self.output)?.into()),
            Command::Completion { shell } => {
                client::render::print_text(self.output, &shell.to_string(), &client::complete::script(shell)?)?;
                Ok(Exit::Done.into())
            }
            Command::Login(args) => {
                Ok(runtime()?.block_on(commands::login::run(&self.servers, args, self.output))?.into())
            }
            Command::Logout => Ok(commands::login::logout(&self.servers, self.output)?.into()),
            Command::Schema(args) => Ok(commands::schema::run(&args, self.output)?.into()),
            Command::Manual(args) => Ok(manual::run(&args, Self::command(), self.output)?.into()),
            Command::Context(command) => Ok(commands::context::run(&self.servers, command, self.output)?.into()),
            Command::Doctor(args) => Ok(runtime()?
                .block_on(async {
                    commands::login::renew(&self.servers).await;
                    commands::doctor::run(&self.servers, args, self.output).await
                })?
                .into()),
            Command::Version(args) => {
                Ok(runtime()?.block_on(commands::version::run(&self.servers, args, self.output))?.into())
            }
            Command::Client(command) => {
                // Asks nobody: neither addresses nor a token are looked for.
                let command = match *command {
                    ClientCommand::Verify(args) if args.is_offline() => {
                        return Ok(runtime()?
                            .block_on(commands::verify::offline(self.output, args, self.servers.economy()?.as_deref()))?
                            .into());
                    }
                    ClientCommand::Recognise(args) if args.is_offline() => {
                        return Ok(commands::recognise::offline(self.output, args, self.servers.economy()?)?.into());
                    }
                    ClientCommand::Log(commands::log::Command::Check(args)) => {
                        return Ok(commands::log::proof::check(self.output, &args)?.into());
                    }
                    other => other,
                };
                if self.verbose {
                    client::calls::tell();
                }
                let runtime = runtime()?;
                runtime.block_on(commands::login::renew(&self.servers));
                let session = client::Session::open(&self.servers, self.output)?;
                let (done, meant) = runtime.block_on(async {
                    let renewing = tokio::spawn(commands::login::keep_renewed(self.servers.clone()));
                    let done = client::trace::traced(name, command.run(&session)).await;
                    renewing.abort();
                    let meant = match &done {
                        Ok(_) => None,
                        Err(error) => client::meant::by(&session, error).await,
                    };
                    (done, meant)
                });

                session.tell_versions();
                if done.is_ok() {
                    session.tell_check();
                }
                *tried = Tried { meant, ..session.tried() };
                Ok(done?.into())
            }
        }
    }
}

impl ClientCommand {
    async fn run(self, session: &client::Session) -> anyhow::Result<Exit> {
        match self {
            Self::Get(args) => commands::get::run(session, args).await,
            Self::Watch(command) => commands::watch::run(session, command).await,
            Self::Body(command) => commands::body::run(session, command).await,
            Self::Certificate(command) => commands::certificate::run(session, command).await,
            Self::Verify(args) => commands::verify::run(session, args).await,
            Self::Manifest(command) => commands::manifest::run(session, command).await,
            Self::Bundle(args) => commands::bundle::run(session, args).await,
            Self::Pack(args) => commands::pack::run(session, args).await,
            Self::Recognise(args) => commands::recognise::run(session, args).await,
            Self::Explain(args) => commands::explain::run(session, args).await,
            Self::Plan(args) => commands::plan::run(session, args).await,
            Self::Fairness(args) => commands::fairness::run(session, args).await,
            Self::Code(command) => commands::code::run(session, command).await,
            Self::Catalogue(command) => commands::catalogue::run(session, command).await,
            Self::Pull(args) => commands::pull::run(session, args).await,
            Self::Diff(args) => commands::diff::run(session, args).await,
            Self::Apply(args) => commands::apply::run(session, args).await,
            Self::Change(command) => commands::change::run(session, command).await,
            Self::Dispute(command) => commands::dispute::run(session, command).await,
            Self::Alert(command) => commands::alert::run(session, command).await,
            Self::Edition(command) => commands::edition::run(session, command).await,
            Self::List(command) => commands::list::run(session, command).await,
            Self::Tag(args) => commands::tag::run(session, args).await,
            Self::Stats(args) => commands::stats::run(session, &args),
            Self::Log(command) => commands::log::run(session, command).await,
            Self::Trace(command) => commands::trace::run(session, command).await,
            Self::WriteOff(command) => commands::write_off::run(session, command).await,
            Self::Untp(command) => commands::untp::run(session, command).await,
            Self::Tui => commands::tui::run(session).await,
            Self::Call(args) => commands::call::run(session, args).await,
        }
    }
}

/// Does what these words say, for a command that stands for another one.
pub(crate) async fn by_words(session: &client::Session, words: &str) -> anyhow::Result<Exit> {
    match Cli::try_parse_from(std::iter::once("greenlane").chain(words.split(' ')))?.command {
        Command::Client(command) => command.run(session).await,
        _ => anyhow::bail!("greenlane {words} asks no service"),
    }
}

/// What one command needs, and starts at once.
fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// The data directory that `greenlane up` keeps, unless another is named.
pub(crate) fn default_data() -> PathBuf {
    PathBuf::from("greenlane-data")
}
