//! The pages show what the models are worth.

use super::stages;

#[test]
fn the_page_of_models_shows_profit_ages_and_groups() {
    let company = stages::trained();
    let server = company.serve();
    let page = server.page("/models");
    for part in ["XGBoost", "would have earned", "By the age of the lead", "country: DE"] {
        assert!(page.contains(part), "`{part}` is not on the page of models");
    }
    server.stop();
}
