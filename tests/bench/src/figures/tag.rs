//! `greenlane tag` over files: the real rows of UN Comtrade again and again, each time of another flow, so that none
//! repeats another.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, ensure};
use greenlane_platform::auth::issuer::TokenRequest;

use super::{Figure, Place, Promise};
use crate::roles::Role;
use crate::run::say;
use crate::{child, cpu};

/// What is promised of rows a second on one core.
const PROMISED: Promise = Promise::AtLeast(1_000_000.0);
/// A row of a bulk file has so many columns.
const WIDE: &str = "typeCode,freqCode,refPeriodId,refYear,refMonth,period,reporterCode,reporterISO,reporterDesc,\
flowCode,flowDesc,partnerCode,partnerISO,partnerDesc,partner2Code,partner2ISO,partner2Desc,classificationCode,\
classificationSearchCode,isOriginalClassification,cmdCode,cmdDesc,aggrLevel,isLeaf,customsCode,customsDesc,mosCode,\
motCode,motDesc,qtyUnitCode,qtyUnitAbbr,qty,isQtyEstimated,altQtyUnitCode,altQtyUnitAbbr,altQty,isAltQtyEstimated,\
netWgt,isNetWgtEstimated,grossWgt,isGrossWgtEstimated,cifvalue,fobvalue,primaryValue,legacyEstimationFlag,isReported,\
isAggregate";

pub(super) async fn measure(place: &Place<'_>) -> anyhow::Result<Vec<Figure>> {
    let Some(program) = program() else {
        say("the greenlane program is not built with this profile (cargo build --profile … -p greenlane): left out");
        return Ok(Vec::new());
    };
    let folder = place.folder();
    let token = folder.join("tag.token");
    let minted = place.setting.identity.mint(TokenRequest::new("statistician", ["codes.read", "tag"]));
    std::fs::write(&token, minted)?;
    let server = place.setting.child(Role::ClassificationWhole)?.ready.address;
    let sample = std::fs::read_to_string(place.data.join("comtrade_rows_sample.csv"))?;
    let file = folder.join("rows.csv");
    let run = |file: &Path, further: &[&str]| {
        let mut command = Command::new(&program);
        command.arg("tag").arg(file).args(["--by", "list,year,reporter", "--output", "json"]).args(further);
        command.args(["--classification", &format!("http://{server}"), "--token-file"]).arg(&token);
        measured(&mut command)
    };

    let mut found = Vec::new();
    let mut peaks = Vec::new();
    for copies in [9, 36] {
        let rows = narrow(&file, &sample, copies)?;
        let (cpu, peak) = run(&file, &[])?;
        let what = format!("tag-file, {:.1} million rows of 6 columns", rows / 1e6);
        found.push(Figure::new(what, rows / cpu.as_secs_f64(), "rows/s").promised(PROMISED));
        peaks.push(peak);
    }
    let out = folder.join("tagged.csv");
    let rows = narrow(&file, &sample, 9)?;
    let (cpu, _) = run(&file, &["--out", &out.display().to_string()])?;
    found.push(Figure::new("tag-file, with tagged rows written", rows / cpu.as_secs_f64(), "rows/s"));
    let rows = wide(&file, &sample, 4)?;
    let (cpu, _) = run(&file, &[])?;
    found.push(Figure::new("tag-file, of 47 columns", rows / cpu.as_secs_f64(), "rows/s").promised(PROMISED));
    let mib = |bytes: u64| bytes as f64 / f64::from(1 << 20);
    found.push(Figure::new("tag-file, memory with 2 million rows, peak", mib(peaks[0]), "MiB"));
    let flat = Promise::AtMost(1.1 * mib(peaks[0]));
    found.push(Figure::new("tag-file, memory with 8 million rows, peak", mib(peaks[1]), "MiB").promised(flat));
    std::fs::remove_file(&out)?;
    Ok(found)
}

/// The program beside this one.
fn program() -> Option<PathBuf> {
    let beside = || Some(std::env::current_exe().ok()?.parent()?.parent()?.join("greenlane"));
    std::env::var_os("GREENLANE_BIN").map(PathBuf::from).or_else(beside).filter(|path| path.is_file())
}

/// Runs a command; its CPU time and the most memory that it had.
fn measured(command: &mut Command) -> anyhow::Result<(Duration, u64)> {
    let before = cpu::time_of_children()?;
    command.stdout(Stdio::null()).stdin(Stdio::null()).env_remove("GREENLANE_CONTEXT");
    let mut process = command.spawn().context("starting greenlane")?;
    let mut peak = 0;
    let status = loop {
        if let Ok(now) = child::peak_memory(process.id()) {
            peak = peak.max(now);
        }
        match process.try_wait()? {
            Some(status) => break status,
            None => std::thread::sleep(Duration::from_millis(20)),
        }
    };
    ensure!(status.success(), "greenlane tag ended with {status}");
    Ok((cpu::time_of_children()? - before, peak))
}

/// The sample so many times; how many rows.
fn narrow(file: &Path, sample: &str, copies: usize) -> anyhow::Result<f64> {
    let mut out = BufWriter::new(File::create(file)?);
    let (header, rows) = sample.split_once('\n').context("an empty sample")?;
    writeln!(out, "{header}")?;
    let mut count = 0u32;
    for copy in 0..copies {
        for row in rows.lines() {
            let (year, rest) = row.split_once(',').context("a row of one column")?;
            let (flow, rest) = rest.split_once(',').context("a row of two columns")?;
            writeln!(out, "{year},{flow}{copy},{rest}")?;
            count += 1;
        }
    }
    out.flush()?;
    Ok(f64::from(count))
}

/// The sample so many times, with the columns of a bulk file.
fn wide(file: &Path, sample: &str, copies: usize) -> anyhow::Result<f64> {
    let mut out = BufWriter::new(File::create(file)?);
    writeln!(out, "{WIDE}")?;
    let mut reader = csv::Reader::from_reader(sample.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().collect::<Result<_, _>>()?;
    for copy in 0..copies {
        for row in &rows {
            let at = |column: usize| row.get(column).unwrap_or_default();
            let (year, flow, reporter, partner, code, value) = (at(0), at(1), at(2), at(3), at(4), at(5));
            writeln!(
                out,
                "C,A,{year}0101,{year},52,{year},0,,\"{reporter}\",{flow}{copy},Import,0,,\"{partner}\",0,W00,World,H0,HS,\
                 true,{code},\"Goods; of some kind, not elsewhere specified\",6,true,C00,TOTAL CPC,0,0,TOTAL MOT,8,kg,\
                 1234.5,false,-1,N/A,0,false,1234.5,false,0,false,{value},,{value},0,false,true"
            )?;
        }
    }
    out.flush()?;
    Ok(f64::from(u32::try_from(copies * rows.len())?))
}
