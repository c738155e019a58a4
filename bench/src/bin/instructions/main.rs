//! Counts the instructions and allocations of fixed pieces of work, and compares them with those of
//! `bench/instructions.toml`. Unlike times they hardly depend on the machine and its load, so they can fail a build.
//!
//! `cargo xtask test --instructions` compares, and `--write` after it takes the present counts for right.
//!
//! Each piece of work runs in this same program under valgrind's callgrind, on one thread, with fixed inputs. Only
//! what it executes of this program's own code counts (with the parts of the standard library in it), not the
//! system's libraries, which differ between machines; so allocations, whose cost lies there, are counted apart.

mod callgrind;
mod committed;
mod verdict;
mod work;

use std::{env, error::Error, path::Path, process::ExitCode};

use callgrind::Counts;
use committed::Committed;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => check(),
        ["--write"] => write(),
        ["--work", name] => return work::run(name),
        _ => Err("usage: instructions [--write]".into()),
    };
    match outcome {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Whether nothing has become more expensive than it may.
fn check() -> Result<bool> {
    let committed = Committed::read(&file())?;
    let verdict = verdict::Verdict::new(&committed, &present()?);
    print!("{verdict}");
    Ok(verdict.is_good())
}

fn write() -> Result<bool> {
    present()?.write(&file())?;
    println!("wrote {}", file().display());
    Ok(true)
}

/// The counts as they are now.
fn present() -> Result<Committed> {
    let counts = work::ALL.iter().map(|work| Ok((work.name.to_owned(), callgrind::count(work.name)?)));
    Ok(Committed { compiler: committed::compiler()?, counts: counts.collect::<Result<Vec<(String, Counts)>>>()? })
}

fn file() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("instructions.toml")
}
