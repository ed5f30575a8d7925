//! The words of a name: `LeadId`, `lead_id` and `Lead ID` are the words `lead` and `id`.

/// Returns the words of a column's or table's name, in lower case.
pub(crate) fn words_of(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (index, letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
            continue;
        }
        let before = index.checked_sub(1).map(|before| letters[before]);
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_uppercase() && letters.get(index + 1).is_some_and(|after| after.is_lowercase())
            });
        if begins {
            words.extend((!word.is_empty()).then(|| std::mem::take(&mut word)));
        }
        word.extend(letter.to_lowercase());
    }
    words.extend((!word.is_empty()).then_some(word));
    // Names of custom fields, as Salesforce ends them.
    if words.len() > 1 && words.last().is_some_and(|last| last == "c") && name.ends_with("__c") {
        words.pop();
    }
    words
}

/// Returns whether any word is one of some.
pub(crate) fn has_any(words: &[String], known: &[&str]) -> bool {
    words.iter().any(|word| known.contains(&word.as_str()))
}

/// Returns whether the words, joined by blanks, contain a phrase of whole words.
pub(crate) fn has_phrase(words: &[String], phrases: &[&str]) -> bool {
    let joined = format!(" {} ", words.join(" "));
    phrases.iter().any(|phrase| joined.contains(&format!(" {phrase} ")))
}

/// Returns a word without the ending of a plural.
pub(crate) fn singular(word: &str) -> String {
    if let Some(stem) = word.strip_suffix("ies").filter(|stem| stem.len() > 1) {
        return format!("{stem}y");
    }
    match word.strip_suffix('s') {
        Some(stem) if stem.len() > 2 && !stem.ends_with(['s', 'u', 'i']) => stem.to_owned(),
        _ => word.to_owned(),
    }
}

/// Returns a name for SQL, of a source, a column or a feature: lower case, words joined by `_`, no digit first.
pub fn sql_name(name: &str) -> String {
    let joined = words_of(name).join("_");
    let ascii: String = joined.chars().map(plain).collect();
    let name = ascii.trim_matches('_').to_owned();
    match name.chars().next() {
        None => "column".to_owned(),
        Some(first) if first.is_ascii_digit() => format!("c_{name}"),
        Some(_) => name,
    }
}

/// Returns a letter of ASCII for a letter.
fn plain(letter: char) -> char {
    match letter {
        'ä' | 'à' | 'á' | 'â' | 'å' | 'ã' => 'a',
        'ö' | 'ò' | 'ó' | 'ô' | 'ø' | 'õ' => 'o',
        'ü' | 'ù' | 'ú' | 'û' => 'u',
        'é' | 'è' | 'ê' | 'ë' => 'e',
        'í' | 'ì' | 'î' | 'ï' => 'i',
        'ß' => 's',
        'ç' => 'c',
        'ñ' => 'n',
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '_',
    }
}

/// Returns a name as a heading: `lead_source` becomes `Lead source`.
pub(crate) fn heading(name: &str) -> String {
    let text = words_of(name).join(" ");
    let mut letters = text.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: &str) {
        assert_eq!(words_of(name).join(" "), expected);
    }

    #[test]
    fn names_are_taken_apart_into_words() {
        check("LeadId", "lead id");
        check("Lead ID", "lead id");
        check("created_at", "created at");
        check("ConvertedDate", "converted date");
        check("HTTPStatus", "http status");
        check("(Do Not Modify) Lead", "do not modify lead");
        check("Deal - Won time", "deal won time");
        check("Region__c", "region");
        check("Straße", "straße");
    }

    #[test]
    fn names_become_names_of_sql() {
        assert_eq!(sql_name("Company / Account"), "company_account");
        assert_eq!(sql_name("2nd Phone"), "c_2nd_phone");
        assert_eq!(sql_name("Größe"), "grose");
        assert_eq!(sql_name("%"), "column");
    }

    #[test]
    fn plurals_lose_their_ending() {
        assert_eq!(["leads", "activities", "status", "class"].map(singular), ["lead", "activity", "status", "class"]);
    }
}
