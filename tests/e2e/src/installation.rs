//! The three services as three processes on three ports, with an issuer of tokens beside them.

use std::{
    collections::BTreeMap,
    fs,
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    time::Duration,
};

use anyhow::Context as _;
use greenlane_platform::{
    auth::issuer::{LocalIssuer, TokenRequest},
    clock::Clock,
};
use sea_orm::{ConnectionTrait as _, Database as SeaDatabase};
use tempfile::TempDir;

use crate::{Process, greenlane};

const ISSUER: &str = "https://issuer.example.org";

/// Which engine the services keep their data in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Database {
    /// A file each.
    Sqlite,
    /// A fresh database each on the server of `GREENLANE_TEST_POSTGRES_URL`.
    Postgres,
}

/// A folder with keys, configurations and databases, and the services running on them.
#[derive(Debug)]
pub struct Installation {
    folder: TempDir,
    issuer: LocalIssuer,
    databases: Vec<(String, String)>,
    settings: BTreeMap<String, String>,
    tables: String,
    /// The classification service.
    pub classification: Option<Process>,
    /// The equivalence service.
    pub equivalence: Option<Process>,
    /// The registry.
    pub registry: Option<Process>,
}

impl Installation {
    /// A folder with keys and empty databases; nothing runs yet. None when PostgreSQL is asked for and not there, which
    /// is said on stderr, or fails when it is required.
    ///
    /// # Errors
    /// When something cannot be written, or the database server refuses.
    pub async fn prepare(database: Database) -> anyhow::Result<Option<Self>> {
        let server = match database {
            Database::Sqlite => None,
            Database::Postgres => match greenlane_store::testing::postgres_url() {
                None => return Ok(None),
                some => some,
            },
        };
        let folder = tempfile::Builder::new().prefix("greenlane-e2e-").tempdir()?;
        let issuer = LocalIssuer::generate(ISSUER, "greenlane", Clock::system());
        issuer.write_jwks(&folder.path().join("jwks.json"))?;
        let mut databases = Vec::new();
        for service in ["classification", "equivalence", "registry"] {
            let url = match &server {
                None => format!("sqlite:{}", folder.path().join(format!("{service}.db")).display()),
                Some(server) => fresh_postgres(server, service).await?,
            };
            databases.push((service.to_owned(), url));
        }
        let installation = Self {
            folder,
            issuer,
            databases,
            settings: BTreeMap::new(),
            tables: String::new(),
            classification: None,
            equivalence: None,
            registry: None,
        };
        for service in ["equivalence", "registry"] {
            let token = installation
                .mint(&TokenRequest::new(service, ["recognise", "use.report", "catalogue.read", "codes.read"]));
            fs::write(installation.path(&format!("{service}.token")), token)?;
        }
        Ok(Some(installation))
    }

    /// The same with all three services running.
    ///
    /// # Errors
    /// When one does not start.
    pub async fn start(database: Database) -> anyhow::Result<Option<Self>> {
        let Some(mut installation) = Self::prepare(database).await? else { return Ok(None) };
        installation.start_classification()?;
        installation.start_equivalence()?;
        installation.start_registry()?;
        Ok(Some(installation))
    }

    /// Sets a key of a service's own table (`recognition_bound_seconds = 5`), for its next start.
    pub fn set(&mut self, service: &str, line: &str) {
        let lines = self.settings.entry(service.to_owned()).or_default();
        lines.push_str(line);
        lines.push('\n');
    }

    /// Adds a table to the configuration of every service (`[telemetry]` and what is in it), for the next start.
    pub fn set_table(&mut self, table: &str) {
        self.tables.push_str(table);
        self.tables.push('\n');
    }

