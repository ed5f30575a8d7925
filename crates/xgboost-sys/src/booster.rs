//! A model that is being trained or used.

use std::ffi::{CStr, CString, c_int};
use std::{ptr, slice};

use crate::error::{c_string, check, silence};
use crate::ffi;
use crate::{DMatrix, Error};

/// A gradient-boosted model.
///
/// It is `Send`: XGBoost ties nothing in it to the thread that made it, and predictions are copied out of the thread's own
/// buffers before a method returns. Of the matrices that it was made with it keeps weak references, through which it reads
/// their number of columns, which never changes. It is not `Sync`, on purpose: even a prediction writes to the booster (it
/// configures itself when first used and caches the predictions of recent matrices), so two threads at once would race. Use a
/// booster for each thread.
#[derive(Debug)]
pub struct Booster {
    handle: ffi::BoosterHandle,
}

// SAFETY: see the type's comment. The handle is owned, and moves with the value.
unsafe impl Send for Booster {}

/// What `XGBoosterPredictFromDMatrix` returns.
#[derive(Clone, Copy)]
enum PredictionType {
    Margin = 1,
    Contributions = 2,
}

impl Booster {
    /// Returns an untrained booster. It takes the number of columns from the matrices; those that are predicted during training
    /// belong among them, since XGBoost then adds only the new trees to the last prediction.
    pub fn new(matrices: &[&DMatrix]) -> Result<Booster, Error> {
        silence();
        let handles: Vec<_> = matrices.iter().map(|matrix| matrix.handle()).collect();
        let mut handle = ptr::null_mut();
        // SAFETY: the array holds `len` live handles; the booster takes its own share of each matrix.
        let code = unsafe { ffi::XGBoosterCreate(handles.as_ptr(), handles.len() as u64, &mut handle) };
        check("XGBoosterCreate", code)?;
        Ok(Booster { handle })
    }

    /// Returns a booster that goes on where a saved one, in JSON or UBJ, ended; its parameters have to be set again. The bytes
    /// have to be those of a booster of this crate: XGBoost does not check them.
    pub fn resumed(matrices: &[&DMatrix], saved: &[u8]) -> Result<Booster, Error> {
        let booster = Booster::new(matrices)?;
        let (bytes, len) = (saved.as_ptr().cast(), saved.len() as u64);
        // SAFETY: the handle is live, and the buffer holds `len` bytes, which XGBoost copies.
        let code = unsafe { ffi::XGBoosterLoadModelFromBuffer(booster.handle, bytes, len) };
        check("XGBoosterLoadModelFromBuffer", code)?;
        Ok(booster)
    }

    /// Sets a parameter. XGBoost reads most of them when it next trains or predicts, so a wrong value is an error
    /// there; a name that it does not know is ignored.
    pub fn set_param(&mut self, name: &str, value: &str) -> Result<(), Error> {
        const FUNCTION: &str = "XGBoosterSetParam";
        silence();
        let (name, value) = (c_string(FUNCTION, name)?, c_string(FUNCTION, value)?);
        // SAFETY: the handle is live, and both strings are terminated.
        check(FUNCTION, unsafe { ffi::XGBoosterSetParam(self.handle, name.as_ptr(), value.as_ptr()) })
    }

    /// Sets the columns' names in the model's file. Other programs compare them with those of their rows.
    pub fn set_feature_names(&mut self, names: &[&str]) -> Result<(), Error> {
        const FUNCTION: &str = "XGBoosterSetStrFeatureInfo";
        silence();
        let names = names.iter().map(|name| c_string(FUNCTION, name)).collect::<Result<Vec<_>, _>>()?;
        let pointers: Vec<_> = names.iter().map(|name| name.as_ptr()).collect();
        let (field, len) = (c"feature_name".as_ptr(), pointers.len() as u64);
        // SAFETY: the handle is live, and the array holds `len` terminated strings, which outlive the call; XGBoost
        // copies.
        check(FUNCTION, unsafe { ffi::XGBoosterSetStrFeatureInfo(self.handle, field, pointers.as_ptr(), len) })
    }

    /// Trains one more round.
    pub fn update(&mut self, round: usize, train: &DMatrix) -> Result<(), Error> {
        const FUNCTION: &str = "XGBoosterUpdateOneIter";
        silence();
        let round = rounds(FUNCTION, round)?;
        // SAFETY: both handles are live.
        check(FUNCTION, unsafe { ffi::XGBoosterUpdateOneIter(self.handle, round, train.handle()) })
    }

    /// Returns the number of rounds trained.
    pub fn rounds(&self) -> Result<usize, Error> {
        let mut count: c_int = 0;
        silence();
        // SAFETY: the handle is live, and so is the integer.
        check("XGBoosterBoostedRounds", unsafe { ffi::XGBoosterBoostedRounds(self.handle, &mut count) })?;
        Ok(usize::try_from(count).unwrap_or(0))
    }

