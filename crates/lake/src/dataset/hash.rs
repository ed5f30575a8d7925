//! Hashes of rows: the same for the same values, whatever their encoding and the engine that computed them.

use datafusion::arrow::array::{Array, ArrayRef, AsArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::{DataType, Field, Float64Type, Int64Type, TimestampMicrosecondType};
use datafusion::arrow::error::ArrowError;
use sha2::{Digest, Sha256};

use super::manifest::{ColumnKind, ColumnManifest};
use crate::hash::hex;
use crate::timestamp::timestamp_type;

/// The values of one column, part after part.
pub(super) struct ColumnHash {
    name: String,
    /// The simplest type that holds all values: in it they are hashed.
    plain: DataType,
    hasher: Sha256,
    missing: usize,
}

impl ColumnHash {
    pub(super) fn new(field: &Field) -> ColumnHash {
        let plain = match field.data_type() {
            DataType::Boolean => DataType::Boolean,
            DataType::Timestamp(..) => timestamp_type(),
            kind if kind.is_integer() => DataType::Int64,
            kind if kind.is_numeric() => DataType::Float64,
            _ => DataType::Utf8,
        };
        ColumnHash { name: field.name().clone(), plain, hasher: Sha256::new(), missing: 0 }
    }

    /// Adds values: for each whether it is present, then its bytes; for text, their number first.
    pub(super) fn add(&mut self, array: &ArrayRef) -> Result<(), ArrowError> {
        let array = cast(array, &self.plain)?;
        self.missing += array.null_count();
        let mut bytes: Vec<u8> = Vec::with_capacity(array.len() * 9);
        match self.plain {
            DataType::Boolean => each(&mut bytes, array.as_boolean(), |flag| [u8::from(flag)]),
            DataType::Int64 => each(&mut bytes, array.as_primitive::<Int64Type>(), i64::to_le_bytes),
            DataType::Float64 => {
                each(&mut bytes, array.as_primitive::<Float64Type>(), |number| number.to_bits().to_le_bytes());
            }
            DataType::Timestamp(..) => {
                each(&mut bytes, array.as_primitive::<TimestampMicrosecondType>(), i64::to_le_bytes);
            }
            _ => {
                for text in array.as_string::<i32>() {
                    bytes.push(u8::from(text.is_some()));
                    if let Some(text) = text {
                        bytes.extend((text.len() as u64).to_le_bytes());
                        bytes.extend(text.as_bytes());
                    }
                }
            }
        }
        self.hasher.update(&bytes);
        Ok(())
    }

    pub(super) fn finish(self) -> ColumnManifest {
        let kind = match self.plain {
            DataType::Boolean => ColumnKind::Flag,
            DataType::Int64 => ColumnKind::Integer,
            DataType::Float64 => ColumnKind::Number,
            DataType::Timestamp(..) => ColumnKind::Timestamp,
            _ => ColumnKind::Text,
        };
        ColumnManifest { name: self.name, kind, missing: self.missing, hash: hex(self.hasher.finalize()) }
    }
}

/// Returns the hash of a table of these columns.
pub(super) fn of_columns(rows: usize, columns: &[ColumnManifest]) -> String {
    let mut hasher = Sha256::new();
    hasher.update((rows as u64).to_le_bytes());
    for column in columns {
        for text in [column.name.as_str(), hashed_word(column.kind), column.hash.as_str()] {
            hasher.update((text.len() as u64).to_le_bytes());
            hasher.update(text.as_bytes());
        }
    }
    hex(hasher.finalize())
}

/// Returns the word for a kind in a hash. It never changes, or every data set would get another id.
fn hashed_word(kind: ColumnKind) -> &'static str {
    match kind {
        ColumnKind::Timestamp => "moment",
        kind => kind.word(),
    }
}

fn each<T, const N: usize>(
    bytes: &mut Vec<u8>,
    values: impl IntoIterator<Item = Option<T>>,
    of: impl Fn(T) -> [u8; N],
) {
    for value in values {
        bytes.push(u8::from(value.is_some()));
        if let Some(value) = value {
            bytes.extend(of(value));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use datafusion::arrow::array::{Float32Array, Float64Array, StringArray, StringViewArray};

    use super::*;

    fn hash(arrays: &[ArrayRef]) -> ColumnManifest {
        let mut column = ColumnHash::new(&Field::new("x", arrays[0].data_type().clone(), true));
        arrays.iter().for_each(|array| column.add(array).expect("a plain type"));
        column.finish()
    }

    #[test]
    fn the_hash_ignores_text_encoding_and_chunking() {
        let plain: ArrayRef = Arc::new(StringArray::from(vec![Some("ada"), None, Some("")]));
        let view: ArrayRef = Arc::new(StringViewArray::from(vec![Some("ada"), None, Some("")]));
        let whole = hash(std::slice::from_ref(&plain));
        assert_eq!(whole, hash(&[view]));
        assert_eq!(whole, hash(&[plain.slice(0, 1), plain.slice(1, 2)]));
        assert_eq!(whole.missing, 1);
    }

    #[test]
    fn the_hash_depends_on_the_position_of_each_value() {
        let texts = |texts: [&str; 2]| -> ArrayRef { Arc::new(StringArray::from(texts.to_vec())) };
        assert_ne!(hash(&[texts(["ab", "c"])]).hash, hash(&[texts(["a", "bc"])]).hash);
        let numbers = |numbers: [Option<f64>; 2]| -> ArrayRef { Arc::new(Float64Array::from(numbers.to_vec())) };
        assert_ne!(hash(&[numbers([Some(0.0), None])]).hash, hash(&[numbers([None, Some(0.0)])]).hash);
        assert_ne!(hash(&[numbers([Some(0.0), None])]).hash, hash(&[numbers([Some(-0.0), None])]).hash);
    }

    #[test]
    fn the_hash_ignores_the_width_of_numbers() {
        let narrow: ArrayRef = Arc::new(Float32Array::from(vec![0.5]));
        let wide: ArrayRef = Arc::new(Float64Array::from(vec![0.5]));
        assert_eq!(hash(&[narrow]), hash(&[wide]));
    }
}
