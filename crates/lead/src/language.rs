//! Languages of messages, and the few words that the program itself adds in each of them. All other words are the team's.

use serde::{Deserialize, Serialize};

use crate::Error;

/// A language of messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// German.
    De,
    /// English.
    En,
    /// Spanish.
    Es,
    /// French.
    Fr,
    /// Italian.
    It,
    /// Dutch.
    Nl,
    /// Portuguese.
    Pt,
}

/// The program's own words in a language.
#[derive(Debug)]
pub struct Words {
    /// The language's tag, as in `Accept-Language`.
    pub tag: &'static str,
    /// A flag that is set.
    pub yes: &'static str,
    /// A flag that is not set.
    pub no: &'static str,
    /// The mark between a number's whole part and the rest.
    pub decimal_mark: char,
    /// Whether zero and what lies between one and two are counted by the singular.
    pub singular_below_two: bool,
    /// The word before a noun of which there is none, if it fits every noun and every case.
    pub none_of: Option<&'static str>,
    /// The word before an average.
    pub average: &'static str,
    /// The words before the share of rows whose flag is set.
    pub yes_for: &'static str,
    /// A value that is missing, or that training never saw.
    pub not_known: &'static str,
    /// No points of a scorecard, one point, several points.
    pub points: [&'static str; 3],
    /// The months.
    pub months: [&'static str; 12],
}

impl Language {
    /// All of them, in the order of their tags.
    pub const ALL: [Language; 7] =
        [Language::De, Language::En, Language::Es, Language::Fr, Language::It, Language::Nl, Language::Pt];

    /// Returns the program's own words in the language.
    pub fn words(self) -> &'static Words {
        match self {
            Language::De => &DE,
            Language::En => &EN,
            Language::Es => &ES,
            Language::Fr => &FR,
            Language::It => &IT,
            Language::Nl => &NL,
            Language::Pt => &PT,
        }
    }

    /// Returns its tag: `de`.
    pub fn tag(self) -> &'static str {
        self.words().tag
    }

    /// Returns a number with as many digits as a person would write.
    pub fn number(self, value: f32) -> String {
        let size = value.abs();
        let decimals = match size {
            _ if value.fract() == 0.0 || size >= 100.0 => 0,
            1.0.. => 1,
            0.01.. => 2,
            // Two digits that are not zero: `0.0034`.
            _ => (1.0 - size.log10().floor()) as usize,
        };
        self.marked(format!("{value:.decimals$}"))
    }

    /// Returns a share with two digits, which is as much as a rate is known to: `3.8 %`.
    pub fn percent(self, share: f32) -> String {
        let percent = 100.0 * share;
        self.marked(if percent < 9.95 { format!("{percent:.1} %") } else { format!("{percent:.0} %") })
    }

    /// Returns a number's text with the language's own decimal mark.
    pub fn marked(self, number: String) -> String {
        match self.words().decimal_mark {
            '.' => number,
            mark => number.replace('.', &mark.to_string()),
        }
    }

    /// Returns whether so many are counted by the singular.
    pub fn is_singular(self, count: f32) -> bool {
        count == 1.0 || self.words().singular_below_two && (0.0..2.0).contains(&count)
    }
}

impl std::str::FromStr for Language {
    type Err = Error;

    fn from_str(word: &str) -> Result<Language, Error> {
        Language::ALL.into_iter().find(|language| language.tag() == word).ok_or_else(|| Error::Word {
            what: "language",
            found: word.to_owned(),
            expected: "de, en, es, fr, it, nl, pt",
        })
    }
}

const DE: Words = Words {
    tag: "de",
    yes: "ja",
    no: "nein",
    decimal_mark: ',',
    singular_below_two: false,
    // It would be `vor keine Tage`: the noun's case is the sentence's.
    none_of: None,
    average: "Durchschnitt",
    yes_for: "ja bei",
    not_known: "dem Modell nicht bekannt",
    points: ["keine Punkte", "Punkt", "Punkte"],
    months: [
        "Januar",
        "Februar",
        "März",
        "April",
        "Mai",
        "Juni",
        "Juli",
        "August",
        "September",
        "Oktober",
        "November",
        "Dezember",
    ],
};

const EN: Words = Words {
    tag: "en",
    yes: "yes",
    no: "no",
    decimal_mark: '.',
    singular_below_two: false,
    none_of: Some("no"),
    average: "average",
    yes_for: "yes for",
    not_known: "not known to the model",
    points: ["no points", "point", "points"],
    months: [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ],
};

