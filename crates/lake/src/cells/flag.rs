//! Yes and no, in the languages of people's systems.

/// Words of no and yes, in small letters.
const NO: [&str; 22] = [
    "no",
    "n",
    "false",
    "f",
    "0",
    "off",
    "nein",
    "falsch",
    "non",
    "faux",
    "falso",
    "não",
    "nao",
    "nee",
    "nej",
    "nei",
    "ei",
    "nie",
    "ne",
    "нет",
    "いいえ",
    "否",
];
const YES: [&str; 24] = [
    "yes",
    "y",
    "true",
    "t",
    "1",
    "on",
    "ja",
    "j",
    "wahr",
    "oui",
    "vrai",
    "o",
    "sí",
    "si",
    "sì",
    "verdadero",
    "vero",
    "sim",
    "verdadeiro",
    "tak",
    "kyllä",
    "да",
    "はい",
    "是",
];

/// What is expected of a text.
pub(crate) const EXPECTED: &str = "yes or no, true or false, 1 or 0, or the like in another language";

/// Reads a trimmed text that is not empty; `None` if it is neither.
pub(crate) fn flag(text: &str) -> Option<bool> {
    let word = text.to_lowercase();
    match (YES.contains(&word.as_str()), NO.contains(&word.as_str())) {
        (true, _) => Some(true),
        (_, true) => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_in_several_languages() {
        for (text, expected) in [
            ("Yes", Some(true)),
            ("NEIN", Some(false)),
            ("Ja", Some(true)),
            ("SÍ", Some(true)),
            ("TRUE", Some(true)),
            ("0", Some(false)),
            ("maybe", None),
            ("2", None),
        ] {
            assert_eq!(flag(text), expected, "{text}");
        }
        assert!(YES.iter().all(|word| !NO.contains(word)), "a word is yes or no");
    }
}
