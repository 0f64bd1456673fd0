/// How many chunks a batch of so many is padded to, so that its proof does not say more than that: the next of 1, 2, 3, 4, 6, 8, 12, 16, 24 and so on,
/// at most half as many again.
pub const fn bucket(chunks: usize) -> usize {
    let Some(power) = chunks.checked_next_power_of_two() else { return chunks };
    let between = power / 4 * 3;
    if chunks <= between { between } else { power }
}

#[cfg(test)]
mod tests {
    use super::bucket;

    #[test]
    fn buckets_are_few_and_at_most_half_as_large_again() {
        let first: Vec<usize> = (1..=17).map(bucket).collect();
        assert_eq!(first, [1, 2, 3, 4, 6, 6, 8, 8, 12, 12, 12, 12, 16, 16, 16, 16, 24]);
        for chunks in 1..10_000 {
            let padded = bucket(chunks);
            assert!(chunks <= padded && 2 * padded <= 3 * chunks, "{chunks} to {padded}");
            assert_eq!(bucket(padded), padded);
        }
        assert_eq!([bucket(4096), bucket(usize::MAX)], [4096, usize::MAX]);
    }
}
