//! Names of months and days of the week.

/// The beginnings of the months' names in English, German, French, Spanish, Italian, Portuguese and Dutch, in small letters;
/// whole names and their short forms begin with one of them.
const MONTHS: [&[&str]; 12] = [
    &["january", "januar", "jänner", "janvier", "enero", "gennaio", "janeiro", "januari", "jan", "janv", "ene", "gen"],
    &[
        "february",
        "februar",
        "feber",
        "février",
        "fevrier",
        "febrero",
        "febbraio",
        "fevereiro",
        "februari",
        "feb",
        "févr",
        "fevr",
        "fév",
        "fev",
    ],
    &["march", "märz", "maerz", "mars", "marzo", "março", "maart", "mar", "mär", "mrz", "mrt"],
    &["april", "avril", "abril", "aprile", "apr", "avr", "abr"],
    &["may", "mai", "mayo", "maggio", "maio", "mei", "mag"],
    &["june", "juni", "juin", "junio", "giugno", "junho", "jun", "giu"],
    &["july", "juli", "juillet", "julio", "luglio", "julho", "jul", "juil", "lug"],
    &["august", "août", "aout", "agosto", "augustus", "aug", "ago", "aoû"],
    &["september", "septembre", "septiembre", "settembre", "setembro", "sept", "sep", "set"],
    &["october", "oktober", "octobre", "octubre", "ottobre", "outubro", "oct", "okt", "ott", "out"],
    &["november", "novembre", "noviembre", "novembro", "nov"],
    &["december", "dezember", "décembre", "decembre", "diciembre", "dicembre", "dezembro", "dec", "dez", "déc", "dic"],
];

const WEEKDAYS: &[&str] = &[
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "mon",
    "tue",
    "tues",
    "wed",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "montag",
    "dienstag",
    "mittwoch",
    "donnerstag",
    "freitag",
    "samstag",
    "sonnabend",
    "sonntag",
    "mo",
    "di",
    "mi",
    "do",
    "fr",
    "sa",
    "so",
    "lundi",
    "mardi",
    "mercredi",
    "jeudi",
    "vendredi",
    "samedi",
    "dimanche",
    "lun",
    "mer",
    "jeu",
    "ven",
    "sam",
    "dim",
    "lunes",
    "martes",
    "miércoles",
    "jueves",
    "viernes",
    "sábado",
    "domingo",
];

/// Reads the name of a month, long or short; returns its number and the rest.
pub(crate) fn month_of(text: &str) -> Option<(u32, &str)> {
    let (word, rest) = leading_word(text);
    if word.len() < 3 {
        return None;
    }
    let place = MONTHS.iter().position(|names| names.iter().any(|name| is_same(name, word)))?;
    Some((place as u32 + 1, rest))
}

/// Passes over a day of the week.
pub(crate) fn skip_weekday(text: &str) -> &str {
    let (word, rest) = leading_word(text);
    let is_day = word.len() >= 2 && WEEKDAYS.iter().any(|day| is_same(day, word));
    if is_day { rest.trim_start_matches(['.', ',', ' ']) } else { text }
}

fn leading_word(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_alphabetic()).unwrap_or(text.len());
    text.split_at(end)
}

/// Compares without regard to case; `name` is in small letters.
fn is_same(name: &str, word: &str) -> bool {
    if word.is_ascii() {
        return name.eq_ignore_ascii_case(word);
    }
    word.chars().flat_map(char::to_lowercase).eq(name.chars())
}
