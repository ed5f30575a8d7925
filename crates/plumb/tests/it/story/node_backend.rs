//! A web application's backend shows each new lead's score: `examples/node-backend`, run as its README says.

use super::stages;
use crate::setup::node_backend::Backend;

#[test]
fn a_backend_shows_the_score_and_reasons_of_each_new_lead() {
    let company = stages::trained();
    let server = company.serve();
    let backend = Backend::start(&server.address);
    let form = "name=Ada+%3Cb%3E&channel=referral&industry=fintech&role=owner&created_at=2026-10-30T09:00:00Z";
    let page = backend.page_after(form);
    assert!(page.contains("Ada &#60;b&#62;") && page.contains(" %</b>, band "), "{page}");
    assert!(page.contains("<li class=\"") && page.contains("industry: fintech"), "{page}");
    server.stop();
}

#[test]
fn a_backend_shows_why_a_lead_cannot_be_scored() {
    let company = stages::trained();
    let server = company.serve();
    let page = Backend::start(&server.address).page_after("name=Bob&colour=red&created_at=2026-10-30T09:00:00Z");
    assert!(page.contains("Not scored yet: ModelError: ") && page.contains("unknown field `colour`"), "{page}");
    server.stop();
}
