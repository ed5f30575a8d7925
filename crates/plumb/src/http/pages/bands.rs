//! A band for people: its letter and its meaning.

use maud::{Markup, html};
use plumb_lead::Band;

/// Returns the meaning of a band for a rep.
pub(super) fn meaning(band: Band) -> &'static str {
    match band {
        Band::A => "call first",
        Band::B => "worth a call",
        Band::C => "under the threshold",
        Band::D => "far under it",
    }
}

/// Returns a band's letter on its colour.
pub(super) fn chip(band: Band) -> Markup {
    html! { span class={ "chip band-" (band.letter()) } title=(meaning(band)) { (band.letter()) } }
}
