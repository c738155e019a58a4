/// The places nearest to the wishes (by least squares) that keep the order and are at least `gaps` apart.
///
/// Without the gaps this is isotonic regression: neighbours that wish to stand the wrong way round are pooled
/// at their mean.
pub(super) fn settle(wishes: &[f64], gaps: &[f64]) -> Vec<f64> {
    let offsets: Vec<f64> = std::iter::once(0.0)
        .chain(gaps.iter().scan(0.0, |sum, gap| {
            *sum += gap;
            Some(*sum)
        }))
        .collect();
    // The mean of each pool, how heavy it is, and how many are in it.
    let mut pools: Vec<(f64, f64, usize)> = Vec::new();
    for (wish, offset) in wishes.iter().zip(&offsets) {
        let mut pool = (wish - offset, 1.0, 1);
        while let Some((mean, weight, count)) = pools.pop_if(|before| before.0 > pool.0) {
            let total = weight + pool.1;
            pool = ((mean * weight + pool.0 * pool.1) / total, total, count + pool.2);
        }
        pools.push(pool);
    }
    let means = pools.into_iter().flat_map(|(mean, _, count)| std::iter::repeat_n(mean, count));
    means.zip(offsets).map(|(mean, offset)| mean + offset).collect()
}

#[cfg(test)]
mod tests {
    use super::settle;

    #[test]
    fn wishes_that_collide_are_met_in_the_middle() {
        assert_eq!(settle(&[], &[]), [0.0; 0]);
        assert_eq!(settle(&[0.0, 100.0], &[10.0]), [0.0, 100.0]);
        assert_eq!(settle(&[5.0, 5.0], &[10.0]), [0.0, 10.0]);
        assert_eq!(settle(&[0.0, 20.0, 20.0, 90.0], &[10.0; 3]), [0.0, 15.0, 25.0, 90.0]);
        assert_eq!(settle(&[30.0, 0.0], &[10.0]), [10.0, 20.0]);
    }
}
