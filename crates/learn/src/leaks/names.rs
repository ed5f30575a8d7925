//! What a column's name says of the time at which it is written. A name alone is a reason to ask and no proof.

/// What a name says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NameHint {
    /// It speaks of the end: status, reason, won, last activity.
    Outcome,
    /// It is a length of time up to the end.
    ClosingDuration,
    /// It may: quality, contract, duration, last.
    Maybe,
}

/// Words of the end, in English, German, Spanish, French, Italian and Portuguese.
const OUTCOME: &[&str] = &[
    "status",
    "stage",
    "closed",
    "closing",
    "won",
    "lost",
    "reason",
    "outcome",
    "result",
    "converted",
    "conversion",
    "disposition",
    "resolution",
    "verdict",
    "signed",
    "cancelled",
    "canceled",
    "rejected",
    "approved",
    "final",
    "ergebnis",
    "gewonnen",
    "verloren",
    "grund",
    "abgeschlossen",
    "abschluss",
    "phase",
    "verlustgrund",
    "abschlussdatum",
    "estado",
    "etapa",
    "ganado",
    "perdido",
    "motivo",
    "resultado",
    "cerrado",
    "cierre",
    "convertido",
    "statut",
    "etape",
    "étape",
    "gagne",
    "gagné",
    "perdu",
    "motif",
    "resultat",
    "résultat",
    "cloture",
    "clôture",
    "signe",
    "signé",
    "stato",
    "esito",
    "vinto",
    "perso",
    "fechado",
];

/// Words that may speak of the end, and often do not.
const MAYBE: &[&str] = &[
    "quality",
    "contract",
    "invoice",
    "last",
    "duration",
    "modified",
    "updated",
    "completed",
    "paid",
    "payment",
    "onboarding",
    "churned",
    "renewal",
    "qualität",
    "qualitaet",
    "vertrag",
    "rechnung",
    "letzte",
    "letzter",
    "letztes",
    "dauer",
    "calidad",
    "contrato",
    "factura",
    "ultima",
    "última",
    "ultimo",
    "último",
    "duracion",
    "duración",
    "qualite",
    "qualité",
    "contrat",
    "facture",
    "derniere",
    "dernière",
    "dernier",
    "duree",
    "durée",
];

/// After "last", these are what happened until now.
const LAST_OF: &[&str] = &[
    "activity",
    "action",
    "contact",
    "call",
    "event",
    "touch",
    "modified",
    "update",
    "updated",
    "step",
    "notable",
    "aktivität",
    "aktivitaet",
    "kontakt",
    "änderung",
    "aenderung",
    "anruf",
    "actividad",
    "contacto",
    "llamada",
    "activite",
    "activité",
    "appel",
];

const LAST: &[&str] = &[
    "last",
    "letzte",
    "letzter",
    "letztes",
    "ultima",
    "última",
    "ultimo",
    "último",
    "derniere",
    "dernière",
    "dernier",
];

/// Units and lengths of time.
const LENGTHS: &[&str] = &[
    "days",
    "duration",
    "hours",
    "weeks",
    "months",
    "time",
    "length",
    "cycle",
    "tage",
    "dauer",
    "dias",
    "días",
    "tiempo",
    "jours",
    "duree",
    "durée",
    "duracion",
    "duración",
];

/// The end that a length leads up to.
const ENDS: &[&str] = &[
    "close",
    "closing",
    "closed",
    "won",
    "decision",
    "conversion",
    "convert",
    "sale",
    "sales",
    "signature",
    "abschluss",
    "entscheidung",
    "cierre",
    "venta",
    "cloture",
    "clôture",
    "vente",
];

/// These say that it is of an earlier time, a plan, or of somebody else.
const EARLIER: &[&str] = &[
    "previous",
    "prior",
    "prev",
    "earlier",
    "former",
    "past",
    "vorherige",
    "vorheriger",
    "frühere",
    "fruehere",
    "anterior",
    "previo",
    "précédent",
    "precedent",
    "expected",
    "planned",
    "marital",
    "employment",
];

/// Words of creation.
const CREATION: &[&str] = &[
    "created",
    "creation",
    "create",
    "createdat",
    "createddate",
    "received",
    "submitted",
    "registered",
    "erstellt",
    "erstellung",
    "angelegt",
    "anlage",
    "eingang",
    "creado",
    "creacion",
    "creación",
    "créé",
    "cree",
    "création",
];

/// Words of dates.
const DATES: &[&str] = &[
    "date",
    "day",
    "at",
    "on",
    "time",
    "timestamp",
    "datum",
    "tag",
    "am",
    "zeit",
    "fecha",
    "dia",
    "día",
    "jour",
    "data",
];

/// Returns what the name of a column says of the time at which it is written; `None` for most.
pub(super) fn hint(name: &str) -> Option<NameHint> {
    let words = words(name);
    let has = |list: &[&str]| words.iter().any(|word| list.contains(&word.as_str()));
    if has(EARLIER) {
        return None;
    }
    if has(LENGTHS) && has(ENDS) {
        return Some(NameHint::ClosingDuration);
    }
    let is_last = words.iter().position(|word| LAST.contains(&word.as_str()));
    let is_last_activity = is_last.is_some_and(|at| words[at..].iter().any(|word| LAST_OF.contains(&word.as_str())));
    if is_last_activity || has(OUTCOME) {
        return Some(NameHint::Outcome);
    }
    has(MAYBE).then_some(NameHint::Maybe)
}

/// Returns whether a name speaks of creation.
pub(super) fn is_creation(name: &str) -> bool {
    words(name).iter().any(|word| CREATION.contains(&word.as_str()))
}

/// Returns whether a name is that of a date.
pub(super) fn is_date(name: &str) -> bool {
    words(name).iter().any(|word| DATES.contains(&word.as_str()))
}

/// Splits a name at anything that is no letter, and at capitals within a word.
fn words(name: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut was_lower = false;
    for letter in name.chars() {
        if !letter.is_alphabetic() || (letter.is_uppercase() && was_lower) {
            words.push(String::new());
        }
        if letter.is_alphabetic()
            && let Some(word) = words.last_mut()
        {
            word.extend(letter.to_lowercase());
        }
        was_lower = letter.is_lowercase();
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, expected: Option<NameHint>) {
        assert_eq!(hint(name), expected, "{name}");
    }

    #[test]
    fn names_say_when_a_column_is_written() {
        check("Lost_Reason", Some(NameHint::Outcome));
        check("leadStatus", Some(NameHint::Outcome));
        check("Last Notable Activity", Some(NameHint::Outcome));
        check("letzte_aktivität", Some(NameHint::Outcome));
        check("days_to_close", Some(NameHint::ClosingDuration));
        check("Durée jusqu’à clôture", Some(NameHint::ClosingDuration));
        check("Lead Quality", Some(NameHint::Maybe));
        check("duration", Some(NameHint::Maybe));
        check("Verlustgrund", Some(NameHint::Outcome));
        check("last_name", Some(NameHint::Maybe));
        check("previous_outcome", None);
        check("poutcome", None);
        check("employees", None);
        check("season", None);
        assert!(is_creation("CreatedDate") && is_creation("erstellt am") && !is_creation("closed_at"));
    }
}
