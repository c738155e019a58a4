use std::{
    io::{BufRead, BufReader, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

/// A program that answers each line it is asked with a line of numbers, and ends with its input.
pub(crate) struct Process {
    child: Child,
    pub(crate) input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the program has been compiled");
        let input = child.stdin.take().expect("it is piped");
        let output = BufReader::new(child.stdout.take().expect("it is piped"));
        Self { child, input, output }
    }

    /// The numbers of its answer; nothing if it has ended, or has another number of them to tell.
    pub(crate) fn ask<const N: usize>(&mut self, line: &str) -> Option<[i64; N]> {
        writeln!(self.input, "{line}").ok()?;
        let mut answer = String::new();
        self.output.read_line(&mut answer).ok()?;
        let numbers: Vec<i64> = answer.split_whitespace().filter_map(|number| number.parse().ok()).collect();
        numbers.try_into().ok()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself, which has been seen by then.
        let _ = writeln!(self.input, "end");
        let _ = self.child.wait();
    }
}
