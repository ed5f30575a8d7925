//! Rows and scores as protobuf records in a RecordIO stream, the format of SageMaker's own algorithms
//! (`application/x-recordio-protobuf`). It is read by hand: the crates that read it bring MXNet's whole data loader along,
//! and the framing is 30 lines.
//!
//! A stream is a sequence of frames: a magic number, a length, so many bytes, and zeros up to a multiple of 4. Each holds a
//! record, whose features are one tensor under the name `values`: dense, or with `keys` that say which features are
//! there. A score is the record's label `score`, in 32 bits.

use std::borrow::Cow;

use plumb_lead::Feature;
use prost::Message;
use serde_json::Value as Json;

use super::csv_cells::order;
use super::positional;
use super::recordio_messages::{Float32Tensor, Record, Tensor, Value};
use crate::http::cost;
use crate::http::error::Error;
use crate::http::middleware::request_memory::RequestMemory;
use crate::serving::Instance;

const MAGIC: [u8; 4] = 0xced7_230a_u32.to_le_bytes();

/// The bits of a length that say which part of a record a frame is; the rest is the length.
const PART_SHIFT: u32 = 29;

/// Dimensions of a wrong shape that a message lists.
const DIMENSIONS_LISTED: usize = 4;

/// So many times its own size a message may have in memory: an entry of a map has seven bytes at least.
const MESSAGE_COPIES: usize = 32;

/// The name under which features stand.
const VALUES: &str = "values";

/// Reads rows.
pub(super) fn read(body: &[u8], features: &[Feature], memory: &RequestMemory) -> Result<Vec<Instance>, Error> {
    // The list of the records, each of which has a head of eight bytes.
    memory.need(8 * body.len(), || "the body's records".to_owned())?;
    let records = records(body)?;
    cost::check_rows(memory, records.len())?;
    // A message may name many things in few bytes.
    let message = MESSAGE_COPIES * records.iter().map(|record| record.len()).max().unwrap_or_default();
    let cells = cost::cells(records.len(), features) + message / cost::NAMED_CELL_BYTES;
    cost::need_for_names(memory, records.len(), cells)?;
    let records = records.into_iter().enumerate();
    let instances = records.map(|(index, bytes)| row(&bytes, features, &format!("record {}", index + 1)));
    instances.collect()
}

/// Writes a record for each row, with its outputs as labels.
pub(in crate::http) fn write_labels(rows: impl Iterator<Item = Vec<(&'static str, Json)>>) -> Vec<u8> {
    let mut stream = Vec::new();
    for row in rows {
        let label = row.into_iter().map(|(name, value)| {
            let numbers = value.as_array().map_or(std::slice::from_ref(&value), Vec::as_slice);
            let values = numbers.iter().filter_map(|number| Some(number.as_f64()? as f32)).collect();
            let tensor = Tensor::Float32(Float32Tensor { values, ..Float32Tensor::default() });
            (name.to_owned(), Value { tensor: Some(tensor) })
        });
        frame(&Record { label: label.collect(), ..Record::default() }.encode_to_vec(), &mut stream);
    }
    stream
}

/// Appends a record's frame. What is written here is some dozens of bytes, far from where a length would have to be split.
fn frame(record: &[u8], stream: &mut Vec<u8>) {
    stream.extend(MAGIC);
    stream.extend((record.len() as u32).to_le_bytes());
    stream.extend(record);
    stream.resize(stream.len().next_multiple_of(4), 0);
}

/// Splits a stream into records. A record that contains the magic number may come in parts, which were split there.
fn records(stream: &[u8]) -> Result<Vec<Cow<'_, [u8]>>, Error> {
    let mut records: Vec<Cow<[u8]>> = Vec::new();
    let mut partial: Option<Vec<u8>> = None;
    let mut rest = stream;
    while !rest.is_empty() {
        let number = records.len() + 1;
        let wrong = |problem: &str| Err(Error::request(format!("record {number} {problem}")));
        let Some((head, behind)) = rest.split_first_chunk::<8>() else { return wrong("ends within its first 8 bytes") };
        let [m0, m1, m2, m3, l0, l1, l2, l3] = *head;
        if [m0, m1, m2, m3] != MAGIC {
            return wrong("does not begin with RecordIO's magic number 0xced7230a");
        }
        let length_and_part = u32::from_le_bytes([l0, l1, l2, l3]);
        let length = (length_and_part & ((1 << PART_SHIFT) - 1)) as usize;
        let Some((padded, after)) = behind.split_at_checked(length.next_multiple_of(4)) else {
            return wrong(&format!("has {length} bytes by its header, and the body has {} more", behind.len()));
        };
        let data = &padded[..length];
        match (length_and_part >> PART_SHIFT, &mut partial) {
            (0, None) => records.push(data.into()),
            (1, None) => partial = Some(data.to_owned()),
            (part @ (2 | 3), Some(record)) => {
                record.extend(MAGIC);
                record.extend(data);
                if part == 3 {
                    records.extend(partial.take().map(Cow::from));
                }
            }
            _ => return wrong("is in parts that do not follow each other"),
        }
        rest = after;
    }
    match partial {
        None => Ok(records),
        Some(_) => Err(Error::request(format!("record {} has no last part", records.len() + 1))),
    }
}

