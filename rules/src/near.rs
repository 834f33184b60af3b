//! Near misses: what somebody may have meant.

/// The candidate that a name is a slip of the pen of.
pub(crate) fn nearest<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(name, candidate);
    let far = 1 + name.chars().count() / 4;
    let near = candidates.into_iter().map(|candidate| (distance(candidate), candidate));
    near.filter(|(distance, _)| *distance <= far).min().map(|(_, candidate)| candidate)
}

/// The same, as the end of a sentence.
pub(crate) fn did_you_mean<'a>(
    name: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> String {
    nearest(name, candidates).map_or_else(String::new, |near| format!("; did you mean `{near}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_found_and_other_words_are_not() {
        let fields = ["detection", "title", "level", "tags"];
        assert_eq!(nearest("detecton", fields), Some("detection"));
        assert_eq!(nearest("tilte", fields), Some("title"));
        assert_eq!(nearest("runbook", fields), None);
        assert_eq!(did_you_mean("leveel", fields), "; did you mean `level`?");
    }
}
