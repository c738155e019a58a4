use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{failure::Failure, process, version::Version};

/// The oldest Python that the package supports; `requires-python` in pyproject.toml says the same.
const OLDEST: Version = Version { major: 3, minor: 11 };

/// Names the Python to use where the usual names find none, or the wrong one.
const OVERRIDE: &str = "TASKLOOM_PYTHON";

const CANDIDATES: [&str; 6] = ["python3", "python3.14", "python3.13", "python3.12", "python3.11", "python"];

/// Prints a Python's version, its executable outside of any virtual environment (so that it stays
/// the same when one is active, or is made anew), and the modules that a new one needs but
/// which Debian packages apart.
const PROBE: &str = r#"
import importlib.util, os, sys
print("%d.%d" % sys.version_info[:2])
print(os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable))
print(*(name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None))
"#;

/// A Python that can make virtual environments for this workspace.
pub(crate) struct Python {
    pub(crate) program: PathBuf,
    pub(crate) version: Version,
}

impl Python {
    /// The first that will do: the one that `TASKLOOM_PYTHON` names, otherwise any of the usual names.
    pub(crate) fn find() -> Result<Self, Failure> {
        let named = env::var_os(OVERRIDE).map(PathBuf::from);
        let candidates = match &named {
            Some(program) => vec![program.as_path()],
            None => CANDIDATES.iter().map(Path::new).collect(),
        };
        let mut rejected = Vec::new();
        for candidate in candidates {
            match Self::probe(candidate) {
                Ok(python) => return Ok(python),
                Err(reason) => rejected.push(format!("`{}` {reason}", candidate.display())),
            }
        }
        Err(Failure::new(format!("no Python {OLDEST} or later with the module venv: {}", rejected.join(", "))).hint(
            format!("on Debian: apt-get install python3 python3-venv; or name another with {OVERRIDE}=/path/to/python"),
        ))
    }

    /// A cargo command that may compile the Python bridge, which asks a Python about itself: by
    /// default the first of the PATH, which may be too old.
    pub(crate) fn cargo<const N: usize>(arguments: [&str; N]) -> Result<Command, Failure> {
        let mut command = process::cargo(arguments);
        command.env("PYO3_PYTHON", Self::find()?.program);
        Ok(command)
    }

    fn probe(program: &Path) -> Result<Self, String> {
        let answer = process::answer(Command::new(program).args(["-c", PROBE])).ok_or("does not run")?;
        let mut lines = answer.lines();
        let version = lines.next().and_then(Version::find_in).ok_or("does not tell its version")?;
        let program = lines.next().map(PathBuf::from).ok_or("does not tell its path")?;
        if version < OLDEST {
            return Err(format!("is {version}"));
        }
        match lines.next() {
            None => Ok(Self { program, version }),
            Some(absent) => Err(format!("({version}) lacks {absent}")),
        }
    }
}
