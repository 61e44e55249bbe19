//! What a decision costs in memory, on a catalogue of 300 markets, 50,000 equivalences and 5,000 annexes, on one ten times
//! as large, and what a plan for all markets takes where each of them may belong to a bloc besides. All of it is made up.
//!
//! Of the larger catalogue the same is asked as of the smaller one: a question finds as many annexes there that may carry
//! it, and as many equivalences from each standard; that is told, so that a difference is seen. What is ten times as much
//! is what lies between, and how little of it the processor's cache holds. The two are asked in turn, so that whatever else
//! the machine does slows both.
//!
//! `cargo bench -p greenlane-equivalence --profile perf`; one core, no service around it; times are of that core. Ends with a
//! failure when a figure is not what it is to be. With the argument `decide` only decisions on the smaller catalogue, with
//! `plan` only plans: for a profiler.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "a benchmark prints, and its inputs are its own")]

mod world;

use std::collections::BTreeMap;
use std::process::ExitCode;
use std::time::Duration;

use greenlane_equivalence::domain::recognise::{Product, markets, plan};
use greenlane_equivalence::domain::translate::NoTranslation;
use greenlane_equivalence::domain::usage::Facts;
use greenlane_equivalence::domain::{Catalogue, Detail, Question, decide};
use nix::time::{ClockId, clock_gettime};

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
/// Of all steps of the plans: else what they take says nothing of looking for these.
const LEAST_DESIGNATIONS: usize = 20;

fn main() -> ExitCode {
    let mut small = Case::new(World::new(1));
    let only = |what: &str| std::env::args().any(|it| it == what);
    if only("plan") {
        plans(&small.with_incomplete_bloc(), &small.world.questions_of_the_common_sector(50));
        return ExitCode::SUCCESS;
    }
    if only("decide") {
        measure("outcome", Detail::Outcome, &[&small]);
        measure("with nearest misses", Detail::Requirements, &[&small]);
        return ExitCode::SUCCESS;
    }
    let large = Case::new(World::new(10));
    let outcomes = measure("outcome", Detail::Outcome, &[&small, &large]);
    measure("with nearest misses", Detail::Requirements, &[&small, &large]);
    drop(large);
    let (longest, designations) = plans(&small.with_incomplete_bloc(), &small.world.questions_of_the_common_sector(50));

    let (one, growth) = (outcomes[0], outcomes[0] / outcomes[1]);
    println!("growth of a decision's cost with ten times the catalogue: {growth:.2} (at most {MOST_GROWTH})");
    let good = one >= LEAST_PER_SECOND
        && growth <= MOST_GROWTH
        && longest <= LONGEST_PLAN
        && designations >= LEAST_DESIGNATIONS;
    println!("{}", if good { "as it is to be" } else { "NOT as it is to be" });
    if good { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A world, what is held of it, and what is asked.
struct Case {
    world: World,
    catalogue: Catalogue,
    questions: Vec<Question>,
}

impl Case {
    fn new(mut world: World) -> Self {
        let questions = world.questions(QUESTIONS);
        let (annexes, links) = world.examined(&questions);
        println!(
            "catalogue x{}: {annexes:.2} annexes between the two and of the goods, and {links:.2} equivalences from each \
             standard certified to, a question",
            world.factor()
        );
        Self { catalogue: world.catalogue(), world, questions }
    }

    /// The same where each market may belong to a bloc, too.
    fn with_incomplete_bloc(&self) -> Catalogue {
        Catalogue::new(2, self.catalogue.entries().into_iter().chain(World::incomplete_bloc()))
    }

    fn ask(&self, detail: Detail) -> Duration {
        let started = core_time();
        for question in &self.questions {
            std::hint::black_box(decide(&self.catalogue, &NoTranslation, question, detail));
        }
        core_time() - started
    }
}

/// The time that this thread has had a core: on a machine that does other things too, what passes between is not ours.
/// From the clock and not from `/proc`, which is brought up to date once in 4 ms.
fn core_time() -> Duration {
    clock_gettime(ClockId::CLOCK_THREAD_CPUTIME_ID).unwrap().into()
}

/// Decisions a second of a core: the best of several rounds, each after one that is not counted.
fn measure(what: &str, detail: Detail, cases: &[&Case]) -> Vec<f64> {
    let mut rounds: Vec<Vec<Duration>> = vec![Vec::new(); cases.len()];
    for _ in 0..ROUNDS {
        for (case, rounds) in cases.iter().zip(&mut rounds) {
            case.ask(detail);
            rounds.push(case.ask(detail));
        }
    }
    let best = cases.iter().zip(rounds).map(|(case, mut rounds)| {
        let mut outcomes = BTreeMap::new();
        for question in &case.questions {
            *outcomes.entry(decide(&case.catalogue, &NoTranslation, question, detail).outcome).or_insert(0) += 1;
        }
        rounds.sort();
        let per_second = |round: Duration| case.questions.len() as f64 / round.as_secs_f64();
        let (best, median) = (per_second(rounds[0]), per_second(rounds[ROUNDS / 2]));
        println!(
            "catalogue x{}, {what}: {best:.0} decisions/s, {:.0} ns each (median {median:.0}/s); {outcomes:?}",
            case.world.factor(),
            1e9 / best
        );
        best
    });
    best.collect()
}

/// The longest of the plans, each the best of three, and how many steps of all begin with a designation.
fn plans(catalogue: &Catalogue, questions: &[Question]) -> (Duration, usize) {
    let mut times: Vec<Duration> = Vec::new();
    let (mut rows, mut steps, mut opens, mut designations) = (0, 0, 0, 0);
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
        for round in 0..3 {
            let started = core_time();
            let plan = std::hint::black_box(plan(catalogue, &NoTranslation, &product, &destinations));
            best = best.min(core_time() - started);
            rows = plan.markets.len();
            steps = plan.markets.iter().map(|it| it.steps.len()).sum();
            let of_rows = plan.markets.iter().flat_map(|it| &it.steps);
            designations += of_rows.filter(|it| round == 0 && it.designation.is_some()).count();
            opens = plan.markets.iter().flat_map(|it| &it.steps).map(|it| it.also_opens.len()).sum();
        }
        times.push(best);
    }
    times.sort();
    let longest = *times.last().unwrap();
    println!(
        "plan for {rows} markets ({steps} steps that open {opens} more in the last, and {designations} designations in \
         all, at least {LEAST_DESIGNATIONS}): median {:.1} ms, longest {:.1} ms (at most {} ms)",
        times[times.len() / 2].as_secs_f64() * 1e3,
        longest.as_secs_f64() * 1e3,
        LONGEST_PLAN.as_millis()
    );
    (longest, designations)
}
