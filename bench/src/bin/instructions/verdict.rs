#![expect(clippy::cast_precision_loss, reason = "the counts are far below 2^52")]

use std::fmt;

use crate::{
    callgrind::Counts,
    committed::Committed,
    work::{self, TASKS},
};

/// How much more than the committed count is no news, in percent: what the system's headers and the place of things
/// in memory may change. Far below what a change of a step per task makes.
const TOLERANCE: f64 = 3.0;

/// The present counts beside the committed ones.
pub(crate) struct Verdict {
    lines: Vec<Line>,
    /// The compilers, if they differ, whose counts cannot be compared.
    compilers: Option<(String, String)>,
}

struct Line {
    work: &'static str,
    committed: Option<Counts>,
    present: Counts,
}

impl Line {
    /// By how many percent each count has grown.
    fn growth(&self) -> Option<[f64; 2]> {
        let of = |now: u64, before: u64| (now as f64 / before as f64 - 1.0) * 100.0;
        let before = self.committed?;
        Some([of(self.present.instructions, before.instructions), of(self.present.allocations, before.allocations)])
    }

    fn word(&self) -> &'static str {
        match self.growth() {
            None => "new",
            Some(growth) if growth.iter().any(|&percent| percent > TOLERANCE) => "MORE",
            Some(growth) if growth.iter().any(|&percent| percent < -TOLERANCE) => "less",
            Some(_) => "ok",
        }
    }
}

impl Verdict {
    pub(crate) fn new(committed: &Committed, present: &Committed) -> Self {
        let line = |work: &'static str| Some(Line { work, committed: committed.of(work), present: present.of(work)? });
        let same = committed.compiler == present.compiler;
        Self {
            lines: work::ALL.iter().filter_map(|work| line(work.name)).collect(),
            compilers: (!same).then(|| (committed.compiler.clone(), present.compiler.clone())),
        }
    }

    /// Whether nothing costs more than it may. With another compiler nobody can tell.
    pub(crate) fn is_good(&self) -> bool {
        self.compilers.is_some() || self.lines.iter().all(|line| matches!(line.word(), "ok" | "less"))
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let per_task = |count: u64| count as f64 / f64::from(TASKS);
        writeln!(f, "{:<20} {:>22} {:>22}", "per task", "instructions", "allocations")?;
        for line in &self.lines {
            let [instructions, allocations] = line.growth().unwrap_or([f64::NAN; 2]);
            write!(f, "{:<20}", line.work)?;
            write!(f, " {:>11.1} ({instructions:>+6.1} %)", per_task(line.present.instructions))?;
            write!(f, " {:>11.2} ({allocations:>+6.1} %)", per_task(line.present.allocations))?;
            writeln!(f, "  {}", line.word())?;
        }
        let rewrite = "`cargo xtask test --instructions --write` takes the present counts for right";
        if let Some((before, now)) = &self.compilers {
            writeln!(f, "not judged: the committed counts are of rustc {before}, these of {now}; {rewrite}")
        } else if !self.is_good() {
            writeln!(
                f,
                "more than {TOLERANCE} % above bench/instructions.toml, or not in it. If it is worth that, {rewrite}"
            )
        } else if self.lines.iter().any(|line| line.word() == "less") {
            writeln!(f, "less than before: {rewrite}, so that it stays so")
        } else {
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Verdict;
    use crate::{callgrind::Counts, committed::Committed, work};

    fn counts(compiler: &str, instructions: u64, allocations: u64) -> Committed {
        let counts = work::ALL.iter().map(|work| (work.name.to_owned(), Counts { instructions, allocations }));
        Committed { compiler: compiler.to_owned(), counts: counts.collect() }
    }

    #[test]
    fn more_than_the_tolerance_of_either_count_fails() {
        let committed = counts("a", 1000, 100);
        let is_good = |present| Verdict::new(&committed, &present).is_good();
        assert!(is_good(counts("a", 1029, 102)));
        assert!(is_good(counts("a", 500, 50)));
        assert!(!is_good(counts("a", 1031, 100)));
        assert!(!is_good(counts("a", 1000, 104)));
    }

    #[test]
    fn work_without_a_committed_count_fails() {
        let verdict = Verdict::new(&Committed { compiler: "a".to_owned(), counts: vec![] }, &counts("a", 1, 1));
        assert!(!verdict.is_good());
    }

    #[test]
    fn another_compiler_is_not_judged() {
        let verdict = Verdict::new(&counts("a", 1000, 100), &counts("b", 2000, 200));
        assert!(verdict.is_good() && verdict.to_string().contains("not judged"));
    }
}