fn row(bytes: &[u8], features: &[Feature], place: &str) -> Result<Instance, Error> {
    let mut record = Record::decode(bytes)
        .map_err(|error| Error::request(format!("{place} is no `Record` of SageMaker's: {error}")))?;
    let tensor = record.features.remove(VALUES).and_then(|value| value.tensor).ok_or_else(|| {
        Error::request(format!("{place} has no tensor of numbers named `{VALUES}` among its features"))
    })?;
    if !record.features.is_empty() {
        return Err(Error::request(format!("{place} has features beside `{VALUES}`: expected these alone")));
    }
    let (values, keys, shape) = match tensor {
        Tensor::Float32(tensor) => (tensor.values.into_iter().map(f64::from).collect(), tensor.keys, tensor.shape),
        Tensor::Float64(tensor) => (tensor.values, tensor.keys, tensor.shape),
        Tensor::Int32(tensor) => (tensor.values.into_iter().map(f64::from).collect(), tensor.keys, tensor.shape),
    };
    let wrong = |problem: String| Err(Error::request(format!("{place} {problem}")).hint(order(features.iter())));
    let columns = features.len();
    let shaped = shape.iter().try_fold(1_u64, |product, length| product.checked_mul(*length));
    let is_empty_row = values.is_empty() && !shape.is_empty();
    if !shape.is_empty() && shaped != Some(columns as u64) {
        let shape: Vec<String> = shape.iter().take(DIMENSIONS_LISTED).map(u64::to_string).collect();
        return wrong(format!("is of shape [{}]: expected [{columns}]", shape.join(", ")));
    }
    if keys.is_empty() && !is_empty_row {
        if values.len() != columns {
            return wrong(format!("has {} values: expected {columns}", values.len()));
        }
        return positional::instance(features, place, values.into_iter().enumerate());
    }
    if keys.len() != values.len() {
        return wrong(format!("has {} keys and {} values", keys.len(), values.len()));
    }
    let positions = keys.into_iter().map(|key| usize::try_from(key).unwrap_or(usize::MAX));
    positional::instance(features, place, positions.zip(values))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::{ProptestConfig as Cases, any};
    use proptest::sample::Index;

    use super::super::recordio_messages::{Float64Tensor, Int32Tensor};
    use super::super::test_features::{features, values_of};
    use super::*;

    fn stream(records: &[&[u8]]) -> Vec<u8> {
        let mut stream = Vec::new();
        records.iter().for_each(|record| frame(record, &mut stream));
        stream
    }

    fn record(tensor: Tensor) -> Vec<u8> {
        let features = BTreeMap::from([(VALUES.to_owned(), Value { tensor: Some(tensor) })]);
        Record { features, ..Record::default() }.encode_to_vec()
    }

    fn sparse(values: &[f64], keys: &[u64], shape: &[u64]) -> Vec<u8> {
        let (values, keys, shape) = (values.to_vec(), keys.to_vec(), shape.to_vec());
        record(Tensor::Float64(Float64Tensor { values, keys, shape }))
    }

    #[track_caller]
    fn check(body: &[u8], expected: Result<&str, &str>) {
        let memory = RequestMemory::of_test(body);
        let found =
            read(body, &features(), &memory).map(|instances| values_of(&instances)).map_err(|error| error.message);
        match expected {
            Ok(expected) => assert_eq!(found.as_deref(), Ok(expected)),
            Err(part) => assert!(found.as_ref().is_err_and(|message| message.contains(part)), "{part}: {found:?}"),
        }
    }

    #[test]
    fn tensors_of_each_kind_are_rows() {
        let float32 = Tensor::Float32(Float32Tensor { values: vec![30.0, f32::NAN], keys: vec![], shape: vec![] });
        let int32 = Tensor::Int32(Int32Tensor { values: vec![1], keys: vec![1], shape: vec![2] });
        let body = stream(&[&record(float32), &record(int32), &sparse(&[22.5, 0.0], &[], &[1, 2])]);
        check(&body, Ok("age=30|channel=referral|age=22.5 channel=email"));
        check(&stream(&[&sparse(&[], &[], &[2])]), Ok(""));
        // Repeated numbers need not be packed: features["values"].int32_tensor.values = 7 and 1, one field each.
        let unpacked = b"\x0a\x10\x0a\x06values\x12\x06\x3a\x04\x08\x07\x08\x01";
        check(&stream(&[unpacked]), Ok("age=7 channel=referral"));
    }

    #[test]
    fn a_record_in_parts_is_put_together_around_the_magic_number() {
        let whole = [b"before".as_slice(), &MAGIC, b"between", &MAGIC, b"after"].concat();
        let mut body = stream(&[b"first", b"before", b"between", b"after", b"last"]);
        let mut at = 0;
        for part in [0, 1, 2, 3, 0] {
            body[at + 7] |= part << 5;
            at += 8 + usize::from(body[at + 4]).next_multiple_of(4);
        }
        assert_eq!(records(&body).expect("five frames"), [&b"first"[..], &whole, b"last"]);
        body[7] |= 2 << 5;
        check(&body, Err("record 1 is in parts that do not follow each other"));
        let mut partial = stream(&[b"before"]);
        partial[7] |= 1 << 5;
        check(&partial, Err("record 1 has no last part"));
    }

    proptest::proptest! {
        #![proptest_config(Cases { cases: 2000, failure_persistence: None, ..Cases::default() })]
        #[test]
        fn no_stream_makes_the_parser_panic(
            changes in proptest::collection::vec(any::<(Index, u8)>(), 0..8),
            cut in proptest::option::of(any::<Index>()),
        ) {
            let mut body = stream(&[&sparse(&[30.0, 1.0], &[], &[2]), &sparse(&[1.0], &[1], &[1, 2]), &sparse(&[], &[], &[2])]);
            for (at, byte) in changes {
                let at = at.index(body.len());
                body[at] = byte;
            }
            body.truncate(cut.map_or(body.len(), |cut| cut.index(body.len())));
            let rows = read(&body, &features(), &RequestMemory::of_test(&body)).map_or(0, |instances| instances.len());
            proptest::prop_assert!(rows <= body.len() / 8);
        }
    }

    #[test]
    fn malformed_records_are_rejected_with_their_number() {
        let right = sparse(&[30.0, 1.0], &[], &[]);
        let two = |second: &[u8]| stream(&[&right, second]);
        let body = two(&right);
        check(&body[..body.len() - 4], Err("and the body has"));
        check(&body[..body.len() / 2 + 7], Err("record 2 ends within its first 8 bytes"));
        check(b"30,referral", Err("record 1 does not begin with RecordIO's magic number"));
        let mut long = body.clone();
        long[4..8].copy_from_slice(&[0xff, 0xff, 0xff, 0x1f]);
        check(&long, Err("record 1 has 536870911 bytes by its header"));
        check(&two(b""), Err("record 2 has no tensor of numbers named `values`"));
        check(&two(b"\xff\xff"), Err("record 2 is no `Record`"));
        // A tensor that claims more bytes than there are.
        check(&two(b"\x0a\xff\xff\xff\xff\x0f"), Err("record 2 is no `Record`"));
        check(&two(&sparse(&[30.0], &[], &[])), Err("record 2 has 1 values: expected 2"));
        check(&two(&sparse(&[30.0], &[0, 1], &[])), Err("record 2 has 2 keys and 1 values"));
        check(&two(&sparse(&[30.0], &[0], &[3])), Err("record 2 is of shape [3]: expected [2]"));
        check(&two(&sparse(&[30.0], &[0], &[1 << 63, 4])), Err("is of shape"));
        check(&two(&sparse(&[], &[], &[])), Err("has 0 values"));
        check(&two(&sparse(&[1.0], &[2], &[])), Err("record 2 has a value at position 2"));
        check(&two(&sparse(&[1.0], &[u64::MAX], &[])), Err("record 2 has a value at position"));
        check(&two(&sparse(&[1.0, 2.0], &[0, 0], &[])), Err("`age` is in record 2 twice"));
        check(&two(&sparse(&[f64::INFINITY, 1.0], &[], &[])), Err("`age` is `inf` in record 2"));
        check(&two(&sparse(&[3.0, 7.0], &[], &[])), Err("`channel` is `7` in record 2"));
        let named = BTreeMap::from(["values", "more"].map(|name| {
            let tensor = Tensor::Float32(Float32Tensor { values: vec![1.0; 2], ..Float32Tensor::default() });
            (name.to_owned(), Value { tensor: Some(tensor) })
        }));
        let named = Record { features: named, ..Record::default() }.encode_to_vec();
        check(&two(&named), Err("record 2 has features beside `values`"));
    }
}
