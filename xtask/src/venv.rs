use std::{
    env::consts::EXE_SUFFIX,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    failure::Failure,
    process::{answer, execute},
    python::Python,
    workspace,
};

/// A virtual environment in the root of the workspace.
pub(crate) struct Venv {
    directory: PathBuf,
}

impl Venv {
    /// The one with the development tools.
    pub(crate) fn development() -> Result<Self, Failure> {
        Self::ready(".venv", "xtask/requirements-dev.txt")
    }

    /// The one with the peers to measure against, apart so that they cannot disturb the tools.
    pub(crate) fn benchmarks() -> Result<Self, Failure> {
        Self::ready(".venv-bench", "bench/python/requirements.txt")
    }

    /// The environment `name` with exactly what `requirements` lists.
    ///
    /// One that was made from another list or another Python, or not to its end, is made anew
    /// rather than mended, so that it never holds left-overs.
    fn ready(name: &str, requirements: &str) -> Result<Self, Failure> {
        let python = Python::find()?;
        let venv = Self { directory: workspace::root().join(name) };
        let list = workspace::root().join(requirements);
        let listed = fs::read_to_string(&list).map_err(|error| unreadable(&list, &error))?;
        let wanted = format!("{} {}\n{listed}", python.version, python.program.display());

        // Written last, so that it tells of a finished environment.
        let stamp = venv.directory.join("made-from.txt");
        if fs::read_to_string(&stamp).is_ok_and(|made_from| made_from == wanted) && venv.works() {
            return Ok(venv);
        }
        execute(Command::new(&python.program).args(["-m", "venv", "--clear", name]))?;
        execute(
            venv.module("pip", ["install", "--quiet", "--disable-pip-version-check", "--requirement", requirements]),
        )?;
        fs::write(&stamp, wanted).map_err(|error| unwritable(&stamp, &error))?;
        Ok(venv)
    }

    /// Whether its Python still starts: it is a link to one outside, which may have been removed.
    fn works(&self) -> bool {
        answer(Command::new(self.python()).args(["-c", ""])).is_some()
    }

    /// Builds the package `taskloom` with `self`'s tools and puts it into the environment `target`.
    pub(crate) fn install_taskloom_into(&self, target: &Self) -> Result<(), Failure> {
        let mut maturin = self.module("maturin", ["develop", "--release"]);
        // maturin refuses to choose between an active conda environment and this one.
        execute(maturin.env("VIRTUAL_ENV", &target.directory).env_remove("CONDA_PREFIX"))
    }

    /// A command that runs a module of this environment.
    pub(crate) fn module<const N: usize>(&self, name: &str, arguments: [&str; N]) -> Command {
        let mut command = Command::new(self.python());
        command.args(["-m", name]).args(arguments);
        command
    }

    /// Its interpreter.
    pub(crate) fn python(&self) -> PathBuf {
        let programs = if cfg!(windows) { "Scripts" } else { "bin" };
        self.directory.join(programs).join(format!("python{EXE_SUFFIX}"))
    }
}

fn unreadable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot read {}: {error}", workspace::relative(path).display()))
        .hint("it belongs to the repository; `git restore` brings it back")
}

fn unwritable(path: &Path, error: &std::io::Error) -> Failure {
    Failure::new(format!("cannot write {}: {error}", workspace::relative(path).display()))
}
