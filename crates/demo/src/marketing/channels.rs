//! How channels tag their links.

/// Returns the medium of a channel that tags its links.
pub(super) fn utm_medium(channel: &str) -> Option<&'static str> {
    match channel {
        "google_ads" => Some("cpc"),
        "facebook_ads" | "tiktok_ads" => Some("paid_social"),
        "display" => Some("banner"),
        "newsletter" => Some("email"),
        _ => None,
    }
}

/// Returns the tags of a link as a part of a JSON object; nothing for a channel without any.
pub(super) fn utm(channel: &str, country: &str) -> String {
    let Some(medium) = utm_medium(channel) else { return String::new() };
    let source = channel.trim_end_matches("_ads");
    let campaign = format!("places_{}", country.to_lowercase());
    format!(",\"utm\":{{\"source\":\"{source}\",\"medium\":\"{medium}\",\"campaign\":\"{campaign}\"}}")
}
