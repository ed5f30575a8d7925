//! The names that records are made from.

/// The reps, by name; leads are dealt out among them.
pub(crate) const REPS: [&str; 12] = [
    "Amara Diallo",
    "Ben Krause",
    "Carla Rossi",
    "Dev Mehta",
    "Ewa Nowak",
    "Finn Olsen",
    "Grace Kim",
    "Hugo Martin",
    "Ines Costa",
    "Jonas Weber",
    "Kate Doyle",
    "Luca Moretti",
];

/// The domains of free mail addresses.
pub(crate) const FREE_MAIL: [&str; 2] = ["freemail.example", "webmail.example"];

pub(super) const FIRST_NAMES: [&str; 24] = [
    "Ada", "Ahmed", "Anna", "Bruno", "Chloe", "Daniel", "Elena", "Farah", "George", "Hana", "Ivan", "Julia", "Karim",
    "Lena", "Marek", "Nadia", "Oscar", "Priya", "Rafael", "Sofia", "Tom", "Uma", "Victor", "Zoe",
];
pub(super) const LAST_NAMES: [&str; 24] = [
    "Adams", "Becker", "Carter", "Dubois", "Evans", "Fischer", "Garcia", "Hughes", "Iyer", "Jansen", "Kowalski",
    "Lopez", "Meyer", "Novak", "Okafor", "Patel", "Quinn", "Rossi", "Schulz", "Tanaka", "Unger", "Varga", "Wilson",
    "Young",
];
pub(super) const COMPANY_FIRST: [&str; 16] = [
    "Amber", "Blue", "Cedar", "Delta", "Elm", "Falcon", "Granite", "Harbour", "Iron", "Juniper", "Kestrel", "Linden",
    "Maple", "North", "Orchard", "Pine",
];
pub(super) const COMPANY_LAST: [&str; 8] =
    ["Works", "Group", "Labs", "Partners", "Systems", "Trading", "Services", "House"];
