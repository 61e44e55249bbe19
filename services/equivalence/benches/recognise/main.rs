//! What a decision costs in memory, on a catalogue of 300 markets, 50,000 equivalences and 5,000 annexes, on one ten times
//! as large, and what a plan for all markets takes. All of it is made up.
//!
//! `cargo bench -p greenlane-equivalence --profile perf`; one core, no service around it; times are of that core. Ends with a
//! failure when a figure is not what it is to be. With the argument `decide` only decisions on the smaller catalogue.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and its inputs are its own")]

mod world;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use greenlane_equivalence::domain::recognise::{Product, markets, plan};
use greenlane_equivalence::domain::translate::NoTranslation;
use greenlane_equivalence::domain::usage::Facts;
use greenlane_equivalence::domain::{Catalogue, Detail, Question, decide};

use self::world::World;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

const QUESTIONS: usize = 20_000;
/// Rounds over all questions, of which the best one counts.
const ROUNDS: usize = 15;
const LEAST_PER_SECOND: f64 = 500_000.0;
const MOST_GROWTH: f64 = 1.5;
const LONGEST_PLAN: Duration = Duration::from_millis(20);

fn main() -> ExitCode {
    let mut small = World::new(1);
    let questions = small.questions(QUESTIONS);
    let catalogue = small.catalogue();
    let one = measure("catalogue x1, outcome", &catalogue, &questions, Detail::Outcome);
    measure("catalogue x1, with nearest misses", &catalogue, &questions, Detail::Requirements);
    if std::env::args().any(|it| it == "decide") {
        return ExitCode::SUCCESS;
    }
    let longest = plans(&catalogue, &small.questions_of_the_common_sector(50));
    drop(catalogue);

    let mut large = World::new(10);
    let questions = large.questions(QUESTIONS);
    let catalogue = large.catalogue();
    let ten = measure("catalogue x10, outcome", &catalogue, &questions, Detail::Outcome);

    let growth = one / ten;
    println!("growth of a decision's cost with ten times the catalogue: {growth:.2} (at most {MOST_GROWTH})");
    let good = one >= LEAST_PER_SECOND && growth <= MOST_GROWTH && longest <= LONGEST_PLAN;
    println!("{}", if good { "as it is to be" } else { "NOT as it is to be" });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// The time that this thread has had a core: on a machine that does other things too, what passes between is not ours.
fn core_time() -> Duration {
    let stat = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(stat.split_whitespace().next().unwrap().parse().unwrap())
}

/// Decisions a second of a core: the best of several rounds.
fn measure(what: &str, catalogue: &Catalogue, questions: &[Question], detail: Detail) -> f64 {
    let mut outcomes = BTreeMap::new();
    for question in questions {
        *outcomes.entry(decide(catalogue, &NoTranslation, question, detail).outcome).or_insert(0) += 1;
    }
    let mut rounds: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let started = core_time();
            for question in questions {
                std::hint::black_box(decide(catalogue, &NoTranslation, question, detail));
            }
            core_time() - started
        })
        .collect();
    rounds.sort();
    let per_second = |round: Duration| questions.len() as f64 / round.as_secs_f64();
    let (best, median) = (per_second(rounds[0]), per_second(rounds[ROUNDS / 2]));
    println!("{what}: {best:.0} decisions/s, {:.0} ns each (median {median:.0}/s); {outcomes:?}", 1e9 / best);
    best
}

/// The longest of the plans, each the best of three.
fn plans(catalogue: &Catalogue, questions: &[Question]) -> Duration {
    let mut times: Vec<Duration> = Vec::new();
    let (mut rows, mut steps, mut opens) = (0, 0, 0);
    for question in questions {
        let product = Product {
            code: question.code.clone(),
            origin: question.origin.clone(),
            date: question.date,
            stock: question.stock,
            certificates: vec![Facts {
                certified: question.certified.clone(),
                body: question.body.clone(),
                body_economy: question.body_economy.clone(),
                object: question.object,
                granted_on: question.granted_on,
            }],
        };
        let destinations = markets(catalogue, product.date);
        let mut best = Duration::MAX;
        for _ in 0..3 {
            let started = core_time();
            let plan = std::hint::black_box(plan(catalogue, &NoTranslation, &product, &destinations));
            best = best.min(core_time() - started);
            rows = plan.markets.len();
            steps = plan.markets.iter().map(|it| it.steps.len()).sum();
            opens = plan.markets.iter().flat_map(|it| &it.steps).map(|it| it.also_opens.len()).sum();
        }
        times.push(best);
    }
    times.sort();
    let longest = *times.last().unwrap();
    println!(
        "plan for {rows} markets ({steps} steps that open {opens} more in the last): median {:.1} ms, longest {:.1} ms \
         (at most {} ms)",
        times[times.len() / 2].as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3,
        LONGEST_PLAN.as_millis()
    );
    longest
}
