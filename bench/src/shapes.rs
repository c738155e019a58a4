//! The graphs that Taskloom and its peers run alike.

/// What a task waits for, and gets a value of each.
#[derive(Clone, Copy)]
pub(crate) enum Before {
    Nothing,
    One(u32),
    Two(u32, u32),
}

/// How the tasks hang together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Chain,
    /// One task, and all others after it.
    FanOut,
    /// A square in which each task waits for the one above and the one on its left.
    Lattice,
    /// From the root on, two tasks follow each.
    Tree,
    /// Each task waits for one or two of those before it.
    Random,
}

/// Tasks in an order in which they can run. Each adds 1 to the sum of the values it gets, and wraps around.
pub(crate) struct Graph {
    pub(crate) shape: Shape,
    pub(crate) tasks: Vec<Before>,
    /// The value of the last task, by which a subject that skips some is found out.
    pub(crate) last: i64,
}

impl Graph {
    pub(crate) fn new(shape: Shape, n: u32) -> Self {
        let mut random = fastrand::Rng::with_seed(1);
        let side = n.isqrt();
        let tasks = (0..n).map(|i| match shape {
            _ if i == 0 => Before::Nothing,
            Shape::Chain => Before::One(i - 1),
            Shape::FanOut => Before::One(0),
            Shape::Lattice if i < side => Before::One(i - 1),
            Shape::Lattice if i % side == 0 => Before::One(i - side),
            Shape::Lattice => Before::Two(i - 1, i - side),
            Shape::Tree => Before::One((i - 1) / 2),
            Shape::Random => match (random.u32(..i), random.u32(..i)) {
                (a, b) if a == b => Before::One(a),
                (a, b) => Before::Two(a, b),
            },
        });
        let tasks: Vec<Before> = tasks.collect();
        let mut values: Vec<i64> = Vec::with_capacity(tasks.len());
        for before in &tasks {
            values.push(match *before {
                Before::Nothing => 1,
                Before::One(a) => values[a as usize].wrapping_add(1),
                Before::Two(a, b) => sum(values[a as usize], values[b as usize]),
            });
        }
        Self { shape, last: values.last().copied().expect("a graph has tasks"), tasks }
    }

    pub(crate) fn n(&self) -> u32 {
        u32::try_from(self.tasks.len()).expect("a graph has far fewer tasks")
    }
}

/// What a task makes of two values.
pub(crate) fn sum(left: i64, right: i64) -> i64 {
    left.wrapping_add(right).wrapping_add(1)
}
