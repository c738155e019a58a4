/// The candidates that a misspelt `name` most likely meant, best first, three at most.
///
/// Similarity is Jaro-Winkler's with the threshold of 0.8 that clap uses for its own hints, so a
/// transposed, missing or extra letter is found and an unrelated word is not.
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let mut close: Vec<(f64, &str)> = candidates
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(name, candidate), candidate))
        .filter(|&(similarity, _)| similarity > 0.8)
        .collect();
    close.sort_by(|a, b| b.0.total_cmp(&a.0));
    close.truncate(3);
    close.into_iter().map(|(_, candidate)| candidate).collect()
}

/// `did you mean `a` or `b`?`, if anything is close.
pub(crate) fn did_you_mean<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    let close: Vec<String> = nearest(name, candidates).into_iter().map(|id| format!("`{id}`")).collect();
    (!close.is_empty()).then(|| format!("did you mean {}?", close.join(" or ")))
}
