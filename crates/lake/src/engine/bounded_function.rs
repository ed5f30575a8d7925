//! Functions of the engine that multiply, with a limit: too large a value is an error, before it is made.

use std::sync::Arc;

use datafusion::arrow::array::{Array, ArrayRef};
use datafusion::arrow::compute::concat;
use datafusion::arrow::datatypes::{DataType, FieldRef};
use datafusion::common::{DataFusionError, Result};
use datafusion::execution::FunctionRegistry;
use datafusion::logical_expr::simplify::{ExprSimplifyResult, SimplifyContext};
use datafusion::logical_expr::{
    ColumnarValue, Documentation, Expr, ReturnFieldArgs, ScalarFunctionArgs, ScalarUDF, ScalarUDFImpl, Signature,
};

use super::growth::Growth;
use super::limits::{BATCH_BYTES_MAX, CONSTANT_BYTES_MAX, VALUE_BYTES_MAX, bytes};

/// The functions that multiply.
const GROWING: [(&str, Growth); 15] = [
    ("repeat", Growth::Repeat),
    ("lpad", Growth::Pad),
    ("rpad", Growth::Pad),
    ("replace", Growth::Replace),
    ("regexp_replace", Growth::ReplaceMatches),
    ("levenshtein", Growth::Pairs),
    ("array_repeat", Growth::RepeatElement),
    ("array_resize", Growth::Resize),
    ("range", Growth::Series),
    ("generate_series", Growth::Series),
    ("array_to_string", Growth::Join),
    ("array_replace", Growth::ReplaceElements),
    ("array_replace_n", Growth::ReplaceElements),
    ("array_replace_all", Growth::ReplaceElements),
    ("regexp_match", Growth::Groups),
];

/// The functions that cast to any type of the engine, as text.
const CASTING: [&str; 2] = ["arrow_cast", "arrow_try_cast"];

/// The longest value of a type of fixed size that may be cast to.
const FIXED_BYTES_MAX: usize = 1_024;

/// Returns the functions that take the place of those in the registry which have no limit.
pub(crate) fn bounded_functions(registry: &dyn FunctionRegistry) -> Vec<ScalarUDF> {
    let growing = GROWING.iter().map(|(name, growth)| (*name, Some(*growth)));
    growing
        .chain(CASTING.iter().map(|name| (*name, None)))
        .filter_map(|(name, growth)| Some(ScalarUDF::from(BoundedFunction { inner: registry.udf(name).ok()?, growth })))
        .collect()
}

/// A value would be beyond the limit.
#[derive(Debug, thiserror::Error)]
#[error("{problem}")]
pub(crate) struct TooLarge {
    /// The function that would make it; empty if no function of its own.
    pub(crate) function: String,
    problem: String,
}

impl TooLarge {
    /// Returns what is wrong with a value of a function.
    pub(crate) fn new(function: &str, problem: String) -> TooLarge {
        TooLarge { function: function.to_owned(), problem }
    }
}

/// A function of the engine with a limit.
#[derive(Debug, PartialEq, Eq, Hash)]
struct BoundedFunction {
    inner: Arc<ScalarUDF>,
    /// How it multiplies; `None` if its type is what may be too large.
    growth: Option<Growth>,
}

impl BoundedFunction {
    fn too_large(&self, problem: String) -> DataFusionError {
        let function = self.inner.name();
        DataFusionError::External(Box::new(TooLarge::new(function, format!("`{function}` {problem}"))))
    }

    /// Checks one value.
    fn check_value(&self, found: u64, limit: u64, what: &str) -> Result<()> {
        if found <= limit {
            return Ok(());
        }
        let (found, limit) = (bytes(found), bytes(limit));
        Err(self.too_large(format!("would make {what} of about {found}: expected at most {limit}; give it less")))
    }

    /// Returns the values of some rows. Many are made part after part: the sizes told before are often too large.
    fn values(&self, args: &ScalarFunctionArgs, rows: Rows<'_>) -> Result<Vec<ArrayRef>> {
        let sizes: u64 = (rows.from..rows.to).fold(0, |sum, row| sum.saturating_add(rows.sizes[row]));
        let count = rows.to - rows.from;
        if sizes > VALUE_BYTES_MAX && count > 1 {
            let middle = rows.from + count / 2;
            let mut made = self.values(args, Rows { to: middle, ..rows })?;
            made.extend(self.values(args, Rows { from: middle, ..rows })?);
            let total: u64 = made.iter().map(|array| array.to_data().get_slice_memory_size().unwrap_or(0) as u64).sum();
            self.check_value(total, BATCH_BYTES_MAX, "values")?;
            return Ok(made);
        }
        let part = |argument: &ColumnarValue| match argument {
            ColumnarValue::Array(array) => ColumnarValue::Array(array.slice(rows.from, count)),
            scalar => scalar.clone(),
        };
        let part =
            ScalarFunctionArgs { args: args.args.iter().map(part).collect(), number_rows: count, ..args.clone() };
        Ok(vec![self.inner.invoke_with_args(part)?.into_array(count)?])
    }
}

