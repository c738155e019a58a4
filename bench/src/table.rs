use std::{fmt, iter};

use crate::measure::Measured;

/// Cases down, sizes across: microseconds per task, and how many times as fast as the fastest peer.
pub(crate) struct Table {
    title: &'static str,
    columns: Vec<(u32, Vec<Measured>)>,
}

impl Table {
    pub(crate) fn new(title: &'static str) -> Self {
        Self { title, columns: Vec::new() }
    }

    pub(crate) fn add(&mut self, n: u32, measured: Vec<Measured>) {
        self.columns.push((n, measured));
    }

    fn cell(column: &[Measured], row: usize) -> String {
        let case = &column[row];
        let peers = column.iter().filter(|other| other.is_peer).map(|peer| peer.micros_per_task);
        let fastest = peers.fold(f64::INFINITY, f64::min);
        if case.is_peer || fastest.is_infinite() {
            format!("{:.3}", case.micros_per_task)
        } else {
            format!("{:.3} ({:.1}×)", case.micros_per_task, fastest / case.micros_per_task)
        }
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = match self.columns.first() {
            Some((_, cases)) => cases.iter().map(|case| case.name).collect(),
            None => return Ok(()),
        };
        let mut rows =
            vec![iter::once(self.title.to_owned()).chain(self.columns.iter().map(|(n, _)| grouped(*n))).collect()];
        rows.extend(names.iter().enumerate().map(|(row, name)| {
            let cells = self.columns.iter().map(|(_, column)| Self::cell(column, row));
            iter::once((*name).to_owned()).chain(cells).collect()
        }));
        markdown(f, &rows)
    }
}

/// Writes rows, the first of which is the heading, as a Markdown table that is readable as it is.
pub(crate) fn markdown(f: &mut fmt::Formatter<'_>, rows: &[Vec<String>]) -> fmt::Result {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..columns).map(width).collect();
    for (number, row) in rows.iter().enumerate() {
        for (column, (cell, width)) in row.iter().zip(&widths).enumerate() {
            match column {
                0 => write!(f, "| {cell:width$} ")?,
                _ => write!(f, "| {cell:>width$} ")?,
            }
        }
        writeln!(f, "|")?;
        if number == 0 {
            for (column, width) in widths.iter().enumerate() {
                write!(f, "|{}{}", "-".repeat(width + 1), if column == 0 { "-" } else { ":" })?;
            }
            writeln!(f, "|")?;
        }
    }
    Ok(())
}

/// 1000000 as 1,000,000.
pub(crate) fn grouped(number: u32) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
