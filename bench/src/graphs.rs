//! Taskloom beside other libraries, on the same graphs.
//!
//! Every task gets the values of the tasks that it waits for and adds to them, so that the edges carry something
//! and the result shows that all of them were kept. Building is whatever a library needs before it can run: ours
//! makes instances with ids, binds, composes and plans them. What is left to drop afterwards is not measured.
//!
//! The subjects take turns, but each in a process of its own, this same program: in one process, each would be
//! slowed down by the heap that the others leave in pieces, and one that crashes would end all.

mod ours;
mod report;
mod subject;

use std::{
    env, io,
    process::{Command, ExitCode},
    rc::Rc,
    time::Duration,
};

use tokio::runtime::Runtime;

use self::report::{Cell, Column, Report};
#[cfg(feature = "peers")]
pub(crate) use self::subject::measured;
pub(crate) use self::subject::{Round, Subject, measured_run};
use crate::{
    allocator, measure,
    peers::Peers,
    process::Process,
    shapes::{Graph, Shape},
};

/// A round that takes longer is the only one, and the subject is not given larger graphs.
const LONG: Duration = Duration::from_secs(3);

/// The size at which memory is counted, or the largest if all are smaller.
const MEMORY_OF: u32 = 100_000;

/// A graph, and who runs it, Taskloom first.
struct Comparison {
    title: &'static str,
    shape: Shape,
    subjects: Vec<Subject>,
}

fn comparisons(runtime: &Rc<Runtime>, peers: &Peers) -> [Comparison; 6] {
    let sync = ours::sync;
    let asynchronous = || ours::asynchronous(runtime);
    let of = |title, shape, mut subjects: Vec<Subject>, peers: Vec<Subject>| {
        subjects.extend(peers);
        Comparison { title, shape, subjects }
    };
    [
        of("A chain", Shape::Chain, vec![sync(), ours::ordered(), asynchronous()], peers.chain()),
        of("A fan-out, sync", Shape::FanOut, vec![sync(), ours::ordered()], peers.sync_fan_out()),
        of("A fan-out, async", Shape::FanOut, vec![asynchronous()], peers.async_fan_out()),
        of("A diamond lattice", Shape::Lattice, vec![sync(), asynchronous()], peers.any_graph()),
        of("A binary tree", Shape::Tree, vec![sync(), asynchronous()], peers.tree()),
        of("A random graph", Shape::Random, vec![sync(), asynchronous()], peers.any_graph()),
    ]
}

/// Measures and prints one comparison after the other.
pub(crate) fn compare(sizes: &[u32], runtime: &Rc<Runtime>, peers: &Peers) {
    for (number, comparison) in comparisons(runtime, peers).into_iter().enumerate() {
        println!("{}", measure(number, comparison, sizes, peers));
    }
}

/// What the process of one subject does: `arguments` are the numbers of the comparison and of the subject in it, and
/// the size. Each line it reads is a `round`, or one in which `memory` is counted.
pub(crate) fn serve(arguments: &[u32], runtime: &Rc<Runtime>, peers: &Peers) -> ExitCode {
    let &[comparison, subject, n] = arguments else { return ExitCode::FAILURE };
    let mut comparison = comparisons(runtime, peers).into_iter().nth(comparison as usize).expect("it was counted");
    let subject = &mut comparison.subjects[subject as usize];
    let graph = Graph::new(comparison.shape, n);
    for line in io::stdin().lines() {
        let peak_or_zero = match line.as_deref() {
            Ok("round") => |_: &Round| 0,
            Ok("memory") => {
                allocator::start();
                |round: &Round| round.peak.unwrap_or_else(allocator::peak)
            }
            _ => break,
        };
        let round = (subject.round)(&graph);
        allocator::stop();
        println!("{} {} {}", round.build.as_nanos(), round.run.as_nanos(), peak_or_zero(&round));
    }
    ExitCode::SUCCESS
}

fn measure(number: usize, comparison: Comparison, sizes: &[u32], peers: &Peers) -> Report {
    let Comparison { title, subjects, .. } = comparison;
    let memory_of = sizes.iter().copied().max().map_or(MEMORY_OF, |n| n.min(MEMORY_OF));
    let names = subjects.iter().map(|subject| subject.name).collect();
    let mut most: Vec<u32> = subjects.iter().map(|subject| subject.most).collect();
    let mut peaks = vec![None; subjects.len()];
    let mut columns = Vec::with_capacity(sizes.len());
    for &n in sizes {
        let start = |subject| (n <= most[subject]).then(|| process(&[number, subject, n as usize], peers));
        let mut processes: Vec<Option<Process>> = (0..subjects.len()).map(start).collect();
        let cells = times(n, &mut processes);
        for (most, cell) in most.iter_mut().zip(&cells) {
            if matches!(cell, Cell::Single { .. } | Cell::Crashed) {
                *most = n;
            }
        }
        if n == memory_of {
            let peak =
                |process: &mut Process| process.ask("memory").and_then(|[_, _, peak]| usize::try_from(peak).ok());
            peaks = processes.iter_mut().map(|process| process.as_mut().and_then(peak)).collect();
        }
        columns.push(Column { n, cells });
    }
    Report { title, names, columns, memory_of, peaks }
}

fn process(arguments: &[usize], peers: &Peers) -> Process {
    let mut command = Command::new(env::current_exe().expect("the system knows what runs"));
    if let Some(flow_graph) = &peers.flow_graph {
        command.arg("--flow-graph").arg(flow_graph);
    }
    Process::start(command.arg("--serve").args(arguments.iter().map(ToString::to_string)))
}

/// The medians of rounds in which the processes take turns.
fn times(n: u32, processes: &mut [Option<Process>]) -> Vec<Cell> {
    let rounds = rounds(n);
    let mut cells = vec![Cell::NotRun; processes.len()];
    let mut times: Vec<Vec<[Duration; 2]>> = processes.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for warm_up in (0..=rounds).map(|round| round == 0) {
        for ((process, cell), times) in processes.iter_mut().zip(&mut cells).zip(&mut times) {
            let Some(running) = process.as_mut().filter(|_| matches!(cell, Cell::NotRun)) else { continue };
            match running.ask("round").map(|[build, run, _]| [build, run].map(nanoseconds)) {
                None => {
                    *cell = Cell::Crashed;
                    *process = None;
                }
                Some([build, run]) if warm_up && build + run > LONG => {
                    *cell = Cell::Single { build: per_task(build, n), run: per_task(run, n) };
                }
                Some(_) if warm_up => {}
                Some(round) => times.push(round),
            }
        }
    }
    for (cell, times) in cells.iter_mut().zip(times) {
        if matches!(cell, Cell::NotRun) && !times.is_empty() {
            let [build, run] = [0, 1].map(|part| {
                let mut times: Vec<Duration> = times.iter().map(|round| round[part]).collect();
                per_task(measure::median(&mut times), n)
            });
            *cell = Cell::Median { build, run };
        }
    }
    cells
}

fn nanoseconds(time: i64) -> Duration {
    Duration::from_nanos(time.unsigned_abs())
}

fn per_task(time: Duration, n: u32) -> f64 {
    time.as_secs_f64() * 1e6 / f64::from(n)
}

/// Fewer than for the tables of Taskloom and tokio alone, since some peers take long. Odd, so that there is a middle.
fn rounds(n: u32) -> usize {
    match n {
        ..=1_000 => 51,
        1_001..=10_000 => 21,
        10_001..=100_000 => 7,
        _ => 3,
    }
}
