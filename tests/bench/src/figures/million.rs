//! A registry with a million certificates: how long they take to come in, what it holds in memory for them, how long it
//! takes to start, and whether it verifies among them as it does among ten thousand.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use futures_util::{StreamExt as _, TryStreamExt as _};
use greenlane_api::registry::v1::certificate_service_client::CertificateServiceClient;
use greenlane_api::registry::v1::verification_service_client::VerificationServiceClient;
use greenlane_api::registry::v1::{CertificateFilter, ListCertificatesRequest};
use tonic::transport::Channel;

use super::{Figure, Promise};
use crate::child::Child;
use crate::identity::Identity;
use crate::roles::Role;
use crate::rows::{self, Setting, registry};
use crate::run::{say, start};
use crate::{cpu, database};

/// The variable with the number of certificates, when it is not to be a million.
const CERTIFICATES: &str = "GREENLANE_BENCH_CERTIFICATES";
/// The few that verification among many is compared to.
const FEW: u64 = 10_000;
/// Certificates that are asked about, each once: all of the few.
const ASKED: usize = 10_000;
/// Questions in flight.
const IN_FLIGHT: usize = 64;
/// The certificates that the promise is about.
const PROMISED: f64 = 1e7;
const GIB: f64 = (1u64 << 30) as f64;

const SERVER: Role = Role::RegistrySqlite;

/// What verification showed.
struct Verified {
    per_second: f64,
    cpu: Duration,
}

pub(super) async fn measure() -> anyhow::Result<Vec<Figure>> {
    let all: u64 = match std::env::var(CERTIFICATES) {
        Ok(number) => number.parse().with_context(|| format!("{CERTIFICATES} is no number"))?,
        Err(_) => 1_000_000,
    };
    ensure!(all > FEW, "{CERTIFICATES} must be more than {FEW}");
    let (folder, apart) = (database::folder()?, cpu::two_cores());
    let identity = Identity::create(folder.path())?;
    let mut children = BTreeMap::new();
    start(SERVER, folder.path(), apart, &mut children)?;
    let mut figures = Vec::new();

    say(&format!("importing {FEW} certificates"));
    let setting = Setting { identity: &identity, children: &children, folder: folder.path() };
    registry::body(&setting, SERVER).await?;
    import(&setting, 0..FEW).await?;
    restart(folder.path(), apart, &mut children)?;
    let setting = Setting { identity: &identity, children: &children, folder: folder.path() };
    let child = setting.child(SERVER)?;
    let few_at_start = child.memory()?;
    let names = names(&setting, FEW).await?;
    let among_few = verify(&setting, &names, 1).await?;
    let hot_few = verify(&setting, &names[..1_000], 20).await?;
    let few_after = child.memory()?;

    say(&format!("importing {} more", all - FEW));
    let (begun, before) = (Instant::now(), child.cpu_time()?);
    import(&setting, FEW..all).await?;
    let (wall, used) = (begun.elapsed().as_secs_f64(), (child.cpu_time()? - before).as_secs_f64());
    let imported = (all - FEW) as f64;
    figures.push(Figure::new("million: imported in one stream", imported / wall, "/s"));
    figures.push(Figure::new("million: CPU of the server for each imported", used / imported * 1e6, "µs"));
    figures.push(Figure::new("million: memory at the end of the import", child.memory()? as f64 / GIB, "GiB"));
    let file = std::fs::metadata(folder.path().join("registry.db")).context("the database's file")?;
    figures.push(Figure::new("million: bytes of the file for each", file.len() as f64 / all as f64, "bytes"));

    say("starting with them");
    let took = restart(folder.path(), apart, &mut children)?;
    figures.push(Figure::new("million: start", took.as_secs_f64() * 1e3, "ms"));
    let setting = Setting { identity: &identity, children: &children, folder: folder.path() };
    let child = setting.child(SERVER)?;
    let many_at_start = child.memory()?;
    let names = self::names(&setting, all).await?;
    let among_many = verify(&setting, &names, 1).await?;
    let hot_many = verify(&setting, &names[..1_000], 20).await?;
    let many_after = child.memory()?;

    let each = (many_at_start as f64 - few_at_start as f64) / (all - FEW) as f64;
    figures.push(Figure::new("million: memory after the start, more for each than among few", each, "bytes"));
    let each = (many_after as f64 - few_after as f64) / (all - FEW) as f64;
    figures.push(Figure::new("million: the same after verifying ten thousand", each, "bytes"));
    // What grows with their number is taken to grow on; caches are bounded, and as full here as they were.
    let projected = many_after as f64 + each.max(0.0) * (PROMISED - all as f64);
    figures.push(
        Figure::new("million: memory that ten million would take", projected / GIB, "GiB")
            .promised(Promise::AtMost(4.0)),
    );
    for (what, few, many) in [
        ("asked for the first time", among_few, among_many),
        ("a thousand that were asked for before", hot_few, hot_many),
    ] {
        figures.push(Figure::new(format!("million: verified, {what}"), many.per_second, "/s"));
        let ratio = 100.0 * many.per_second / few.per_second;
        figures.push(
            Figure::new("million:   of the same among ten thousand", ratio, "%").promised(Promise::AtLeast(80.0)),
        );
        let by_cpu = 100.0 * few.cpu.as_secs_f64() / many.cpu.as_secs_f64();
        figures.push(Figure::new("million:   by CPU of the server", by_cpu, "%"));
    }
    Ok(figures)
}

