use std::fmt;

use crate::table::{grouped, markdown};

/// What was measured of the subjects of one comparison: a table of the runs alone, and one from nothing to the result.
pub(super) struct Report {
    pub(super) title: &'static str,
    pub(super) names: Vec<&'static str>,
    pub(super) columns: Vec<Column>,
    /// The size at which memory was counted, and the bytes at the peak of each.
    pub(super) memory_of: u32,
    pub(super) peaks: Vec<Option<usize>>,
}

/// The subjects at one size, in their order.
pub(super) struct Column {
    pub(super) n: u32,
    pub(super) cells: Vec<Cell>,
}

#[derive(Clone, Copy)]
pub(super) enum Cell {
    NotRun,
    Crashed,
    /// Microseconds per task.
    Median {
        build: f64,
        run: f64,
    },
    /// The same, of a single round that was long enough.
    Single {
        build: f64,
        run: f64,
    },
}

impl Cell {
    /// Microseconds per task of the run, or of everything; and how to mark it.
    fn micros(self, everything: bool) -> Option<(f64, &'static str)> {
        let of = |build: f64, run: f64| if everything { build + run } else { run };
        match self {
            Self::NotRun | Self::Crashed => None,
            Self::Median { build, run } => Some((of(build, run), "")),
            Self::Single { build, run } => Some((of(build, run), "*")),
        }
    }
}

impl Column {
    fn text(&self, row: usize, everything: bool) -> String {
        let Some((micros, mark)) = self.cells[row].micros(everything) else {
            return if matches!(self.cells[row], Cell::Crashed) { "crashed" } else { "not run" }.to_owned();
        };
        match self.cells[0].micros(everything) {
            Some((ours, _)) if row > 0 => {
                let ratio = micros / ours;
                let digits = if ratio < 1.0 { 2 } else { 1 };
                format!("{micros:.3}{mark} ({ratio:.digits$}×)")
            }
            _ => format!("{micros:.3}{mark}"),
        }
    }
}

impl Report {
    fn table(&self, f: &mut fmt::Formatter<'_>, everything: bool) -> fmt::Result {
        let what = if everything { "build and run" } else { "run" };
        let mut heading = vec![format!("{}, {what}", self.title)];
        heading.extend(self.columns.iter().map(|column| grouped(column.n)));
        if everything {
            heading.push(format!("bytes at {}", grouped(self.memory_of)));
        }
        let mut rows = vec![heading];
        rows.extend(self.names.iter().enumerate().map(|(row, name)| {
            let mut cells = vec![(*name).to_owned()];
            cells.extend(self.columns.iter().map(|column| column.text(row, everything)));
            if everything {
                let of_task = |peak: usize| (peak / self.memory_of as usize).to_string();
                cells.push(self.peaks[row].map_or_else(|| "not run".to_owned(), of_task));
            }
            cells
        }));
        markdown(f, &rows)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.table(f, false)?;
        writeln!(f)?;
        self.table(f, true)
    }
}
