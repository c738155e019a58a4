//! The only place that prints: results on stdout, progress and errors on stderr.

/// Prints a line of what the user asked for.
pub(crate) fn say(line: &str) {
    println!("{line}");
}

/// Prints a line about what is going on.
pub(crate) fn note(line: &str) {
    eprintln!("{line}");
}
