//! oneTBB's `flow_graph`, in C++: a program of its own that runs a round whenever it is asked to.

use std::{
    io::{BufWriter, Write},
    path::Path,
    process::Command,
    time::Duration,
};

use crate::{
    graphs::{Round, Subject},
    process::Process,
    shapes::{Before, Graph},
};

/// The program, if there is one, on the first graph that it is given.
pub(super) fn any_graph(program: Option<&Path>) -> Subject {
    let Some(program) = program.map(Path::to_owned) else {
        let absent = Subject::new("oneTBB: Debian needs g++, libtbb-dev", |_| unreachable!("it is not run"));
        return Subject { most: 0, ..absent };
    };
    let mut running = None;
    Subject::new("oneTBB flow_graph (C++)", move |graph| {
        let process = running.get_or_insert_with(|| {
            let mut process = Process::start(&mut Command::new(&program));
            tell(&mut process, graph).expect("it reads the graph");
            process
        });
        let [build, run, peak, last] = process.ask("round").expect("it answers");
        assert_eq!(last, graph.last, "the last task has another value");
        let nanos = |time: i64| Duration::from_nanos(time.unsigned_abs());
        Round { build: nanos(build), run: nanos(run), peak: usize::try_from(peak).ok() }
    })
}

/// How many tasks there are, and what each waits for.
fn tell(process: &mut Process, graph: &Graph) -> std::io::Result<()> {
    let mut input = BufWriter::new(&mut process.input);
    writeln!(input, "{}", graph.n())?;
    for before in &graph.tasks {
        match *before {
            Before::Nothing => writeln!(input, "0")?,
            Before::One(a) => writeln!(input, "1 {a}")?,
            Before::Two(a, b) => writeln!(input, "2 {a} {b}")?,
        }
    }
    input.flush()
}