    /// Returns a booster of the first rounds only.
    pub fn first_rounds(&self, count: usize) -> Result<Booster, Error> {
        const FUNCTION: &str = "XGBoosterSlice";
        // To XGBoost, an end of 0 means all.
        if count == 0 {
            return Err(Error::new(FUNCTION, "expected at least one round"));
        }
        silence();
        let mut handle = ptr::null_mut();
        let count_c = rounds(FUNCTION, count)?;
        // SAFETY: the handle is live, and so is the pointer that receives the new one.
        let code = unsafe { ffi::XGBoosterSlice(self.handle, 0, count_c, 1, &mut handle) };
        // This function returns -2 without a message of its own.
        if code == -2 {
            return Err(Error::new(FUNCTION, format!("{count} rounds are more than were trained")));
        }
        check(FUNCTION, code)?;
        Ok(Booster { handle })
    }

    /// Returns the margin of each row: its log-odds, for a logistic objective.
    pub fn margins(&self, matrix: &DMatrix) -> Result<Vec<f32>, Error> {
        self.predict(matrix, PredictionType::Margin, matrix.rows())
    }

    /// Returns the SHAP value of each column, and of the bias after them: `columns + 1` numbers a row, whose sum is
    /// the row's margin.
    pub fn contributions(&self, matrix: &DMatrix) -> Result<Vec<f32>, Error> {
        self.predict(matrix, PredictionType::Contributions, matrix.rows() * (matrix.columns() + 1))
    }

    /// Returns the model as JSON.
    pub fn save(&self) -> Result<String, Error> {
        let bytes = self.save_as(c"{\"format\": \"json\"}")?;
        String::from_utf8(bytes).map_err(|error| Error::new("XGBoosterSaveModelToBuffer", error.to_string()))
    }

    /// Returns the model as UBJ, the binary form of the same document.
    pub fn save_ubj(&self) -> Result<Vec<u8>, Error> {
        self.save_as(c"{\"format\": \"ubj\"}")
    }

    fn save_as(&self, config: &CStr) -> Result<Vec<u8>, Error> {
        let (mut len, mut bytes) = (0, ptr::null());
        silence();
        // SAFETY: the handle is live, the string is terminated, and both results are live.
        let code = unsafe { ffi::XGBoosterSaveModelToBuffer(self.handle, config.as_ptr(), &mut len, &mut bytes) };
        check("XGBoosterSaveModelToBuffer", code)?;
        // SAFETY: after a success there are `len` bytes, alive until this thread calls XGBoost again.
        Ok(unsafe { copy(bytes.cast(), len) })
    }

    fn predict(&self, matrix: &DMatrix, prediction: PredictionType, len_expected: usize) -> Result<Vec<f32>, Error> {
        const FUNCTION: &str = "XGBoosterPredictFromDMatrix";
        silence();
        let config = predict_config(prediction);
        let (mut shape, mut dimensions, mut values) = (ptr::null(), 0, ptr::null());
        // SAFETY: the handles are live, the string is terminated, and the three results are live.
        let code = unsafe {
            ffi::XGBoosterPredictFromDMatrix(
                self.handle,
                matrix.handle(),
                config.as_ptr(),
                &mut shape,
                &mut dimensions,
                &mut values,
            )
        };
        check(FUNCTION, code)?;
        // SAFETY: after a success `shape` has `dimensions` numbers, alive until this thread calls XGBoost again.
        let shape: Vec<u64> = unsafe { copy(shape, dimensions) };
        let len: u64 = shape.iter().product();
        if len != len_expected as u64 {
            return Err(Error::new(
                FUNCTION,
                format!("a prediction of shape {shape:?}, expected {len_expected} values"),
            ));
        }
        // SAFETY: as above; the values are as many as the product of the shape.
        Ok(unsafe { copy(values, len) })
    }
}

impl Drop for Booster {
    fn drop(&mut self) {
        // SAFETY: the handle is live and nobody uses it after this. The call fails only for a null handle, which is
        // never stored.
        unsafe { ffi::XGBoosterFree(self.handle) };
    }
}

fn predict_config(prediction: PredictionType) -> CString {
    let prediction = prediction as u8;
    let config = format!(
        r#"{{"type": {prediction}, "training": false, "iteration_begin": 0, "iteration_end": 0, "strict_shape": false}}"#
    );
    CString::new(config).expect("the text above holds no zero byte")
}

fn rounds(function: &'static str, count: usize) -> Result<c_int, Error> {
    c_int::try_from(count).map_err(|_| Error::new(function, format!("{count} rounds are too many")))
}

/// Copies an array of XGBoost's.
///
/// # Safety
/// Unless `len` is 0, the pointer must be to `len` live values.
unsafe fn copy<T: Copy>(values: *const T, len: u64) -> Vec<T> {
    if len == 0 || values.is_null() {
        return Vec::new();
    }
    // SAFETY: the caller's promise. An array in memory is never longer than `usize`.
    unsafe { slice::from_raw_parts(values, len as usize) }.to_vec()
}
