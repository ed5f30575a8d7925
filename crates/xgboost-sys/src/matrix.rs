//! Rows as XGBoost takes them.

use std::ffi::CStr;
use std::ptr;

use crate::Error;
use crate::error::{c_string, check, silence};
use crate::ffi;

/// What the numbers of a column mean to XGBoost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FeatureType {
    /// A quantity: `q`.
    Quantity,
    /// A whole number: `i`.
    Integer,
    /// The code of a category, from 0 up: `c`.
    Category,
}

/// A copy of some rows, owned by XGBoost.
///
/// It is `Send`: XGBoost ties nothing in it to the thread that made it. It is not `Sync`: XGBoost builds its quantile
/// index inside the matrix when a booster first trains on it, without a lock. Give each thread its own.
#[derive(Debug)]
pub struct DMatrix {
    pub(crate) handle: ffi::DMatrixHandle,
    pub(crate) rows: usize,
    pub(crate) columns: usize,
}

// SAFETY: see the type's comment. The handle is owned, and `&mut` or ownership moves with it.
unsafe impl Send for DMatrix {}

impl DMatrix {
    /// Copies row-major values, in which NaN is missing, on this many threads (0: all cores).
    pub fn from_dense(values: &[f32], rows: usize, columns: usize, threads: usize) -> Result<DMatrix, Error> {
        const FUNCTION: &str = "XGDMatrixCreateFromDense";
        if rows.checked_mul(columns) != Some(values.len()) {
            let message = format!("{} values are not {rows} rows of {columns} columns", values.len());
            return Err(Error::new(FUNCTION, message));
        }
        if values.is_empty() {
            return Err(Error::new(FUNCTION, format!("a matrix of {rows} rows and {columns} columns has no values")));
        }
        silence();
        let data = c_string(FUNCTION, &array_interface(values, &[rows, columns]))?;
        let config = c_string(FUNCTION, &format!(r#"{{"missing": NaN, "nthread": {threads}}}"#))?;
        let mut handle = ptr::null_mut();
        // SAFETY: `data` describes `values`, whose length was checked above and which outlive the call; XGBoost copies.
        check(FUNCTION, unsafe { ffi::XGDMatrixCreateFromDense(data.as_ptr(), config.as_ptr(), &mut handle) })?;
        Ok(DMatrix { handle, rows, columns })
    }

    /// Returns the number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Returns the number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Sets the label of each row.
    pub fn set_labels(&mut self, labels: &[f32]) -> Result<(), Error> {
        self.set_info(c"label", labels)
    }

    /// Sets how much each row counts.
    pub fn set_weights(&mut self, weights: &[f32]) -> Result<(), Error> {
        self.set_info(c"weight", weights)
    }

    /// Sets the name of each column.
    pub fn set_feature_names(&mut self, names: &[&str]) -> Result<(), Error> {
        self.set_strings(c"feature_name", names)
    }

    /// Sets what each column's numbers mean.
    pub fn set_feature_types(&mut self, types: &[FeatureType]) -> Result<(), Error> {
        let letters: Vec<&str> = types.iter().map(|feature_type| feature_type.letter()).collect();
        self.set_strings(c"feature_type", &letters)
    }

    pub(crate) fn handle(&self) -> ffi::DMatrixHandle {
        self.handle
    }

    fn set_info(&mut self, field: &CStr, values: &[f32]) -> Result<(), Error> {
        const FUNCTION: &str = "XGDMatrixSetInfoFromInterface";
        if values.len() != self.rows {
            let message = format!("{} values of `{}` for {} rows", values.len(), field.to_string_lossy(), self.rows);
            return Err(Error::new(FUNCTION, message));
        }
        let data = c_string(FUNCTION, &array_interface(values, &[self.rows]))?;
        // SAFETY: the handle is live and `data` describes `values`, which outlive the call; XGBoost copies.
        check(FUNCTION, unsafe { ffi::XGDMatrixSetInfoFromInterface(self.handle, field.as_ptr(), data.as_ptr()) })
    }

    fn set_strings(&mut self, field: &CStr, strings: &[&str]) -> Result<(), Error> {
        const FUNCTION: &str = "XGDMatrixSetStrFeatureInfo";
        if strings.len() != self.columns {
            let field = field.to_string_lossy();
            let message = format!("{} values of `{field}` for {} columns", strings.len(), self.columns);
            return Err(Error::new(FUNCTION, message));
        }
        let strings = strings.iter().map(|string| c_string(FUNCTION, string)).collect::<Result<Vec<_>, _>>()?;
        let mut pointers: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
        let (array, size) = (pointers.as_mut_ptr().cast_const(), pointers.len() as u64);
        // SAFETY: the array holds `size` terminated strings, which outlive the call; XGBoost copies.
        check(FUNCTION, unsafe { ffi::XGDMatrixSetStrFeatureInfo(self.handle, field.as_ptr(), array, size) })
    }
}

impl Drop for DMatrix {
    fn drop(&mut self) {
        // SAFETY: the handle is live and nobody uses it after this. Boosters hold their own share of the matrix.
        // The call fails only for a null handle, which is never stored.
        unsafe { ffi::XGDMatrixFree(self.handle) };
    }
}

impl FeatureType {
    pub(crate) fn letter(self) -> &'static str {
        match self {
            FeatureType::Quantity => "q",
            FeatureType::Integer => "i",
            FeatureType::Category => "c",
        }
    }
}

/// Returns numpy's `__array_interface__`, by which XGBoost reads an array: its address, shape and type.
pub(crate) fn array_interface(values: &[f32], shape: &[usize]) -> String {
    let byte_order = if cfg!(target_endian = "little") { '<' } else { '>' };
    let address = values.as_ptr() as usize;
    format!(r#"{{"data": [{address}, true], "shape": {shape:?}, "typestr": "{byte_order}f4", "version": 3}}"#)
}
