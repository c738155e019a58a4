//! Layers, as in Sugiyama's method: rows, the order in them, and places.

use super::{
    arrange::{Arranged, Bend},
    settle::settle,
};

/// Between neighbours in a row, and between rows.
const BESIDE: f64 = 22.0;
const BELOW: f64 = 34.0;

/// The room for an edge that passes a row.
const PASSAGE: f64 = 10.0;

/// Rounds that order and place the rows, down and up again.
const ROUNDS: usize = 4;

/// Places items that edges hold together.
pub(super) fn lay(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Arranged {
    let mut sketch = Sketch::new(sizes, edges);
    sketch.order();
    sketch.place();
    sketch.arranged(sizes, edges.len())
}

/// How many rows below the first each item is: below all that lead to it.
fn ranks(count: usize, edges: &[(usize, usize)]) -> Vec<usize> {
    let mut lower = vec![Vec::new(); count];
    let mut waiting = vec![0_usize; count];
    for &(from, to) in edges {
        lower[from].push(to);
        waiting[to] += 1;
    }
    let mut ranks = vec![0; count];
    let mut is_done = vec![false; count];
    let mut ready: Vec<usize> = (0..count).filter(|&item| waiting[item] == 0).rev().collect();
    // Boxes can lead to each other in a circle where what is in them does not; then the first goes first.
    while let Some(item) = ready.pop().or_else(|| is_done.iter().position(|done| !done)) {
        if std::mem::replace(&mut is_done[item], true) {
            continue;
        }
        for &next in lower[item].iter().filter(|&&next| !is_done[next]) {
            ranks[next] = ranks[next].max(ranks[item] + 1);
            waiting[next] -= 1;
            if waiting[next] == 0 {
                ready.push(next);
            }
        }
    }
    ranks
}

/// What is in the rows: items, and behind them the passages of edges.
struct Sketch {
    rows: Vec<Vec<usize>>,
    widths: Vec<f64>,
    heights: Vec<f64>,
    /// The neighbours in the row above, and in the row below.
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    /// For each passage its edge.
    passages: Vec<usize>,
    /// The middle of each.
    middles: Vec<f64>,
}

impl Sketch {
    fn new(sizes: &[(f64, f64)], edges: &[(usize, usize)]) -> Self {
        let ranks = ranks(sizes.len(), edges);
        let count = ranks.iter().max().map_or(0, |deepest| deepest + 1);
        let mut sketch = Self {
            rows: vec![Vec::new(); count],
            widths: sizes.iter().map(|size| size.0).collect(),
            heights: sizes.iter().map(|size| size.1).collect(),
            above: vec![Vec::new(); sizes.len()],
            below: vec![Vec::new(); sizes.len()],
            passages: Vec::new(),
            middles: Vec::new(),
        };
        for (item, &rank) in ranks.iter().enumerate() {
            sketch.rows[rank].push(item);
        }
        for (number, &(upper, lower)) in edges.iter().enumerate() {
            if ranks[upper] < ranks[lower] {
                let mut last = upper;
                for rank in ranks[upper] + 1..ranks[lower] {
                    let passage = sketch.add_passage(number);
                    sketch.rows[rank].push(passage);
                    sketch.link(last, passage);
                    last = passage;
                }
                sketch.link(last, lower);
            }
        }
        sketch.middles = vec![0.0; sketch.widths.len()];
        sketch
    }

    fn add_passage(&mut self, edge: usize) -> usize {
        self.widths.push(PASSAGE);
        self.heights.push(0.0);
        self.above.push(Vec::new());
        self.below.push(Vec::new());
        self.passages.push(edge);
        self.widths.len() - 1
    }

    fn link(&mut self, upper: usize, lower: usize) {
        self.below[upper].push(lower);
        self.above[lower].push(upper);
    }

    /// Puts each row into the order of its neighbours, so that few edges cross.
    fn order(&mut self) {
        let mut places = vec![0.0; self.widths.len()];
        for row in &self.rows {
            number(row, &mut places);
        }
        for _ in 0..ROUNDS {
            for at in 1..self.rows.len() {
                sort(&mut self.rows[at], &self.above, &mut places);
            }
            for at in (0..self.rows.len().saturating_sub(1)).rev() {
                sort(&mut self.rows[at], &self.below, &mut places);
            }
        }
    }

    /// Moves what is in the rows, in their order, as near to its neighbours as it may.
    fn place(&mut self) {
        for row in 0..self.rows.len() {
            self.settle(row);
        }
        for _ in 0..ROUNDS {
            for row in 1..self.rows.len() {
                self.follow(row, true);
            }
            for row in (0..self.rows.len().saturating_sub(1)).rev() {
                self.follow(row, false);
            }
        }
    }

    fn follow(&mut self, row: usize, is_down: bool) {
        for &item in &self.rows[row] {
            let neighbours = if is_down { &self.above[item] } else { &self.below[item] };
            self.middles[item] = mean(neighbours, &self.middles).unwrap_or(self.middles[item]);
        }
        self.settle(row);
    }

    fn settle(&mut self, row: usize) {
        let row = &self.rows[row];
        let wishes: Vec<f64> = row.iter().map(|&item| self.middles[item]).collect();
        let gaps: Vec<f64> =
            row.windows(2).map(|pair| f64::midpoint(self.widths[pair[0]], self.widths[pair[1]]) + BESIDE).collect();
        for (&item, middle) in row.iter().zip(settle(&wishes, &gaps)) {
            self.middles[item] = middle;
        }
    }

    fn arranged(self, sizes: &[(f64, f64)], edges: usize) -> Arranged {
        let all = || self.rows.iter().flatten();
        let left = all().map(|&item| self.middles[item] - self.widths[item] / 2.0).fold(f64::INFINITY, f64::min);
        let right = all().map(|&item| self.middles[item] + self.widths[item] / 2.0).fold(left, f64::max);
        let mut corners = vec![(0.0, 0.0); sizes.len()];
        let mut bends: Vec<Vec<Bend>> = (0..edges).map(|_| Vec::new()).collect();
        let mut top = 0.0;
        for row in &self.rows {
            let height = row.iter().map(|&item| self.heights[item]).fold(0.0, f64::max);
            for &item in row {
                let x = self.middles[item] - left;
                match item.checked_sub(sizes.len()) {
                    None => {
                        let (width, own) = sizes[item];
                        corners[item] = (x - width / 2.0, top + (height - own) / 2.0);
                    }
                    Some(passage) => bends[self.passages[passage]].push(Bend { x, top, bottom: top + height }),
                }
            }
            top += height + BELOW;
        }
        Arranged { corners, bends, width: right - left, height: top - BELOW }
    }
}

fn sort(row: &mut [usize], neighbours: &[Vec<usize>], places: &mut [f64]) {
    for &item in &*row {
        if let Some(mean) = mean(&neighbours[item], places) {
            places[item] = mean;
        }
    }
    row.sort_by(|&one, &other| places[one].total_cmp(&places[other]));
    number(row, places);
}

fn number(row: &[usize], places: &mut [f64]) {
    let mut place = 0.0;
    for &item in row {
        places[item] = place;
        place += 1.0;
    }
}

fn mean(items: &[usize], values: &[f64]) -> Option<f64> {
    let (sum, count) = items.iter().fold((0.0, 0.0), |(sum, count), &item| (sum + values[item], count + 1.0));
    (count > 0.0).then(|| sum / count)
}