    /// Starts classification.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_classification(&mut self) -> anyhow::Result<()> {
        let config = self.configure("classification", None)?;
        self.classification = Some(start("classification", &config)?);
        Ok(())
    }

    /// Starts equivalence, which calls classification.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_equivalence(&mut self) -> anyhow::Result<()> {
        let config = self.configure("equivalence", None)?;
        self.equivalence = Some(start("equivalence", &config)?);
        Ok(())
    }

    /// Starts equivalence at the address that it had before, where its callers look for it.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_equivalence_at(&mut self, address: SocketAddr) -> anyhow::Result<()> {
        let config = self.configure("equivalence", Some(address))?;
        self.equivalence = Some(start("equivalence", &config)?);
        Ok(())
    }

    /// Starts the registry, which calls the two others.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_registry(&mut self) -> anyhow::Result<()> {
        self.registry = Some(self.start_another_registry()?);
        Ok(())
    }

    /// Starts one more registry on the same database and keys.
    ///
    /// # Errors
    /// When it does not come up.
    pub fn start_another_registry(&self) -> anyhow::Result<Process> {
        let config = self.configure("registry", None)?;
        start("registry", &config)
    }

    fn callee(&self, caller: &str, callee: &str, uri: &str) -> String {
        let token = self.path(&format!("{caller}.token"));
        format!("[{caller}.{callee}]\nuri = \"{uri}\"\ntoken = {{ file = \"{}\" }}\n", token.display())
    }

    fn callees(&self, service: &str) -> String {
        // An address where nobody listens stands for a service that is down.
        let uri = |process: &Option<Process>| process.as_ref().map_or("http://127.0.0.1:9".to_owned(), Process::uri);
        match service {
            "equivalence" => self.callee("equivalence", "classification", &uri(&self.classification)),
            "registry" => {
                let equivalence = self.callee("registry", "equivalence", &uri(&self.equivalence));
                equivalence + &self.callee("registry", "classification", &uri(&self.classification))
            }
            _ => String::new(),
        }
    }

    /// Writes the configuration of a service as it is to run now; it listens at `address`, or on a free port.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn configure(&self, service: &str, address: Option<SocketAddr>) -> anyhow::Result<PathBuf> {
        let url = self.database_url(service)?;
        let jwks = self.path("jwks.json");
        let mut own = if service == "registry" {
            // A first decision, of services that have just started on a machine that does much else, takes its time.
            format!("recognition_timeout_ms = 20000\nkey_directory = \"{}\"\n", self.path("keys").display())
        } else {
            "starter = true\n".to_owned()
        };
        own.extend(self.settings.get(service).map(String::as_str));
        let listen = address.unwrap_or_else(|| SocketAddr::from((Ipv4Addr::LOCALHOST, 0)));
        let text = format!(
            "[server]\nlisten = \"{listen}\"\nmetrics_listen = \"127.0.0.1:0\"\n\n\
             [[auth.issuers]]\nissuer = \"{ISSUER}\"\njwks = {{ file = \"{jwks}\" }}\n\n\
             [{service}]\n{own}\n{callees}\n[{service}.store]\nurl = \"{url}\"\n\n{tables}",
            jwks = jwks.display(),
            callees = self.callees(service),
            tables = self.tables,
        );
        let path = self.path(&format!("{service}-{}.toml", uuid::Uuid::now_v7().simple()));
        fs::write(&path, text)?;
        Ok(path)
    }

    /// Where a service keeps its data.
    ///
    /// # Errors
    /// When there is no such service.
    pub fn database_url(&self, service: &str) -> anyhow::Result<&str> {
        let found = self.databases.iter().find(|(name, _)| name == service);
        found.map(|(_, url)| url.as_str()).context("a service of ours")
    }

    /// The issuer that the services trust.
    pub fn issuer(&self) -> &LocalIssuer {
        &self.issuer
    }

    /// The folder.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A token of the installation's issuer.
    pub fn mint(&self, request: &TokenRequest) -> String {
        self.issuer.mint(&request.clone().valid_for(Duration::from_secs(3_600)))
    }

    /// A token that may do everything.
    pub fn admin(&self) -> String {
        self.mint(&TokenRequest::new("admin", ["admin"]))
    }

    /// A token of a body's clerk.
    pub fn clerk(&self, body: &str) -> String {
        let scopes = ["certificates.read", "certificates.write", "bodies.read", "bodies.write", "log.read", "verify"];
        self.mint(&TokenRequest::new("clerk", scopes).for_body(body))
    }

    /// The arguments that lead the command to these services, with a token.
    ///
    /// # Errors
    /// When the token cannot be written.
    pub fn client_arguments(&self, token: &str) -> anyhow::Result<Vec<String>> {
        let file = self.path(&format!("{}.token", uuid::Uuid::now_v7().simple()));
        fs::write(&file, token)?;
        let mut arguments = vec!["--token-file".to_owned(), file.display().to_string()];
        for (flag, process) in [
            ("--registry", &self.registry),
            ("--equivalence", &self.equivalence),
            ("--classification", &self.classification),
        ] {
            if let Some(process) = process {
                arguments.extend([flag.to_owned(), process.uri()]);
            }
        }
        Ok(arguments)
    }
}

impl Drop for Installation {
    fn drop(&mut self) {
        (self.registry, self.equivalence, self.classification) = (None, None, None);
        let Ok(server) = std::env::var("GREENLANE_TEST_POSTGRES_URL") else { return };
        let names: Vec<_> = self
            .databases
            .iter()
            .filter_map(|(_, url)| url.starts_with("postgres").then(|| url.rsplit('/').next()).flatten())
            .map(str::to_owned)
            .collect();
        if names.is_empty() {
            return;
        }
        // A runtime of its own: a test's may be the one that we are dropped in.
        let cleanup = std::thread::spawn(move || {
            let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_all().build() else { return };
            runtime.block_on(async {
                let Ok(admin) = SeaDatabase::connect(&server).await else { return };
                for name in names {
                    admin.execute_unprepared(&format!("DROP DATABASE {name} WITH (FORCE)")).await.ok();
                }
            });
        });
        cleanup.join().ok();
    }
}

/// As an operator does: first the schema, then the service.
fn start(service: &str, config: &Path) -> anyhow::Result<Process> {
    let folder = config.parent().context("a file is in a folder")?;
    let config_text = config.to_str().context("a path in UTF-8")?;
    let run = greenlane(folder, ["migrate", service, "--config", config_text])?;
    anyhow::ensure!(run.code == 0, "migrate {service}: {}", run.stderr);
    Process::start(service, config)
}

async fn fresh_postgres(server: &str, service: &str) -> anyhow::Result<String> {
    let name = format!("greenlane_e2e_{service}_{}", uuid::Uuid::now_v7().simple());
    let admin = SeaDatabase::connect(server).await?;
    admin.execute_unprepared(&format!("CREATE DATABASE {name}")).await?;
    admin.close().await?;
    let (base, _) = server.rsplit_once('/').context("a PostgreSQL URL names a database")?;
    Ok(format!("{base}/{name}"))
}
