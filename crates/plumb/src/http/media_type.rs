//! The media types of scores, and which of them the Accept header asks for.

use super::error::Error;

/// The media type of a response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MediaType {
    /// A score a line.
    Csv,
    /// `{"predictions": [{"score": 0.5}]}`, as the XGBoost container writes it.
    Json,
    /// `{"score": 0.5}`, one a line.
    JsonLines,
    /// A record of protobuf with each score.
    RecordIo,
    /// JSON with ids, bands and reasons.
    Plumb,
}

impl MediaType {
    /// Returns the media type that an Accept header prefers. No header, and `*/*`, leave it to that of the request: then CSV is
    /// answered by CSV, as the XGBoost container does.
    pub fn negotiate(accept: Option<&str>, of_request: MediaType) -> Result<MediaType, Error> {
        let Some(accept) = accept.filter(|accept| !accept.trim().is_empty()) else { return Ok(of_request) };
        let mut best: Option<(f32, MediaType)> = None;
        for range in accept.split(',') {
            let mut parts = range.split(';');
            let kind = parts.next().unwrap_or_default().trim().to_ascii_lowercase();
            let weight = parts.find_map(|part| part.trim().strip_prefix("q=")?.trim().parse::<f32>().ok());
            let weight = weight.unwrap_or(1.0);
            if let Some(media_type) = MediaType::of_range(&kind, of_request)
                && weight > best.map_or(0.0, |(best, _)| best)
            {
                best = Some((weight, media_type));
            }
        }
        best.map(|(_, media_type)| media_type).ok_or_else(|| Error::accept(accept))
    }

    /// Returns the value of the Content-Type header.
    pub fn header(self) -> &'static str {
        match self {
            MediaType::Csv => "text/csv; charset=utf-8",
            MediaType::Json => "application/json",
            MediaType::JsonLines => "application/jsonlines",
            MediaType::RecordIo => "application/x-recordio-protobuf",
            MediaType::Plumb => "application/vnd.plumb+json",
        }
    }

    fn of_range(kind: &str, of_request: MediaType) -> Option<MediaType> {
        match kind {
            "*/*" => Some(of_request),
            "text/csv" | "text/*" => Some(MediaType::Csv),
            "application/json" | "application/*" => Some(MediaType::Json),
            "application/jsonlines" | "application/x-jsonlines" => Some(MediaType::JsonLines),
            "application/x-recordio-protobuf" => Some(MediaType::RecordIo),
            "application/vnd.plumb+json" => Some(MediaType::Plumb),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(accept: &str, expected: Option<MediaType>) {
        assert_eq!(MediaType::negotiate(Some(accept), MediaType::Csv).ok(), expected, "{accept}");
    }

    #[test]
    fn the_preferred_media_type_is_chosen() {
        assert_eq!(MediaType::negotiate(None, MediaType::JsonLines).ok(), Some(MediaType::JsonLines));
        check("", Some(MediaType::Csv));
        check("*/*", Some(MediaType::Csv));
        check("application/json", Some(MediaType::Json));
        check("Application/JSON; charset=utf-8", Some(MediaType::Json));
        check("application/jsonlines", Some(MediaType::JsonLines));
        check("application/vnd.plumb+json", Some(MediaType::Plumb));
        check("image/png, text/csv;q=0.2, application/json;q=0.8", Some(MediaType::Json));
        check("application/json;q=0", None);
        check("application/x-recordio-protobuf", Some(MediaType::RecordIo));
        check("application/x-recordio", None);
    }
}
