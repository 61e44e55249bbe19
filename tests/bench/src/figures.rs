//! What is measured beside the rows of calls: figures that are promised as they are, and not as a ratio.
//!
//! They need the reference data (`GREENLANE_TEST_DATA` names its folder) and, where the command is measured, the
//! `greenlane` program built with the same profile (`cargo build --profile perf -p greenlane`; `GREENLANE_BIN` names
//! another). Rates are by CPU time, which other work on the machine disturbs least.

mod catalogue;
mod million;
mod search;
mod stream;
mod tag;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use serde::Serialize;

use crate::child::Child;
use crate::identity::Identity;
use crate::roles::Role;
use crate::rows::Setting;
use crate::run::{say, start};
use crate::{cpu, database};

/// A group of figures that are measured together.
pub struct Figures {
    /// One word, for `--only`.
    pub name: &'static str,
    /// What is done.
    pub what: &'static str,
    measure: Measure,
}

/// How figures are measured.
#[derive(Clone, Copy)]
enum Measure {
    /// Beside a classification with all editions.
    WithEditions(for<'a> fn(&'a Place<'a>) -> LocalBoxFuture<'a, anyhow::Result<Vec<Figure>>>),
    /// By themselves, and only when they are named: they take many minutes.
    Alone(fn() -> BoxFuture<'static, anyhow::Result<Vec<Figure>>>),
}

/// All of them.
pub const FIGURES: &[Figures] = &[
    Figures {
        name: "search",
        what: "classification with all editions: cold start, memory, search at a thousand queries a second",
        measure: Measure::WithEditions(|place| Box::pin(search::measure(place))),
    },
    Figures {
        name: "tag-file",
        what: "greenlane tag: rows of UN Comtrade from files, with all editions and lists",
        measure: Measure::WithEditions(|place| Box::pin(tag::measure(place))),
    },
    Figures {
        name: "tag-stream",
        what: "classification: rows tagged over one gRPC stream",
        measure: Measure::WithEditions(|place| Box::pin(stream::measure(place))),
    },
    Figures {
        name: "verify-million",
        what: "registry with a million certificates: import, memory, start, verification (only when it is named)",
        measure: Measure::Alone(|| Box::pin(million::measure())),
    },
];

/// One figure.
#[derive(Debug, Clone, Serialize)]
pub struct Figure {
    /// What it is of.
    pub what: String,
    /// The figure.
    pub value: f64,
    /// Its unit.
    pub unit: &'static str,
    /// What is promised: at least, or at most.
    pub promise: Option<Promise>,
}

/// A promise.
#[derive(Debug, Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Promise {
    /// At least this much.
    AtLeast(f64),
    /// At most.
    AtMost(f64),
}

impl Figure {
    pub(crate) fn new(what: impl Into<String>, value: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value, unit, promise: None }
    }

    pub(crate) fn promised(self, promise: Promise) -> Self {
        Self { promise: Some(promise), ..self }
    }

    /// One line of the table's text.
    #[must_use]
    pub fn told(&self) -> String {
        let kept = match self.promise {
            None => String::new(),
            Some(Promise::AtLeast(least)) => {
                format!("at least {least:.0} {}", if self.value >= least { "kept" } else { "MISSED" })
            }
            Some(Promise::AtMost(most)) => {
                format!("at most {most:.0} {}", if self.value <= most { "kept" } else { "MISSED" })
            }
        };
        let digits = if self.value < 100.0 { 2 } else { 0 };
        format!("{:58} {:>12.digits$} {:8} {kept}", self.what, self.value, self.unit)
    }
}

/// Where figures are measured.
pub(crate) struct Place<'a> {
    pub(crate) setting: Setting<'a>,
    pub(crate) data: PathBuf,
}

impl Place<'_> {
    /// The run's folder.
    pub(crate) fn folder(&self) -> &Path {
        self.setting.folder
    }
}

/// Which of some names are figures, and which are not.
#[must_use]
pub fn split(only: &[String]) -> (Vec<&'static Figures>, Vec<String>) {
    let find = |name: &String| FIGURES.iter().find(|figures| figures.name == *name);
    if only.is_empty() {
        let always = |figures: &&Figures| matches!(figures.measure, Measure::WithEditions(_));
        return (FIGURES.iter().filter(always).collect(), Vec::new());
    }
    (only.iter().filter_map(find).collect(), only.iter().filter(|name| find(name).is_none()).cloned().collect())
}

/// Measures.
///
/// # Errors
/// When a server or the command fails.
pub fn run(selected: &[&Figures], apart: bool) -> anyhow::Result<Vec<Figure>> {
    let (mut alone, mut with_editions) = (Vec::new(), Vec::new());
    for figures in selected {
        match figures.measure {
            Measure::Alone(measure) => alone.push((figures.name, measure)),
            Measure::WithEditions(measure) => with_editions.push((figures.name, measure)),
        }
    }
    if selected.is_empty() {
        return Ok(Vec::new());
    }
    if apart {
        cpu::pin(cpu::LOAD_CORE)?;
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut found = Vec::new();
    for (name, measure) in alone {
        say(name);
        found.extend(runtime.block_on(measure()).with_context(|| format!("measuring {name}"))?);
    }
    if with_editions.is_empty() {
        return Ok(found);
    }
    let Some(data) = std::env::var_os("GREENLANE_TEST_DATA") else {
        say("GREENLANE_TEST_DATA is not set: figures over the reference data are left out");
        return Ok(found);
    };
    let data = PathBuf::from(data).join("data");
    runtime.block_on(async {
        let folder = database::folder()?;
        let identity = Identity::create(folder.path())?;
        let mut children = BTreeMap::new();
        say("importing all editions");
        start(Role::ClassificationWhole, folder.path(), apart, &mut children)?;
        catalogue::import(&Setting { identity: &identity, children: &children, folder: folder.path() }, &data).await?;
        // Begun anew, so that nothing is in memory but what a start puts there.
        children.clear();
        let begun = std::time::Instant::now();
        let child = Child::start(Role::ClassificationWhole, folder.path(), &[], apart)?;
        let cold = Figure::new("start with all editions", begun.elapsed().as_secs_f64() * 1e3, "ms");
        let by_cpu = Figure::new("start with all editions, by CPU", child.cpu_time()?.as_secs_f64() * 1e3, "ms");
        children.insert(Role::ClassificationWhole, child);
        // What a machine holds up is seen with a bare server.
        start(Role::EchoToken, folder.path(), apart, &mut children)?;
        found.extend([cold, by_cpu.promised(Promise::AtMost(2_000.0))]);
        let setting = Setting { identity: &identity, children: &children, folder: folder.path() };
        let place = Place { setting, data };
        for (name, measure) in with_editions {
            say(name);
            found.extend(measure(&place).await.with_context(|| format!("measuring {name}"))?);
        }
        Ok(found)
    })
}