/// Some of the rows of a batch, and the sizes of all of them.
#[derive(Clone, Copy)]
struct Rows<'a> {
    from: usize,
    to: usize,
    sizes: &'a [u64],
}

impl ScalarUDFImpl for BoundedFunction {
    fn name(&self) -> &str {
        self.inner.name()
    }

    fn aliases(&self) -> &[String] {
        self.inner.aliases()
    }

    fn signature(&self) -> &Signature {
        self.inner.signature()
    }

    fn return_type(&self, arguments: &[DataType]) -> Result<DataType> {
        self.inner.inner().return_type(arguments)
    }

    fn return_field_from_args(&self, args: ReturnFieldArgs) -> Result<FieldRef> {
        let field = self.inner.inner().return_field_from_args(args)?;
        match fixed_bytes(field.data_type()) {
            bytes if bytes <= FIXED_BYTES_MAX => Ok(field),
            bytes => Err(self.too_large(format!(
                "to a type of {bytes} bytes a value: expected at most {FIXED_BYTES_MAX}; each missing value takes as many"
            ))),
        }
    }

    fn is_strict(&self) -> bool {
        self.inner.inner().is_strict()
    }

    fn coerce_types(&self, arguments: &[DataType]) -> Result<Vec<DataType>> {
        self.inner.inner().coerce_types(arguments)
    }

    fn simplify(&self, args: Vec<Expr>, info: &SimplifyContext) -> Result<ExprSimplifyResult> {
        self.inner.inner().simplify(args, info)
    }

    fn documentation(&self) -> Option<&Documentation> {
        self.inner.inner().documentation()
    }

    fn invoke_with_args(&self, args: ScalarFunctionArgs) -> Result<ColumnarValue> {
        let Some(growth) = self.growth else { return self.inner.invoke_with_args(args) };
        let is_constant = args.args.iter().all(|argument| matches!(argument, ColumnarValue::Scalar(_)));
        let rows = if is_constant { 1 } else { args.number_rows };
        let array = |argument: &ColumnarValue| match argument {
            ColumnarValue::Array(array) => Ok(array.clone()),
            ColumnarValue::Scalar(scalar) => scalar.to_array(),
        };
        let arrays: Vec<ArrayRef> = args.args.iter().map(array).collect::<Result<_>>()?;
        let sizes: Vec<u64> = (0..rows).map(|row| growth.bytes(&arrays, row)).collect();
        let largest = sizes.iter().copied().max().unwrap_or(0);
        if is_constant {
            self.check_value(largest, CONSTANT_BYTES_MAX, "a constant")?;
            return self.inner.invoke_with_args(args);
        }
        self.check_value(largest, VALUE_BYTES_MAX, "a value")?;
        if sizes.iter().sum::<u64>() <= VALUE_BYTES_MAX {
            return self.inner.invoke_with_args(args);
        }
        let made = self.values(&args, Rows { from: 0, to: rows, sizes: &sizes })?;
        let made: Vec<&dyn Array> = made.iter().map(AsRef::as_ref).collect();
        Ok(ColumnarValue::Array(concat(&made)?))
    }
}

/// Returns the bytes that each value of a type takes, even a missing one, beyond those of a number.
fn fixed_bytes(data_type: &DataType) -> usize {
    match data_type {
        DataType::FixedSizeBinary(size) => usize::try_from(*size).unwrap_or(0),
        DataType::FixedSizeList(element, size) => {
            let element = element.data_type();
            let width = element.primitive_width().unwrap_or(1).max(fixed_bytes(element));
            usize::try_from(*size).unwrap_or(0).saturating_mul(width)
        }
        DataType::List(element) | DataType::LargeList(element) => fixed_bytes(element.data_type()),
        DataType::Struct(fields) => fields.iter().map(|field| fixed_bytes(field.data_type())).sum(),
        _ => 0,
    }
}
