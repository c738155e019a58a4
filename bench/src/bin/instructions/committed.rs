use std::{fmt::Write, fs, path::Path, process::Command};

use crate::{Result, callgrind::Counts, work::TASKS};

/// Counts, and the compiler whose code they are of.
pub(crate) struct Committed {
    pub(crate) compiler: String,
    pub(crate) counts: Vec<(String, Counts)>,
}

impl Committed {
    /// Reads what [`write`](Self::write) has written: a few forms of TOML, each on a line.
    pub(crate) fn read(file: &Path) -> Result<Self> {
        let text = fs::read_to_string(file)
            .map_err(|error| format!("cannot read {}: {error}; `--write` makes it", file.display()))?;
        let mut committed = Self { compiler: String::new(), counts: Vec::new() };
        for line in text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
            committed.line(line).ok_or_else(|| format!("cannot read `{line}` in {}", file.display()))?;
        }
        Ok(committed)
    }

    fn line(&mut self, line: &str) -> Option<()> {
        if let Some(name) = line.strip_prefix('[') {
            self.counts.push((name.strip_suffix(']')?.to_owned(), Counts { instructions: 0, allocations: 0 }));
            return Some(());
        }
        match (line.split_once(" = ")?, self.counts.last_mut()) {
            (("compiler", text), None) => self.compiler = text.trim_matches('"').to_owned(),
            (("instructions", number), Some((_, counts))) => counts.instructions = number.parse().ok()?,
            (("allocations", number), Some((_, counts))) => counts.allocations = number.parse().ok()?,
            _ => return None,
        }
        Some(())
    }

    pub(crate) fn write(&self, file: &Path) -> Result<()> {
        let mut text = format!(
            "# What {TASKS} tasks cost, by `cargo xtask test --instructions --write`.\n\ncompiler = \"{}\"\n",
            self.compiler
        );
        for (name, Counts { instructions, allocations }) in &self.counts {
            write!(text, "\n[{name}]\ninstructions = {instructions}\nallocations = {allocations}\n")?;
        }
        Ok(fs::write(file, text)?)
    }

    pub(crate) fn of(&self, work: &str) -> Option<Counts> {
        self.counts.iter().find(|(name, _)| name == work).map(|(_, counts)| *counts)
    }
}

/// The version of the compiler and what it compiles for, which both change the code.
pub(crate) fn compiler() -> Result<String> {
    let output = Command::new("rustc").arg("-vV").output().map_err(|error| format!("cannot start rustc: {error}"))?;
    let text = String::from_utf8(output.stdout)?;
    let field = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)).unwrap_or("unknown").to_owned();
    Ok(format!("{} {}", field("release: "), field("host: ")))
}
