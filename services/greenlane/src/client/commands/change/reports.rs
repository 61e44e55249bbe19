//! How old what registries reported is, of which a preview is made.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use greenlane_api::equivalence::v1::{PreviewImpactResponse, UseReport};

use crate::client::render::several;

/// What is older than this is late: a registry reports every hour, be it that nothing is new.
const LATE: TimeDelta = TimeDelta::days(1);

/// What is said of them.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Told {
    /// Whether there are any, and none is late.
    pub(super) is_fresh: bool,
    pub(super) lines: Vec<String>,
}

/// Up to when use was reported, and who is late.
pub(super) fn told(preview: &PreviewImpactResponse, now: DateTime<Utc>) -> Told {
    let reports = &preview.use_reports;
    if reports.is_empty() {
        let none = match preview.certificates_examined + preview.questions_examined {
            0 => "no registry has reported what its certificates and verifications ask: nothing of them is counted",
            // One of an earlier version.
            _ => "the service does not say how old what it counts is",
        };
        return Told { is_fresh: false, lines: vec![none.to_owned()] };
    }
    let at = |it: &UseReport| it.reported_at.and_then(|at| DateTime::from_timestamp(at.seconds, 0));
    let mut lines = Vec::new();
    let mut oldest = None;
    for report in reports {
        let who = &report.reporter;
        match at(report) {
            Some(at) if now - at <= LATE => oldest = Some(oldest.map_or(at, |oldest: DateTime<Utc>| oldest.min(at))),
            Some(at) => {
                let days = several((now - at).num_days().unsigned_abs(), "day");
                let at = written(at);
                lines.push(format!("{who} has not reported for {days}, since {at}: what came after is not counted"));
            }
            None => lines.push(format!("when {who} last reported is not known: what came after is not counted")),
        }
    }
    let is_fresh = lines.is_empty();
    lines.splice(0..0, oldest.map(|at| format!("counted is what registries reported up to {}", written(at))));
    Told { is_fresh, lines }
}

fn written(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(reporter: &str, seconds: Option<i64>) -> UseReport {
        let reported_at = seconds.map(|seconds| prost_types::Timestamp { seconds, nanos: 0 });
        UseReport { reporter: reporter.to_owned(), reported_at }
    }

    fn told_of(reports: &[UseReport], now: DateTime<Utc>) -> Told {
        told(&PreviewImpactResponse { use_reports: reports.to_vec(), ..Default::default() }, now)
    }

    #[test]
    fn a_preview_says_up_to_when_it_counts_and_which_registry_is_late_or_silent() {
        let now = DateTime::from_timestamp(10 * 86_400, 0).unwrap();
        let none = told_of(&[], now);
        assert!(!none.is_fresh && none.lines[0].starts_with("no registry has reported"), "{none:?}");
        let unsaid = told(&PreviewImpactResponse { certificates_examined: 1, ..Default::default() }, now);
        assert_eq!(unsaid.lines, ["the service does not say how old what it counts is"]);
        let fresh = told_of(&[report("a", Some(10 * 86_400 - 60)), report("b", Some(9 * 86_400))], now);
        let expected = ["counted is what registries reported up to 1970-01-10T00:00:00Z".to_owned()];
        assert_eq!((fresh.is_fresh, &fresh.lines[..]), (true, &expected[..]));
        let late =
            told_of(&[report("a", Some(10 * 86_400)), report("b", Some(7 * 86_400 - 1)), report("c", None)], now);
        let expected = [
            "counted is what registries reported up to 1970-01-11T00:00:00Z",
            "b has not reported for 3 days, since 1970-01-07T23:59:59Z: what came after is not counted",
            "when c last reported is not known: what came after is not counted",
        ];
        assert_eq!((late.is_fresh, late.lines), (false, expected.map(str::to_owned).to_vec()));
    }
}
