//! Processes that execute runs and are killed: in the parent, one life after another; in the child, who kills itself at
//! instants that only it knows.

use std::{
    collections::BTreeSet,
    fs::{File, OpenOptions},
    io::{Read, Seek, SeekFrom, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering},
        mpsc,
    },
    thread,
    time::{Duration, Instant},
};

use nix::sys::signal::{Signal, kill};
use taskloom::{
    Durability, Result, Store,
    prelude::Context,
    store::{Answer, Entry, Journal, RunStatus},
};

const DIRECTORY: &str = "TASKLOOM_TEST_DIRECTORY";
const KILL: &str = "TASKLOOM_TEST_KILL";
const RUN: &str = "TASKLOOM_TEST_RUN";

/// When a process dies.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Death {
    /// Never by itself.
    Never,
    /// So many microseconds after it has begun to work.
    After(u64),
    /// Before the commit of this number.
    BeforeCommit(u32),
    /// So many microseconds after the commit of this number has begun.
    InCommit(u32, u64),
    /// After the commit of this number.
    AfterCommit(u32),
    /// When it has read so many entries of a run that it takes up.
    Recovery(u32),
    /// Like `InCommit`, of a journal that says that something is written before it is.
    Sabotaged(u32, u64),
}

impl Death {
    fn text(self) -> String {
        match self {
            Self::Never | Self::After(_) => String::new(),
            Self::BeforeCommit(n) => format!("before_commit:{n}"),
            Self::InCommit(n, wait) => format!("in_commit:{n}:{wait}"),
            Self::AfterCommit(n) => format!("after_commit:{n}"),
            Self::Recovery(n) => format!("recovery:{n}"),
            Self::Sabotaged(n, wait) => format!("sabotaged:{n}:{wait}"),
        }
    }

    fn parse(text: &str) -> Self {
        let mut parts = text.split(':');
        let kind = parts.next().unwrap_or_default();
        let n = parts.next().map_or(0, |n| n.parse().unwrap());
        let wait = parts.next().map_or(0, |wait| wait.parse().unwrap());
        match kind {
            "before_commit" => Self::BeforeCommit(n),
            "in_commit" => Self::InCommit(n, wait),
            "after_commit" => Self::AfterCommit(n),
            "recovery" => Self::Recovery(n),
            "sabotaged" => Self::Sabotaged(n, wait),
            _ => Self::Never,
        }
    }
}

fn die() -> ! {
    let _ = kill(nix::unistd::Pid::this(), Signal::SIGKILL);
    unreachable!("SIGKILL cannot be ignored")
}

/// How many commits this process has begun.
static COMMITS: AtomicU32 = AtomicU32::new(0);

/// The journal of a process that is to die.
struct Mortal {
    journal: Arc<dyn Journal>,
    death: Death,
    /// Writes later what was acknowledged before.
    late: Option<mpsc::Sender<(Vec<Entry>, Option<RunStatus>)>>,
}

impl Mortal {
    fn new(journal: Arc<dyn Journal>, death: Death) -> Self {
        let late = matches!(death, Death::Sabotaged(..)).then(|| {
            let (late, entries) = mpsc::channel::<(Vec<Entry>, Option<RunStatus>)>();
            let journal = journal.clone();
            thread::spawn(move || {
                for (entries, status) in entries {
                    thread::sleep(Duration::from_micros(500));
                    journal.append(&entries, status).unwrap();
                }
            });
            late
        });
        Self { journal, death, late }
    }
}

impl Journal for Mortal {
    fn append(&self, entries: &[Entry], status: Option<RunStatus>) -> Result<()> {
        let number = COMMITS.fetch_add(1, Ordering::Relaxed) + 1;
        match self.death {
            Death::BeforeCommit(n) if n == number => die(),
            Death::InCommit(n, wait) | Death::Sabotaged(n, wait) if n == number => {
                thread::spawn(move || {
                    let begun = Instant::now();
                    while begun.elapsed() < Duration::from_micros(wait) {
                        std::hint::spin_loop();
                    }
                    die()
                });
            }
            _ => {}
        }
        match &self.late {
            Some(late) => late.send((entries.to_vec(), status)).unwrap(),
            None => self.journal.append(entries, status)?,
        }
        if self.death == Death::AfterCommit(number) {
            die();
        }
        Ok(())
    }

    fn history(&self, each: &mut dyn FnMut(Entry) -> Result<()>) -> Result<()> {
        let mut read = 0;
        self.journal.history(&mut |entry| {
            if self.death == Death::Recovery(read) {
                die();
            }
            read += 1;
            each(entry)
        })
    }

    fn answers(&self) -> Result<Vec<Answer>> {
        self.journal.answers()
    }
}

