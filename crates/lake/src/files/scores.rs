//! A Parquet file of scores, written block by block.

use std::io::Write;
use std::sync::Arc;

use datafusion::arrow::array::{
    ArrayRef, Float64Array, Float64Builder, ListBuilder, StringArray, StringBuilder, StructBuilder, UInt64Array,
};
use datafusion::arrow::datatypes::{DataType, Field, Fields, Schema, SchemaRef};
use datafusion::arrow::error::ArrowError;
use datafusion::arrow::record_batch::RecordBatch;
use datafusion::parquet::arrow::ArrowWriter;
use plumb_lead::{Band, Reason, Score};

use crate::error::Error;
use crate::files::parquet_files::parquet_writer;

/// A row group is in memory until it is full; readers hold one as well.
const ROW_GROUP_ROWS: usize = 65_536;

/// Scores of some rows, one each in every list.
#[derive(Clone, Debug)]
pub struct Scores {
    /// The number of each row in its file, from 1.
    pub numbers: Vec<u64>,
    /// The id of each row, if there is one.
    pub ids: Option<Vec<Option<String>>>,
    /// The probabilities.
    pub scores: Vec<Score>,
    /// Their ranges.
    pub bands: Vec<Band>,
    /// The most important reasons of each, largest first.
    pub reasons: Vec<Vec<Reason>>,
    /// What each feature contributed to each margin, if wanted.
    pub contributions: Option<Contributions>,
}

/// What each feature contributed to the margins of some rows.
#[derive(Clone, Debug)]
pub struct Contributions {
    /// The margin that all rows start from.
    pub base: f64,
    /// The number of features.
    pub columns: usize,
    /// A value a feature, row by row.
    pub values: Vec<f64>,
}

/// The columns of a file of scores.
#[derive(Clone, Debug)]
pub struct ScoreColumns(SchemaRef);

/// Scores ready to be written: encoding is most of the work and can be done for several blocks at once.
#[derive(Debug)]
pub struct Encoded(RecordBatch);

/// A file of scores that is being written.
pub struct ScoreWriter<W: Write + Send> {
    writer: ArrowWriter<W>,
}

impl ScoreColumns {
    /// Returns the columns, with one for the rows' ids, and one for each of some features' contributions.
    pub fn new(with_ids: bool, contributions: Option<&[String]>) -> ScoreColumns {
        let mut fields = vec![Field::new("row", DataType::UInt64, false)];
        fields.extend(with_ids.then(|| Field::new("id", DataType::Utf8, true)));
        fields.push(Field::new("score", DataType::Float64, false));
        fields.push(Field::new("band", DataType::Utf8, false));
        let reason = Field::new("item", DataType::Struct(reason_fields()), true);
        fields.push(Field::new("reasons", DataType::List(Arc::new(reason)), false));
        if let Some(features) = contributions {
            fields.push(Field::new("base", DataType::Float64, false));
            let contribution = |name: &String| Field::new(format!("contribution_{name}"), DataType::Float64, false);
            fields.extend(features.iter().map(contribution));
        }
        ScoreColumns(Arc::new(Schema::new(fields)))
    }

    /// Encodes scores.
    pub fn encode(&self, scores: &Scores) -> Result<Encoded, Error> {
        let mut columns: Vec<ArrayRef> = vec![Arc::new(UInt64Array::from(scores.numbers.clone()))];
        if let Some(ids) = &scores.ids {
            columns.push(Arc::new(ids.iter().map(Option::as_deref).collect::<StringArray>()));
        }
        columns.push(Arc::new(Float64Array::from_iter_values(scores.scores.iter().map(|score| score.get()))));
        columns.push(Arc::new(StringArray::from_iter_values(scores.bands.iter().map(|band| band.letter()))));
        columns.push(reasons(&scores.reasons));
        if let Some(Contributions { base, columns: width, values }) = &scores.contributions {
            columns.push(Arc::new(Float64Array::from_value(*base, scores.scores.len())));
            let of_feature = |feature: usize| values.iter().skip(feature).step_by((*width).max(1)).copied();
            columns.extend(
                (0..*width).map(|feature| Arc::new(Float64Array::from_iter_values(of_feature(feature))) as ArrayRef),
            );
        }
        let batch: Result<RecordBatch, ArrowError> = RecordBatch::try_new(self.0.clone(), columns);
        Ok(Encoded(batch.map_err(Error::engine("put scores into columns"))?))
    }
}

impl<W: Write + Send> ScoreWriter<W> {
    /// Begins a file.
    pub fn start(to: W, columns: &ScoreColumns) -> Result<ScoreWriter<W>, Error> {
        Ok(ScoreWriter { writer: parquet_writer(to, columns.0.clone(), Some(ROW_GROUP_ROWS))? })
    }

    /// Adds rows.
    pub fn write(&mut self, encoded: &Encoded) -> Result<(), Error> {
        self.writer.write(&encoded.0).map_err(Error::engine("write a Parquet file"))
    }

    /// Ends the file, which is not a Parquet file without this.
    pub fn finish(self) -> Result<W, Error> {
        self.writer.into_inner().map_err(Error::engine("finish a Parquet file"))
    }
}

fn reason_fields() -> Fields {
    Fields::from(vec![
        Field::new("field", DataType::Utf8, false),
        Field::new("text", DataType::Utf8, false),
        Field::new("value", DataType::Utf8, true),
        Field::new("contribution", DataType::Float64, false),
    ])
}

fn reasons(rows: &[Vec<Reason>]) -> ArrayRef {
    let mut list = ListBuilder::new(StructBuilder::from_fields(reason_fields(), rows.len()));
    for reasons in rows {
        let entries = list.values();
        for reason in reasons {
            let texts = [Some(reason.field.as_str()), Some(reason.text.as_str()), reason.value.as_deref()];
            for (column, text) in texts.into_iter().enumerate() {
                if let Some(builder) = entries.field_builder::<StringBuilder>(column) {
                    builder.append_option(text);
                }
            }
            if let Some(builder) = entries.field_builder::<Float64Builder>(texts.len()) {
                builder.append_value(reason.contribution);
            }
            entries.append(true);
        }
        list.append(true);
    }
    Arc::new(list.finish())
}
