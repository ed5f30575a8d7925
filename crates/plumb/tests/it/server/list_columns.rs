//! What the list shows of a lead beside its score is the project's own.

use serde_json::json;

use crate::setup::folder::replace;
use crate::setup::server::Server;
use crate::setup::touched::Touched;

#[test]
fn the_list_has_the_fields_that_the_project_names() {
    let company = Touched::with("").trained();
    company.plumb(&["score"]);
    let server = Server::start(company.path(), &[], &[]);
    let brief = |server: &Server| server.get("/v1/leads?limit=1")["leads"][0]["brief"].clone();
    // Without a word of the project: its first fields, but the name.
    let first = brief(&server);
    assert!(first["name"].as_str().is_some_and(|name| name.starts_with("Lead ")), "{first}");
    assert_eq!(
        first["fields"].as_object().map(|fields| fields.keys().collect::<Vec<_>>()),
        Some(vec![&"employees".to_owned()])
    );
    assert!(server.page("/").contains("<th scope=\"col\">Employees</th>"), "{}", server.page("/"));
    server.stop();

    replace(
        company.path(),
        "plumb.toml",
        "[target.won]",
        "[list]\nname = \"employees\"\ncolumns = [\"name\"]\n\n[target.won]",
    );
    company.plumb(&["score"]);
    let server = Server::start(company.path(), &[], &[]);
    let named = brief(&server);
    assert_eq!((&named["name"], &named["fields"]), (&first["fields"]["employees"], &json!({ "name": first["name"] })));
    let lead_id = server.get("/v1/leads?limit=1")["leads"][0]["lead_id"].as_str().expect("an id").to_owned();
    assert!(server.page(&format!("/leads/{lead_id}")).contains("<dt>Name</dt>"));
}
