//! More rows than memory holds: XGBoost reads them in batches, several times over, and keeps only the quantile of each value,
//! a byte a value instead of four.

use std::any::Any;
use std::ffi::{c_int, c_void};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::ptr;

use crate::error::{c_string, check, silence};
use crate::ffi;
use crate::matrix::array_interface;
use crate::{DMatrix, Error, FeatureType};

/// Some rows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Batch {
    /// Row-major values; NaN is missing.
    pub values: Vec<f32>,
    /// A label a row.
    pub labels: Vec<f32>,
    /// How much each row counts.
    pub weights: Vec<f32>,
}

/// What all batches have in common, and where their quantiles are stored.
#[derive(Clone, Copy, Debug)]
pub struct Layout<'a> {
    /// What each column's numbers mean.
    pub types: &'a [FeatureType],
    /// A folder for the quantiles; `None` stores them in memory.
    pub cache: Option<&'a Path>,
    /// Threads; 0 is all cores.
    pub threads: usize,
}

/// Batches from the first to the last.
type BatchIterator<'a, E> = Box<dyn Iterator<Item = Result<Batch, E>> + 'a>;

impl DMatrix {
    /// Reads rows in batches. `open` begins with the first one, and must return the same batches each time: they are read more
    /// than once. Quantiles depend slightly on how rows are cut into batches.
    pub fn from_batches<'a, E: From<Error>>(
        open: &dyn Fn() -> Result<BatchIterator<'a, E>, E>,
        layout: Layout,
    ) -> Result<DMatrix, E> {
        silence();
        let mut proxy = Proxy(ptr::null_mut());
        // SAFETY: the pointer receives the handle.
        check("XGProxyDMatrixCreate", unsafe { ffi::XGProxyDMatrixCreate(&mut proxy.0) })?;
        let mut source = Source {
            open,
            batches: None,
            batch: Batch::default(),
            proxy: proxy.0,
            layout,
            failed: None,
            panicked: None,
        };
        let made = source.matrix();
        if let Some(panic) = source.panicked {
            resume_unwind(panic);
        }
        match source.failed {
            Some(error) => Err(error),
            None => made,
        }
    }
}

/// The matrix that XGBoost reads a batch from.
struct Proxy(ffi::DMatrixHandle);

impl Drop for Proxy {
    fn drop(&mut self) {
        // SAFETY: the handle is live and nobody uses it after this.
        unsafe { ffi::XGDMatrixFree(self.0) };
    }
}

/// The state of the callbacks.
struct Source<'a, 's, E> {
    open: &'s dyn Fn() -> Result<BatchIterator<'a, E>, E>,
    batches: Option<BatchIterator<'a, E>>,
    /// XGBoost reads it until it requests the next one.
    batch: Batch,
    proxy: ffi::DMatrixHandle,
    layout: Layout<'s>,
    failed: Option<E>,
    panicked: Option<Box<dyn Any + Send>>,
}

impl<E: From<Error>> Source<'_, '_, E> {
    fn matrix(&mut self) -> Result<DMatrix, E> {
        let Layout { types, cache, threads } = self.layout;
        let (function, create): (_, unsafe extern "C" fn(_, _, _, _, _, _, _) -> c_int) = match cache {
            None => ("XGQuantileDMatrixCreateFromCallback", ffi::XGQuantileDMatrixCreateFromCallback),
            Some(_) => ("XGExtMemQuantileDMatrixCreateFromCallback", ffi::XGExtMemQuantileDMatrixCreateFromCallback),
        };
        let cache = cache.map_or_else(String::new, |folder| {
            format!(r#", "cache_prefix": {:?}"#, folder.join("quantiles").to_string_lossy())
        });
        let config = c_string(function, &format!(r#"{{"missing": NaN, "nthread": {threads}{cache}}}"#))?;
        let (mut handle, proxy) = (ptr::null_mut(), self.proxy);
        let source: *mut Self = self;
        // SAFETY: `source` and the proxy outlive the call, in which alone the callbacks run, one at a time, on this thread;
        // the other pointers are to live values.
        let code = unsafe {
            create(source.cast(), proxy, ptr::null_mut(), reset::<E>, next::<E>, config.as_ptr(), &mut handle)
        };
        check(function, code)?;
        let mut matrix = DMatrix { handle, rows: 0, columns: types.len() };
        let mut rows = 0;
        // SAFETY: the handle is live, and so is the number.
        check("XGDMatrixNumRow", unsafe { ffi::XGDMatrixNumRow(matrix.handle, &mut rows) })?;
        matrix.rows = rows as usize;
        Ok(matrix)
    }

    /// Hands the next batch to XGBoost; returns whether there was one.
    fn advance(&mut self) -> Result<bool, E> {
        if self.batches.is_none() {
            self.batches = Some((self.open)()?);
        }
        let Some(batch) = self.batches.as_mut().and_then(Iterator::next) else { return Ok(false) };
        self.batch = batch?;
        let (rows, columns) = (self.batch.labels.len(), self.layout.types.len());
        if rows == 0 || self.batch.values.len() != rows * columns || self.batch.weights.len() != rows {
            let message = format!("a batch of {} values for {rows} rows of {columns} columns", self.batch.values.len());
            return Err(Error::new("XGProxyDMatrixSetDataDense", message).into());
        }
        let data = c_string("XGProxyDMatrixSetDataDense", &array_interface(&self.batch.values, &[rows, columns]))?;
        // SAFETY: the proxy is live, and `data` describes values that stay until the next batch.
        check("XGProxyDMatrixSetDataDense", unsafe { ffi::XGProxyDMatrixSetDataDense(self.proxy, data.as_ptr()) })?;
        // The proxy is freed by its own guard.
        let mut proxy = std::mem::ManuallyDrop::new(DMatrix { handle: self.proxy, rows, columns });
        proxy.set_labels(&self.batch.labels)?;
        proxy.set_weights(&self.batch.weights)?;
        proxy.set_feature_types(self.layout.types)?;
        Ok(true)
    }

    /// Runs the work of a callback. An error or panic must not pass through XGBoost, which takes it for the end of the rows.
    fn guarded(&mut self, work: impl FnOnce(&mut Self) -> Result<bool, E>) -> bool {
        if self.failed.is_some() || self.panicked.is_some() {
            return false;
        }
        match catch_unwind(AssertUnwindSafe(|| work(self))) {
            Ok(Ok(more)) => more,
            Ok(Err(error)) => {
                self.failed = Some(error);
                false
            }
            Err(panic) => {
                self.panicked = Some(panic);
                false
            }
        }
    }
}

unsafe extern "C" fn next<E: From<Error>>(source: *mut c_void) -> c_int {
    // SAFETY: XGBoost hands back what it was given, a live source that nobody else uses meanwhile.
    let source = unsafe { &mut *source.cast::<Source<E>>() };
    c_int::from(source.guarded(Source::advance))
}

unsafe extern "C" fn reset<E: From<Error>>(source: *mut c_void) {
    // SAFETY: as above.
    let source = unsafe { &mut *source.cast::<Source<E>>() };
    source.batches = None;
}
