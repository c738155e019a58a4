//! Runs a piece of work under callgrind, and reads what that has counted.

use std::{
    collections::HashMap,
    env, fs,
    io::ErrorKind,
    process::{Command, Stdio},
};

use crate::Result;

/// What a piece of work has cost.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Counts {
    /// Executed instructions of this program itself.
    pub(crate) instructions: u64,
    /// Its calls of the system's allocator for new or more memory.
    pub(crate) allocations: u64,
}

pub(crate) fn count(work: &str) -> Result<Counts> {
    let program = env::current_exe()?;
    let report = program.with_extension("callgrind");
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--toggle-collect=*count_this*", "--quiet"])
        .arg(format!("--callgrind-out-file={}", report.display()))
        .arg(&program)
        .args(["--work", work])
        .stdin(Stdio::null())
        .output()
        .map_err(|error| match error.kind() {
            ErrorKind::NotFound => {
                "counting instructions needs valgrind, which is not here; on Debian: apt-get install valgrind".into()
            }
            _ => format!("cannot start valgrind: {error}"),
        })?;
    if !output.status.success() {
        let errors = String::from_utf8_lossy(&output.stderr);
        return Err(format!("`{work}` failed under valgrind, {}:\n{errors}", output.status).into());
    }
    let counts = parse(&fs::read_to_string(&report)?, &program.display().to_string());
    fs::remove_file(&report)?;
    if counts.instructions == 0 {
        return Err(format!("callgrind has counted nothing of `{work}`: does `count_this` have another name?").into());
    }
    Ok(counts)
}

/// Adds up the costs of the functions in the object file `program`, and their calls of the allocator.
///
/// Of [the format](https://valgrind.org/docs/manual/cl-format.html) it needs: `ob=` and `cob=` name the object file
/// of what follows and of what is called, `cfn=` the called function, each as `(number) name` or, once that has
/// been seen, `(number)`. `calls=` is followed by a line with the cost inside of the call, which is not the
/// function's own. Other lines that begin with a position are costs.
fn parse(report: &str, program: &str) -> Counts {
    let mut counts = Counts { instructions: 0, allocations: 0 };
    let mut objects = HashMap::new();
    let mut functions = HashMap::new();
    let mut is_ours = false;
    let mut called = "";
    let mut in_call = false;
    for line in report.lines() {
        match line.split_once('=') {
            Some(("ob", name)) => is_ours = resolve(&mut objects, name) == program,
            Some(("cob", name)) => drop(resolve(&mut objects, name)),
            Some(("fn", name)) => drop(resolve(&mut functions, name)),
            Some(("cfn", name)) => called = resolve(&mut functions, name),
            Some(("calls", calls)) => {
                in_call = true;
                if is_ours && matches!(called, "malloc" | "calloc" | "realloc" | "posix_memalign" | "aligned_alloc") {
                    counts.allocations += first_number(calls);
                }
            }
            _ if line.starts_with(|c: char| c.is_ascii_digit() || "+-*".contains(c)) => {
                if is_ours && !in_call {
                    counts.instructions += line.split_whitespace().nth(1).map_or(0, first_number);
                }
                in_call = false;
            }
            _ => {}
        }
    }
    counts
}

fn resolve<'a>(names: &mut HashMap<&'a str, &'a str>, text: &'a str) -> &'a str {
    match text.split_once(' ') {
        Some((number, name)) => {
            names.insert(number, name);
            name
        }
        None => names.get(text).copied().unwrap_or(text),
    }
}

fn first_number(text: &str) -> u64 {
    text.split_whitespace().next().and_then(|number| number.parse().ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::{Counts, parse};

    #[test]
    fn only_the_programs_own_instructions_and_allocations_count() {
        let report = "\
positions: line
events: Ir
ob=(1) /target/program
fn=(1) ours
10 5
+2 7
cob=(2) /lib/libc.so.6
cfn=(2) malloc
calls=3 0
+1 400
* 1
cfn=(3) free
calls=3 0
16 200

ob=(2)
fn=(2)
0 400
cfn=(4) malloc
calls=9 0
0 90

ob=(1)
fn=(5) ours_too
7 2
cob=(2)
cfn=(2)
calls=1 0
8 100
";
        assert_eq!(parse(report, "/target/program"), Counts { instructions: 15, allocations: 4 });
    }
}
