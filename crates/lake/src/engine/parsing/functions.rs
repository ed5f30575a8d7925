//! The functions for the engine.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use datafusion::arrow::array::timezone::Tz;
use datafusion::arrow::array::{ArrayRef, AsArray, BooleanArray, Float64Array, StringArray};
use datafusion::arrow::compute::cast;
use datafusion::arrow::datatypes::DataType;
use datafusion::common::{DataFusionError, Result, ScalarValue};
use datafusion::logical_expr::{
    ColumnarValue, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature, TypeSignature, Volatility,
};
use plumb_tables::{parse_flag_cell, parse_number_cell};

use super::faults::{CellFaults, fault_number, fault_time};
use super::forms::{FLAG_EXPECTED, Named, number_form, time, time_form};
use crate::timestamp::{self, timestamp_array, timestamp_type};

/// What a function returns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Parsing {
    Number,
    Time,
    Flag,
    /// A flag as 1 or 0, or as the number that stands for a text that is none.
    FlagCode,
}

/// A function that reads texts.
#[derive(Debug)]
pub(super) struct ParsingFunction {
    pub(super) parsing: Parsing,
    signature: Signature,
    pub(super) faults: CellFaults,
}

/// Returns the functions; the texts that they cannot read are noted in `faults`.
pub(crate) fn parsing_functions(faults: &CellFaults) -> Vec<ScalarUDF> {
    let all = [Parsing::Number, Parsing::Time, Parsing::Flag, Parsing::FlagCode];
    all.into_iter().map(|parsing| ScalarUDF::from(ParsingFunction::new(parsing, faults))).collect()
}

impl ParsingFunction {
    pub(super) fn new(parsing: Parsing, faults: &CellFaults) -> ParsingFunction {
        let texts = |count| TypeSignature::Exact(vec![DataType::Utf8; count]);
        let signature = match parsing {
            Parsing::Number => texts(2),
            Parsing::Time => TypeSignature::OneOf(vec![texts(1), texts(2), texts(3)]),
            Parsing::Flag | Parsing::FlagCode => texts(1),
        };
        let signature = Signature::new(signature, Volatility::Immutable);
        ParsingFunction { parsing, signature, faults: faults.clone() }
    }

    fn parse(&self, texts: &StringArray, forms: &[Option<&str>]) -> Result<ArrayRef> {
        let wrong = |problem: String| DataFusionError::Plan(format!("`{}`: {problem}", self.name()));
        Ok(match self.parsing {
            Parsing::Number => {
                let name = forms.first().copied().flatten().unwrap_or("NULL");
                let Named { form, expected } = number_form(name).map_err(wrong)?;
                Arc::new(self.numbers(texts, &expected, |text| parse_number_cell(text, &form)))
            }
            Parsing::FlagCode => {
                let code = |text: &str| parse_flag_cell(text).map(|flag| f64::from(u8::from(flag)));
                Arc::new(self.numbers(texts, FLAG_EXPECTED, code))
            }
            Parsing::Flag => {
                let flags: BooleanArray = present(texts)
                    .map(|text| {
                        let flag = parse_flag_cell(text?);
                        if flag.is_none() {
                            self.faults.add(text?, FLAG_EXPECTED);
                        }
                        flag
                    })
                    .collect();
                Arc::new(flags)
            }
            // The form that everybody knows: what is none is missing, as the caller asks for no form.
            Parsing::Time if forms.is_empty() => {
                timestamp_array(texts.iter().map(|text| text.and_then(timestamp::parse)))
            }
            Parsing::Time => {
                let name = forms.first().copied().flatten().unwrap_or("NULL");
                let Named { form, expected } = time_form(name).map_err(wrong)?;
                let zone = forms.get(1).map(|zone| zone_named(zone.unwrap_or("NULL"))).transpose().map_err(wrong)?;
                timestamp_array(present(texts).map(|text| {
                    let text = text?;
                    let fault = || fault_time(self.faults.add(text, &expected));
                    Some(time(text, form, zone).unwrap_or_else(fault))
                }))
            }
        })
    }

    fn numbers(&self, texts: &StringArray, expected: &str, number: impl Fn(&str) -> Option<f64>) -> Float64Array {
        let of = |text: &str| number(text).unwrap_or_else(|| fault_number(self.faults.add(text, expected)));
        present(texts).map(|text| text.map(of)).collect()
    }
}

/// Returns the texts trimmed; an empty one is missing.
fn present(texts: &StringArray) -> impl Iterator<Item = Option<&str>> {
    texts.iter().map(|text| text.map(str::trim).filter(|text| !text.is_empty()))
}

fn zone_named(name: &str) -> Result<Tz, String> {
    name.parse().map_err(|_| {
        format!("unknown time zone '{name}': expected a name as 'Europe/Berlin', or an offset as '+02:00'")
    })
}

impl ScalarUDFImpl for ParsingFunction {
    fn name(&self) -> &str {
        match self.parsing {
            Parsing::Number => "parse_number",
            Parsing::Time => "parse_timestamp",
            Parsing::Flag => "parse_flag",
            Parsing::FlagCode => "parse_flag_code",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(match self.parsing {
            Parsing::Number | Parsing::FlagCode => DataType::Float64,
            Parsing::Time => timestamp_type(),
            Parsing::Flag => DataType::Boolean,
        })
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let (first, forms) = args
            .args
            .split_first()
            .ok_or_else(|| DataFusionError::Internal(format!("`{}` without an argument", self.name())))?;
        let forms = forms.iter().map(|form| match form {
            ColumnarValue::Scalar(ScalarValue::Utf8(form)) => Ok(form.as_deref()),
            _ => Err(DataFusionError::Plan(format!("`{}`: expected the form as a text in quotes", self.name()))),
        });
        let forms: Vec<Option<&str>> = forms.collect::<Result<_>>()?;
        let is_constant = matches!(first, ColumnarValue::Scalar(_));
        let texts = cast(&first.to_array(if is_constant { 1 } else { args.number_rows })?, &DataType::Utf8)?;
        let values = self.parse(texts.as_string::<i32>(), &forms)?;
        if is_constant {
            return Ok(ColumnarValue::Scalar(ScalarValue::try_from_array(&values, 0)?));
        }
        Ok(ColumnarValue::Array(values))
    }
}

impl PartialEq for ParsingFunction {
    fn eq(&self, other: &ParsingFunction) -> bool {
        self.parsing == other.parsing
    }
}

impl Eq for ParsingFunction {}

impl Hash for ParsingFunction {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.parsing.hash(state);
    }
}
