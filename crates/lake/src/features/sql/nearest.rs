//! Hints for misspelt names.

/// Returns a hint of the known names most similar to a wrong one; all of them if they are few and none is similar.
pub(super) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut similar: Vec<(usize, &str)> = known.map(|known| (strsim::levenshtein(name, known), known)).collect();
    similar.sort_unstable();
    let close = similar.iter().take_while(|(distance, _)| *distance <= 1 + name.len() / 3).take(3);
    let mut names: Vec<&str> = close.map(|(_, known)| *known).collect();
    if names.is_empty() && similar.len() <= 40 {
        names = similar.iter().map(|(_, known)| *known).collect();
        names.sort_unstable();
    }
    let names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.is_empty() {
        true => "and no name is similar".into(),
        false => format!("expected one of {}", names.join(", ")),
    }
}
