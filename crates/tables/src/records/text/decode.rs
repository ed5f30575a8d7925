//! Decodes bytes into text piece by piece.

use std::io::Read;

use encoding_rs::{CoderResult, DecoderResult, Encoding, UTF_8};

use crate::records::bytes::Bytes;

/// Bytes that are decoded at a time.
const PIECE_BYTES: usize = 256 << 10;

/// Why no more text comes.
#[derive(Debug)]
pub(crate) enum Malformed {
    /// The system failed, or a limit is reached.
    Read(std::io::Error),
    /// Behind the text so far are bytes that are not in the encoding.
    Bytes,
}

/// The text of a file, from its start.
pub(crate) struct Decoder {
    source: Bytes,
    /// `None` for UTF-8, which is only checked.
    decoder: Option<encoding_rs::Decoder>,
    buffer: Vec<u8>,
    /// Bytes of the buffer that wait for the rest of their character.
    held: usize,
    /// Whether malformed bytes are an error; otherwise each becomes U+FFFD.
    is_strict: bool,
    is_start: bool,
    is_end: bool,
}

impl Decoder {
    /// Decodes bytes. With `is_strict`, malformed bytes are an error.
    pub(crate) fn new(source: Bytes, encoding: &'static Encoding, is_strict: bool) -> Decoder {
        let decoder = (encoding != UTF_8).then(|| encoding.new_decoder_with_bom_removal());
        Decoder { source, decoder, buffer: vec![0; PIECE_BYTES], held: 0, is_strict, is_start: true, is_end: false }
    }

    /// Adds the next piece to `text`. Returns whether more may come.
    pub(crate) fn read_into(&mut self, text: &mut String) -> Result<bool, Malformed> {
        if self.is_end {
            return Ok(false);
        }
        let count = self.source.read(&mut self.buffer[self.held..]).map_err(Malformed::Read)?;
        self.is_end = count == 0;
        let filled = self.held + count;
        let held = match &mut self.decoder {
            None => add_utf8(&self.buffer[..filled], count == 0, self.is_strict, text),
            Some(decoder) => add_decoded(decoder, &self.buffer[..filled], count == 0, self.is_strict, text),
        };
        self.held = held?;
        self.buffer.copy_within(filled - self.held..filled, 0);
        if self.is_start && !text.is_empty() {
            self.is_start = false;
            if text.starts_with('\u{FEFF}') {
                text.drain(..'\u{FEFF}'.len_utf8());
            }
        }
        Ok(count > 0)
    }

    /// Returns how many bytes of the file were read, and its length.
    pub(crate) fn progress(&self) -> (u64, u64) {
        self.source.progress()
    }
}

/// Adds what is valid, and returns how many bytes at the end are the beginning of a character.
fn add_utf8(mut bytes: &[u8], is_end: bool, is_strict: bool, text: &mut String) -> Result<usize, Malformed> {
    loop {
        let error = match std::str::from_utf8(bytes) {
            Ok(valid) => {
                text.push_str(valid);
                return Ok(0);
            }
            Err(error) => error,
        };
        let (valid, rest) = bytes.split_at(error.valid_up_to());
        text.push_str(&String::from_utf8_lossy(valid));
        match error.error_len() {
            None if !is_end => return Ok(rest.len()),
            _ if is_strict => return Err(Malformed::Bytes),
            length => {
                text.push('\u{FFFD}');
                bytes = &rest[length.unwrap_or(rest.len())..];
            }
        }
    }
}

/// Adds decoded text; the decoder itself keeps the beginning of a character.
fn add_decoded(
    decoder: &mut encoding_rs::Decoder,
    mut bytes: &[u8],
    is_end: bool,
    is_strict: bool,
    text: &mut String,
) -> Result<usize, Malformed> {
    loop {
        text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3).max(16));
        let (is_done, read) = if is_strict {
            let (result, read) = decoder.decode_to_string_without_replacement(bytes, text, is_end);
            if matches!(result, DecoderResult::Malformed(..)) {
                return Err(Malformed::Bytes);
            }
            (matches!(result, DecoderResult::InputEmpty), read)
        } else {
            let (result, read, _) = decoder.decode_to_string(bytes, text, is_end);
            (matches!(result, CoderResult::InputEmpty), read)
        };
        bytes = &bytes[read..];
        if is_done {
            return Ok(0);
        }
    }
}
