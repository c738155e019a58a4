use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// Something to measure: a round of it prepares what it needs and gives the time of the rest.
pub(crate) struct Case {
    name: &'static str,
    is_peer: bool,
    round: Box<dyn FnMut() -> Duration>,
}

impl Case {
    pub(crate) fn ours(name: &'static str, round: impl FnMut() -> Duration + 'static) -> Self {
        Self { name, is_peer: false, round: Box::new(round) }
    }

    pub(crate) fn peer(name: &'static str, round: impl FnMut() -> Duration + 'static) -> Self {
        Self { is_peer: true, ..Self::ours(name, round) }
    }
}

/// What a [`Case`] took.
pub(crate) struct Measured {
    pub(crate) name: &'static str,
    pub(crate) is_peer: bool,
    pub(crate) micros_per_task: f64,
}

/// The time of `work`. What it gives is dropped afterwards, and cannot be optimized away.
pub(crate) fn timed<R>(work: impl FnOnce() -> R) -> Duration {
    let begun = Instant::now();
    let result = black_box(work());
    let took = begun.elapsed();
    drop(result);
    took
}

/// Measures all cases in turns, so that a change in the machine's speed meets each of them; gives the
/// medians.
pub(crate) fn compare(n: u32, mut cases: Vec<Case>) -> Vec<Measured> {
    let rounds = rounds(n);
    let warm_up = rounds.div_ceil(10);
    let mut times: Vec<Vec<Duration>> = cases.iter().map(|_| Vec::with_capacity(rounds)).collect();
    for round in 0..warm_up + rounds {
        for (case, times) in cases.iter_mut().zip(&mut times) {
            let time = (case.round)();
            if round >= warm_up {
                times.push(time);
            }
        }
    }
    let medians = times.iter_mut().map(|times| median(times));
    cases
        .iter()
        .zip(medians)
        .map(|(case, median)| Measured {
            name: case.name,
            is_peer: case.is_peer,
            micros_per_task: median.as_secs_f64() * 1e6 / f64::from(n),
        })
        .collect()
}

/// How often: small sizes are cheap and noisy. Odd, so that there is a middle.
fn rounds(n: u32) -> usize {
    match n {
        ..=1_000 => 201,
        1_001..=10_000 => 51,
        10_001..=100_000 => 21,
        _ => 7,
    }
}

/// The middle one, of an odd number.
pub(crate) fn median(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}