const ES: Words = Words {
    tag: "es",
    yes: "sí",
    no: "no",
    decimal_mark: ',',
    singular_below_two: false,
    none_of: None,
    average: "media",
    yes_for: "sí en el",
    not_known: "valor desconocido para el modelo",
    points: ["ningún punto", "punto", "puntos"],
    months: [
        "enero",
        "febrero",
        "marzo",
        "abril",
        "mayo",
        "junio",
        "julio",
        "agosto",
        "septiembre",
        "octubre",
        "noviembre",
        "diciembre",
    ],
};

const FR: Words = Words {
    tag: "fr",
    yes: "oui",
    no: "non",
    decimal_mark: ',',
    singular_below_two: true,
    none_of: None,
    average: "moyenne",
    yes_for: "oui pour",
    not_known: "valeur inconnue du modèle",
    points: ["aucun point", "point", "points"],
    months: [
        "janvier",
        "février",
        "mars",
        "avril",
        "mai",
        "juin",
        "juillet",
        "août",
        "septembre",
        "octobre",
        "novembre",
        "décembre",
    ],
};

const IT: Words = Words {
    tag: "it",
    yes: "sì",
    no: "no",
    decimal_mark: ',',
    singular_below_two: false,
    none_of: None,
    average: "media",
    yes_for: "sì nel",
    not_known: "valore sconosciuto al modello",
    points: ["nessun punto", "punto", "punti"],
    months: [
        "gennaio",
        "febbraio",
        "marzo",
        "aprile",
        "maggio",
        "giugno",
        "luglio",
        "agosto",
        "settembre",
        "ottobre",
        "novembre",
        "dicembre",
    ],
};

const NL: Words = Words {
    tag: "nl",
    yes: "ja",
    no: "nee",
    decimal_mark: ',',
    singular_below_two: false,
    // It fits every noun, and not `geen dagen geleden`.
    none_of: None,
    average: "gemiddeld",
    yes_for: "ja bij",
    not_known: "niet bekend bij het model",
    points: ["geen punten", "punt", "punten"],
    months: [
        "januari",
        "februari",
        "maart",
        "april",
        "mei",
        "juni",
        "juli",
        "augustus",
        "september",
        "oktober",
        "november",
        "december",
    ],
};

const PT: Words = Words {
    tag: "pt",
    yes: "sim",
    no: "não",
    decimal_mark: ',',
    singular_below_two: true,
    none_of: None,
    average: "média",
    yes_for: "sim em",
    not_known: "valor desconhecido pelo modelo",
    points: ["nenhum ponto", "ponto", "pontos"],
    months: [
        "janeiro",
        "fevereiro",
        "março",
        "abril",
        "maio",
        "junho",
        "julho",
        "agosto",
        "setembro",
        "outubro",
        "novembro",
        "dezembro",
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_language_is_found_by_its_tag_and_by_no_other() {
        for language in Language::ALL {
            assert_eq!(language.tag().parse::<Language>().expect("its own tag"), language);
            assert_eq!(serde_json::to_string(&language).expect("a word"), format!("\"{}\"", language.tag()));
        }
        let error = "DE-at".parse::<Language>().expect_err("no tag of ours").to_string();
        assert_eq!(error, "`DE-at` is not a language: expected one of de, en, es, fr, it, nl, pt");
        assert!(Language::ALL.is_sorted_by_key(|language| language.tag()));
    }

    #[test]
    fn numbers_have_the_digits_and_the_mark_of_a_language() {
        let texts =
            |language: Language| [0.0, 12.0, 3.25, 0.5, 0.0034, 1234.6, -2.5].map(|value| language.number(value));
        assert_eq!(texts(Language::En), ["0", "12", "3.2", "0.50", "0.0034", "1235", "-2.5"]);
        assert_eq!(texts(Language::De), ["0", "12", "3,2", "0,50", "0,0034", "1235", "-2,5"]);
        assert_eq!([0.038, 0.38].map(|share| Language::De.percent(share)), ["3,8 %", "38 %"]);
        assert_eq!([0.038, 0.38].map(|share| Language::En.percent(share)), ["3.8 %", "38 %"]);
    }

    #[test]
    fn each_language_has_its_own_singular() {
        let singular = |language: Language| [0.0, 0.5, 1.0, 1.5, 2.0].map(|count| language.is_singular(count));
        assert_eq!(singular(Language::En), [false, false, true, false, false]);
        assert_eq!(singular(Language::Fr), [true, true, true, true, false]);
    }
}
