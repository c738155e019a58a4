#![allow(dead_code, reason = "each file of tests takes what it needs")]

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

const STORE: &str = "TASKLOOM_TEST_STORE";

/// A process that runs a test of the same file, which is ignored otherwise, on a store. It dies with this.
pub(crate) struct Process {
    child: Child,
    lines: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn new(test: &str, store: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args([test, "--exact", "--ignored", "--nocapture"]).env(STORE, store);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap());
        Self { child, lines }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it says next. The harness says things too: what is said to us begins with `> `.
    pub(crate) fn hear(&mut self) -> String {
        let mut line = String::new();
        while self.lines.read_line(&mut line).unwrap() > 0 {
            if let Some((_, said)) = line.trim_end().split_once("> ") {
                return said.to_owned();
            }
            line.clear();
        }
        "nothing".to_owned()
    }

    /// Lets it go on.
    pub(crate) fn nudge(&mut self) {
        writeln!(self.child.stdin.as_ref().unwrap(), "go").unwrap();
    }

    /// Ends it by SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// In the other process: the store.
pub(crate) fn store() -> PathBuf {
    std::env::var_os(STORE).unwrap().into()
}

/// In the other process: says something.
pub(crate) fn say(what: impl std::fmt::Display) {
    println!("> {what}");
}

/// In the other process: waits until it is nudged, or nobody is left to do it.
pub(crate) fn wait() {
    std::io::stdin().read_line(&mut String::new()).unwrap();
}
