//! A file of a European spreadsheet: `sep=;`, Windows-1252, decimal commas, units, days first, Ja and Nein.

use super::leads::{
    auc, columns, date, features, folder, grouped, grouped_whole, leads, models, notes, plain, quick, windows_1252,
};

const NAMES: &str = "Quelle,Auftragswert,Beschäftigte,Nachlass,Gewonnen";

fn exported(head: &str) -> String {
    let mut text = format!("{head}Nr;Quelle;Auftragswert;Beschäftigte;Nachlass;Anfrage vom;Gewonnen\r\n");
    for (row, lead) in leads(900).iter().enumerate() {
        let [year, month, day] = date(lead.day);
        text.push_str(&format!(
            "=\"{row:05}\";{};{} €;{};{},{} %;{day:02}.{month:02}.{year};{}\r\n",
            lead.source,
            grouped(lead.revenue, '.', ','),
            grouped_whole(lead.employees, '.'),
            lead.discount / 10,
            lead.discount % 10,
            if lead.won { "Ja" } else { "Nein" },
        ));
    }
    text
}

#[test]
fn a_german_spreadsheet_gives_the_figures_of_the_same_numbers_written_plainly() {
    let folder = folder("leads.csv", windows_1252(&exported("sep=;\r\n")));
    std::fs::write(folder.path().join("plain.csv"), plain(&leads(900), NAMES)).expect("writable");
    let outcome = quick(folder.path(), "leads.csv", &["--target", "gewonnen"]);
    let reference = quick(folder.path(), "plain.csv", &["--target", "Gewonnen"]);

    assert_eq!(outcome["reading"]["rows_read"], 900);
    assert_eq!(outcome["reading"]["plan"]["file"]["encoding"], "windows-1252");
    assert_eq!(outcome["reading"]["plan"]["file"]["separator"], ";");
    assert_eq!(outcome["target"]["positive"], "Ja");
    assert_eq!(models(&outcome, "random"), models(&reference, "random"), "the same figures exactly");
    assert_eq!(outcome["time"]["column"], "Anfrage vom");
    assert!(auc(&outcome, "time") > 0.55, "{}", auc(&outcome, "time"));
    assert!(columns(&outcome, "left_out").contains(&"Nr"), "{:?}", outcome["left_out"]);
    let found = features(&folder.path().join("plumb-quick/leads"));
    assert_eq!(found, ["Quelle", "Auftragswert", "Beschäftigte", "Nachlass"]);
    assert!(!notes(&outcome, "number_form").is_empty(), "it is said how numbers are read");
}

#[test]
fn the_more_frequent_word_is_positive_if_it_says_yes() {
    let text = exported("").replace("Nein", "?").replace("Ja", "Nein").replace('?', "Ja");
    let folder = folder("leads.csv", text);
    let outcome = quick(folder.path(), "leads.csv", &["--target", "Gewonnen"]);
    let positives = outcome["target"]["base_rate"].as_f64().expect("a share");
    assert!(positives > 0.5 && outcome["target"]["positive"] == "Ja", "{}", outcome["target"]);
}