/// In the child: the store, and the run that it is to execute.
pub(crate) fn task_of_child() -> (Store, String) {
    let directory = PathBuf::from(std::env::var_os(DIRECTORY).unwrap());
    let death = Death::parse(&std::env::var(KILL).unwrap_or_default());
    let store = store_in(&directory).__wrap(move |journal| Arc::new(Mortal::new(journal, death)));
    println!("> ready");
    (store, std::env::var(RUN).unwrap())
}

fn store_in(directory: &Path) -> Store {
    Store::sqlite(directory.join("runs.db")).unwrap().durability(Durability::Normal)
}

/// What an execution is called: task, iteration, attempt.
pub(crate) fn name(ctx: &Context) -> String {
    format!("{}#{}.{}", ctx.task_id(), ctx.cycle_count(), ctx.attempt())
}

/// A body tells the side file that it begins, or is about to return.
pub(crate) fn tell(what: &str, ctx: &Context) {
    // It goes to the operating system in one call, so that it survives the process.
    if let Some(directory) = std::env::var_os(DIRECTORY) {
        let line = format!("{} {what} {}\n", std::env::var(RUN).unwrap_or_default(), name(ctx));
        let path = Path::new(&directory).join("side");
        OpenOptions::new().append(true).create(true).open(path).unwrap().write_all(line.as_bytes()).unwrap();
    }
}

/// In the parent: a directory with a store and a side file.
pub(crate) struct Lives {
    directory: tempfile::TempDir,
    pub(crate) store: Store,
    side: File,
}

impl Lives {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = store_in(directory.path());
        let mut options = OpenOptions::new();
        options.create(true).truncate(false).write(true).read(true);
        let side = options.open(directory.path().join("side")).unwrap();
        Self { directory, store, side }
    }

    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    pub(crate) fn spawn(&self, child: &str, run: &str, death: Death) -> Child {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([child, "--exact", "--ignored", "--nocapture"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.env(DIRECTORY, self.path()).env(RUN, run).env(KILL, death.text());
        command.spawn().unwrap()
    }

    /// Executes a run in a process until that has done so or has died.
    pub(crate) fn live(&self, child: &str, run: &str, death: Death) -> ExitStatus {
        let mut process = self.spawn(child, run, death);
        if let Death::After(wait) = death {
            let mut output = process.stdout.take().unwrap();
            let mut heard = String::new();
            let mut buffer = [0; 64];
            while !heard.contains("> ready") {
                let count = output.read(&mut buffer).unwrap();
                assert!(count > 0, "the child has ended: {heard}");
                heard.push_str(&String::from_utf8_lossy(&buffer[..count]));
            }
            thread::sleep(Duration::from_micros(wait));
            process.kill().unwrap();
            return process.wait().unwrap();
        }
        let output = process.wait_with_output().unwrap();
        let status = output.status;
        let text = String::from_utf8_lossy(&output.stderr);
        assert!(
            status.success() || is_killed(status),
            "the child failed: {text}{}",
            String::from_utf8_lossy(&output.stdout)
        );
        status
    }

    /// What bodies have told since this was last asked for: run, what, name.
    pub(crate) fn told(&mut self) -> Vec<[String; 3]> {
        let mut text = String::new();
        let at = self.side.stream_position().unwrap();
        self.side.read_to_string(&mut text).unwrap();
        self.side.seek(SeekFrom::Start(at + text.len() as u64)).unwrap();
        let words = |line: &str| {
            let mut words = line.splitn(3, ' ').map(str::to_owned);
            [words.next().unwrap(), words.next().unwrap(), words.next().unwrap()]
        };
        text.lines().map(words).collect()
    }

    pub(crate) fn entries(&self, run: &str) -> Vec<Entry> {
        let mut entries = Vec::new();
        if let Some(run) = self.store.run(run).unwrap() {
            run.entries(|entry| {
                entries.push(entry);
                Ok(())
            })
            .unwrap();
        }
        entries
    }

    /// The executions whose end is recorded: their values and errors hold their names, between bars.
    pub(crate) fn completed(&self, run: &str) -> BTreeSet<String> {
        let name = |entry: &Entry| {
            let text = match &*entry.kind {
                "succeeded" => entry.value.as_deref()?,
                "failed" => entry.body.as_str(),
                _ => return None,
            };
            Some(text.split('|').nth(1)?.to_owned())
        };
        self.entries(run).iter().filter_map(name).collect()
    }
}

pub(crate) fn is_killed(status: ExitStatus) -> bool {
    use std::os::unix::process::ExitStatusExt;
    status.signal() == Some(Signal::SIGKILL as i32)
}
