//! Hints for misspelt names.

/// Names in a hint, where none is similar.
const NAMES_SHOWN: usize = 30;

/// Returns a hint of the known name that is most similar to a wrong one, or of all of them if none is.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let plain = |name: &str| name.to_lowercase();
    let mut names: Vec<(usize, &str)> =
        known.map(|known| (strsim::damerau_levenshtein(&plain(known), &plain(name)), known)).collect();
    names.sort_unstable();
    match names.first() {
        None => "there is none".to_owned(),
        Some((distance, near)) if *distance <= 1 + name.chars().count() / 4 => format!("did you mean `{near}`?"),
        Some(_) => {
            let mut all: Vec<&str> = names.iter().map(|(_, known)| *known).collect();
            all.sort_unstable();
            let more = all.len().saturating_sub(NAMES_SHOWN);
            all.truncate(NAMES_SHOWN);
            let more = if more > 0 { format!(" and {more} more") } else { String::new() };
            format!("expected one of `{}`{more}", all.join("`, `"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_similar_name_is_offered_and_otherwise_all() {
        let known = || ["won", "approved"].into_iter();
        assert_eq!(nearest("Wonn", known()), "did you mean `won`?");
        assert_eq!(nearest("approvd", known()), "did you mean `approved`?");
        assert_eq!(nearest("signed", known()), "expected one of `approved`, `won`");
        assert_eq!(nearest("signed", [].into_iter()), "there is none");
        let many: Vec<String> = (0..40).map(|number| format!("a_long_name_{number:02}")).collect();
        assert!(nearest("x", many.iter().map(String::as_str)).ends_with("and 10 more"));
    }
}