/// Ends the registry and begins it anew, with nothing in memory. Gives how long that took.
fn restart(folder: &std::path::Path, apart: bool, children: &mut BTreeMap<Role, Child>) -> anyhow::Result<Duration> {
    children.remove(&SERVER);
    let begun = Instant::now();
    start(SERVER, folder, apart, children)?;
    Ok(begun.elapsed())
}

/// In one stream, as a body brings in its back catalogue.
async fn import(setting: &Setting<'_>, numbers: std::ops::Range<u64>) -> anyhow::Result<()> {
    let count = numbers.end - numbers.start;
    let mut client = CertificateServiceClient::new(setting.channel(SERVER).await?);
    let rows = tokio_stream::iter(numbers.map(registry::import_row));
    let mut request = rows::authorized(rows, &registry::certifier(setting))?;
    request.set_timeout(Duration::from_secs(3_000));
    let mut answers = client.import_certificates(request).await?.into_inner();
    let mut last = None;
    while let Some(answer) = answers.message().await? {
        last = Some(answer);
    }
    let last = last.context("no answer")?;
    ensure!(last.accepted == count, "not all rows were accepted: {last:?}");
    Ok(())
}

/// The names of certificates from all over the first `all` of them.
async fn names(setting: &Setting<'_>, all: u64) -> anyhow::Result<Vec<String>> {
    const PAGE: usize = 100;
    let pages = (ASKED / PAGE) as u64;
    let token = registry::certifier(setting);
    let mut client = CertificateServiceClient::new(setting.channel(SERVER).await?);
    let mut names = Vec::with_capacity(ASKED);
    for page in 0..pages {
        let filter = CertificateFilter { granted_from_revision: 2 + page * (all / pages), ..Default::default() };
        let request = ListCertificatesRequest { filter: Some(filter), page_size: PAGE as i32, ..Default::default() };
        let answer = client.list_certificates(rows::authorized(request, &token)?).await?.into_inner();
        names.extend(answer.certificates.into_iter().map(|certificate| certificate.name));
    }
    ensure!(names.len() == ASKED, "{} names", names.len());
    // Neighbours in the log are not asked for one after the other.
    names.sort_unstable();
    Ok(names)
}

/// Asks about each of them, so many times in turn.
async fn verify(setting: &Setting<'_>, names: &[String], times: usize) -> anyhow::Result<Verified> {
    let child = setting.child(SERVER)?;
    let token = registry::customs(setting);
    let channel: Channel = setting.channel(SERVER).await?;
    let (begun, before) = (Instant::now(), child.cpu_time()?);
    // Owned: closures over borrowed names are not general enough for a stream of calls.
    let names: Vec<String> = names.to_vec();
    let all = names.len() * times;
    let asked = (0..all).map(move |turn| {
        let mut client = VerificationServiceClient::new(channel.clone());
        let request = rows::authorized(registry::question_by_name(&names[turn % names.len()]), &token);
        async move { registry::accepted(client.verify(request?).await?.get_ref()) }
    });
    futures_util::stream::iter(asked).buffer_unordered(IN_FLIGHT).try_for_each(|()| async { Ok(()) }).await?;
    let (wall, used) = (begun.elapsed(), child.cpu_time()? - before);
    Ok(Verified { per_second: all as f64 / wall.as_secs_f64(), cpu: used / all as u32 })
}
