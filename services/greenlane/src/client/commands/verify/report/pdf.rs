//! The report as PDF, for files that are kept on paper or as pages.

use std::path::PathBuf;

use super::{Class, Part, Report, Row};
use crate::client::paper::{Colour, Paper, Typeface};

const TITLE: &str = "Verification report";
const NO_PROOF: &str = "None: the certificate is not known, or it was verified offline.";
const HEADS: [&str; 5] =
    ["What was asked", "The four parts", "The certificate", "What the verdict was computed from", "Proof"];
const STATEMENT: &str = "Signed statement of the verdict";

/// The document.
pub(in super::super) fn pdf(report: &Report, fonts: &[PathBuf]) -> anyhow::Result<Vec<u8>> {
    let parts: Vec<(&str, Vec<String>)> = report.parts.iter().map(told).collect();
    let foot = foot(report);
    let rows = [&report.question, &report.certified, &report.basis].into_iter().flatten();
    let rows = rows.flat_map(|(name, value)| [*name, value.as_str()]);
    let in_parts =
        parts.iter().flat_map(|(name, values)| std::iter::once(*name).chain(values.iter().map(String::as_str)));
    let pieces = report.proof.iter().flat_map(|(title, text)| [title.as_str(), text.as_str()]);
    let (outcome, class) = report.outcome;
    let rest = [TITLE, NO_PROOF, STATEMENT, outcome, &report.made, &report.statement, &foot, Paper::NUMBERS];
    let texts = rows.chain(in_parts).chain(pieces).chain(HEADS).chain(rest);
    let typeface = Typeface::of(texts, fonts)?;

    let mut paper = Paper::new(typeface);
    paper.heading(TITLE, 19.0);
    paper.text(&report.made, 9.0);
    paper.banner(outcome, colour(class));
    let [asked, of_parts, certified, basis, proof] = HEADS;
    section(&mut paper, asked, &report.question);
    paper.rule();
    paper.heading(of_parts, 12.0);
    for (name, values) in &parts {
        paper.field((name, ""), values);
    }
    section(&mut paper, certified, &report.certified);
    section(&mut paper, basis, &report.basis);
    paper.rule();
    paper.heading(proof, 12.0);
    if report.proof.is_empty() {
        paper.text(NO_PROOF, 9.0);
    }
    for (title, text) in &report.proof {
        piece(&mut paper, title, text);
    }
    if !report.statement.is_empty() {
        piece(&mut paper, STATEMENT, &report.statement);
    }
    paper.feet(&[foot]);
    paper.finish(&report.title())
}

/// A part: its word first, then each reason with its code.
fn told(part: &Part) -> (&'static str, Vec<String>) {
    let reasons = part.reasons.iter().map(|(message, code)| format!("{message} ({code})"));
    (part.name, std::iter::once(part.word.to_owned()).chain(reasons).collect())
}

/// What a heading needs below it, so that it does not stand alone at the end of a page.
const HEADED: f32 = 64.0;

fn section(paper: &mut Paper, title: &str, rows: &[Row]) {
    paper.keep(HEADED);
    paper.rule();
    paper.heading(title, 12.0);
    for (name, value) in rows {
        paper.field((name, ""), std::slice::from_ref(value));
    }
}

/// What machines read is small: it is there to be complete.
fn piece(paper: &mut Paper, title: &str, text: &str) {
    paper.keep(HEADED / 2.0);
    paper.heading(title, 9.0);
    paper.text(text, 6.5);
}

/// What the sheet is worth.
fn foot(report: &Report) -> String {
    format!(
        "{}. What counts is the registry's own answer: ask again with greenlane verify, or check the proof above.",
        report.title()
    )
}

fn colour(class: Class) -> Colour {
    match class {
        Class::Yes => [0.10, 0.42, 0.22],
        Class::Conditions => [0.72, 0.45, 0.05],
        Class::No => [0.66, 0.12, 0.12],
        Class::Open => [0.35, 0.35, 0.35],
    }
}
