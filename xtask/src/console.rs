//! The only place that prints: results on stdout, progress and errors on stderr.

/// Prints a line of what the user asked for.
#[expect(clippy::print_stdout, reason = "a task runner answers on stdout")]
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Prints a line about what is going on.
#[expect(clippy::print_stderr, reason = "stdout is for the answer, so progress goes to stderr")]
pub(crate) fn note(line: &str) {
    eprintln!("{line}");
}
