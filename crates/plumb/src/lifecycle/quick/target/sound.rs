//! What a word of an outcome column sounds like: a lead that was won, one that was lost, or one that is still open.
//!
//! It only ever proposes. A word that sounds like nothing here is a word of the user's own, and the user is asked.

/// What a word sounds like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sound {
    /// Yes, won, converted.
    Positive,
    /// A step that some count as won and others do not, such as qualified.
    Hopeful,
    /// No, lost, junk.
    Negative,
    /// An end that is not known yet: open, in progress.
    Open,
    /// Nothing that is known here.
    Unknown,
}

/// Words of yes and no by themselves, in the languages of usual exports.
const YES: &[&str] = &[
    "yes",
    "y",
    "true",
    "t",
    "1",
    "ja",
    "j",
    "wahr",
    "oui",
    "o",
    "vrai",
    "si",
    "sí",
    "sì",
    "verdadero",
    "vero",
    "sim",
    "tak",
    "da",
];
const NO: &[&str] =
    &["no", "n", "false", "f", "0", "-1", "nein", "falsch", "non", "faux", "falso", "não", "nao", "nee", "nie"];

/// Words that mean an open lead only if nothing stands beside them.
const OPEN_ALONE: &[&str] =
    &["new", "neu", "nuevo", "nouveau", "nuovo", "nieuw", "potential", "hold", "demo", "future"];

/// What open leads are called, as whole words in their order. What ends in these words has no end of its own.
const OPEN: &[&str] = &[
    "open",
    "reopened",
    "offen",
    "offene",
    "offener",
    "abierto",
    "abierta",
    "ouvert",
    "ouverte",
    "aperto",
    "aperta",
    "working",
    "unworked",
    "in progress",
    "inprogress",
    "in process",
    "in bearbeitung",
    "bearbeitung",
    "en cours",
    "en proceso",
    "in corso",
    "in behandeling",
    "ongoing",
    "pending",
    "ausstehend",
    "en attente",
    "pendiente",
    "in attesa",
    "waiting",
    "awaiting",
    "on hold",
    "new lead",
    "enquiry",
    "inquiry",
    "anfrage",
    "contacted",
    "kontaktiert",
    "attempted",
    "attempting",
    "connected",
    "follow up",
    "followup",
    "wiedervorlage",
    "nurture",
    "nurturing",
    "nurtured",
    "assigned",
    "unassigned",
    "not yet",
    "noch nicht",
    "in review",
    "under review",
    "scheduled",
    "proposal",
    "negotiation",
    "verhandlung",
    "quoted",
    "quotation",
    "angebot",
    "prospecting",
    "qualification",
    "qualifying",
    "needs analysis",
    "evaluation",
    "discovery",
    "callback",
    "call back",
    "contact in future",
    "long term",
    "not started",
    "to do",
    "todo",
    "undecided",
];

/// What lost leads are called.
const NEGATIVE: &[&str] = &[
    "lost",
    "loss",
    "dead",
    "junk",
    "spam",
    "rejected",
    "declined",
    "denied",
    "refused",
    "disqualified",
    "unqualified",
    "invalid",
    "duplicate",
    "cancelled",
    "canceled",
    "abandoned",
    "failed",
    "failure",
    "unsuccessful",
    "bad",
    "wrong",
    "unresponsive",
    "unreachable",
    "uninterested",
    "unconverted",
    "nonconverted",
    "expired",
    "withdrawn",
    "verloren",
    "abgelehnt",
    "abgesagt",
    "storniert",
    "ungültig",
    "perdu",
    "perdue",
    "perdido",
    "perdida",
    "perso",
    "persa",
    "rechazado",
    "rechazada",
    "refusé",
    "refusée",
    "annulé",
    "annulée",
    "cancelado",
    "cancelada",
];

/// Words that turn what follows around.
const NOT: &[&str] = &["not", "no", "non", "never", "nicht", "kein", "keine", "nie", "pas", "without", "ohne"];

/// What won leads are called.
const POSITIVE: &[&str] = &[
    "won",
    "win",
    "converted",
    "conversion",
    "customer",
    "sold",
    "sale",
    "success",
    "successful",
    "purchased",
    "bought",
    "signed",
    "paid",
    "approved",
    "enrolled",
    "subscribed",
    "hired",
    "placed",
    "gewonnen",
    "abgeschlossen",
    "verkauft",
    "konvertiert",
    "kunde",
    "gagné",
    "gagnée",
    "client",
    "vendu",
    "converti",
    "ganado",
    "ganada",
    "vendido",
    "cliente",
    "convertido",
    "vinto",
    "vinta",
];

/// What some count as won and others do not.
const HOPEFUL: &[&str] = &[
    "qualified",
    "qualifiziert",
    "accepted",
    "angenommen",
    "interested",
    "completed",
    "good",
    "hot",
    "deal",
    "booked",
];

/// Returns what a word sounds like. Case, blanks and what joins its parts are no matter.
pub(super) fn sound(word: &str) -> Sound {
    let plain = word.trim().to_lowercase();
    if YES.contains(&plain.as_str()) {
        return Sound::Positive;
    }
    if NO.contains(&plain.as_str()) {
        return Sound::Negative;
    }
    let parts: Vec<&str> =
        plain.split(|letter: char| !letter.is_alphanumeric()).filter(|part| !part.is_empty()).collect();
    let text = format!(" {} ", parts.join(" "));
    let has = |words: &[&str]| words.iter().any(|known| text.contains(&format!(" {known} ")));
    // A lead that is closed is not open, whatever else is said of it.
    let is_closed = has(&["closed", "geschlossen"]);
    if !is_closed && (has(OPEN) || OPEN_ALONE.contains(&text.trim())) {
        Sound::Open
    } else if has(NEGATIVE) || has(NOT) {
        Sound::Negative
    } else if has(POSITIVE) {
        Sound::Positive
    } else if has(HOPEFUL) {
        Sound::Hopeful
    } else {
        Sound::Unknown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(expected: Sound, words: &[&str]) {
        for word in words {
            assert_eq!(sound(word), expected, "{word}");
        }
    }

    #[test]
    fn won_leads_are_heard_in_several_languages() {
        check(
            Sound::Positive,
            &["Yes", "JA", "oui", "Sí", "true", "1", "Won", " converted ", "Closed Won", "closed_won"],
        );
        check(Sound::Positive, &["Closed - Converted", "Gewonnen", "Existing Customer", "gagné"]);
    }

    #[test]
    fn lost_leads_are_heard_and_a_negation_turns_around() {
        check(Sound::Negative, &["no", "Nein", "0", "LOST", "Closed Lost", "Junk Lead", "Not Responding", "No show"]);
        check(Sound::Negative, &["Not Interested", "Closed - Not Converted", "Disqualified", "not converted"]);
    }

    #[test]
    fn open_leads_are_heard_even_if_they_sound_hopeful_or_negated() {
        check(Sound::Open, &["Open", "OPEN_DEAL", "In Progress Positive", "in-progress", "Just Enquiry", "New", "Neu"]);
        check(Sound::Open, &["Open - Not Contacted", "Working - Contacted", "Not yet called", "In Bearbeitung"]);
        check(Sound::Open, &["Attempted to Contact", "Contact in Future", "Pending", "Follow-up", "Potential"]);
    }

    #[test]
    fn words_of_ones_own_sound_like_nothing() {
        check(Sound::Unknown, &["A", "gold", "High Potential", "New York", "17", "Renewal", "Opening"]);
        check(Sound::Hopeful, &["Qualified", "MQL accepted"]);
    }
}
