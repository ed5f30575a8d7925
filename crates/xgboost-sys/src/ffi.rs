//! The part of XGBoost's C API that Plumbline uses, written by hand from `xgboost/c_api.h` of 3.4.1.
//!
//! Every function returns 0, or another number after having left a message for `XGBGetLastError` on the same thread.
//! Buffers that come back belong to XGBoost, and live until the same thread calls it again: copy them at once.

use std::ffi::{c_char, c_int, c_void};

/// `DMatrixHandle`.
pub(crate) type DMatrixHandle = *mut c_void;
/// `BoosterHandle`.
pub(crate) type BoosterHandle = *mut c_void;
/// `TrackerHandle`.
pub(crate) type TrackerHandle = *mut c_void;
/// `XGDMatrixCallbackNext`: 1 if there is another batch, 0 if not.
pub(crate) type Next = unsafe extern "C" fn(*mut c_void) -> c_int;
/// `DataIterResetCallback`.
pub(crate) type Reset = unsafe extern "C" fn(*mut c_void);

unsafe extern "C" {
    pub(crate) fn XGBoostVersion(major: *mut c_int, minor: *mut c_int, patch: *mut c_int);
    pub(crate) fn XGBGetLastError() -> *const c_char;
    pub(crate) fn XGBSetGlobalConfig(config: *const c_char) -> c_int;

    pub(crate) fn XGDMatrixCreateFromDense(
        data: *const c_char,
        config: *const c_char,
        out: *mut DMatrixHandle,
    ) -> c_int;
    pub(crate) fn XGDMatrixSetInfoFromInterface(
        matrix: DMatrixHandle,
        field: *const c_char,
        data: *const c_char,
    ) -> c_int;
    pub(crate) fn XGDMatrixSetStrFeatureInfo(
        matrix: DMatrixHandle,
        field: *const c_char,
        features: *const *const c_char,
        size: u64,
    ) -> c_int;
    pub(crate) fn XGDMatrixNumRow(matrix: DMatrixHandle, out: *mut u64) -> c_int;
    pub(crate) fn XGDMatrixFree(matrix: DMatrixHandle) -> c_int;
    pub(crate) fn XGProxyDMatrixCreate(out: *mut DMatrixHandle) -> c_int;
    pub(crate) fn XGProxyDMatrixSetDataDense(proxy: DMatrixHandle, data: *const c_char) -> c_int;
    pub(crate) fn XGQuantileDMatrixCreateFromCallback(
        iter: *mut c_void,
        proxy: DMatrixHandle,
        reference: *mut c_void,
        reset: Reset,
        next: Next,
        config: *const c_char,
        out: *mut DMatrixHandle,
    ) -> c_int;
    pub(crate) fn XGExtMemQuantileDMatrixCreateFromCallback(
        iter: *mut c_void,
        proxy: DMatrixHandle,
        reference: *mut c_void,
        reset: Reset,
        next: Next,
        config: *const c_char,
        out: *mut DMatrixHandle,
    ) -> c_int;

    pub(crate) fn XGBoosterCreate(matrices: *const DMatrixHandle, len: u64, out: *mut BoosterHandle) -> c_int;
    pub(crate) fn XGBoosterFree(booster: BoosterHandle) -> c_int;
    pub(crate) fn XGBoosterLoadModelFromBuffer(booster: BoosterHandle, bytes: *const c_void, len: u64) -> c_int;
    pub(crate) fn XGBoosterSetParam(booster: BoosterHandle, name: *const c_char, value: *const c_char) -> c_int;
    pub(crate) fn XGBoosterUpdateOneIter(booster: BoosterHandle, round: c_int, train: DMatrixHandle) -> c_int;
    pub(crate) fn XGBoosterBoostedRounds(booster: BoosterHandle, out: *mut c_int) -> c_int;
    pub(crate) fn XGBoosterSlice(
        booster: BoosterHandle,
        begin: c_int,
        end: c_int,
        step: c_int,
        out: *mut BoosterHandle,
    ) -> c_int;
    pub(crate) fn XGBoosterSetStrFeatureInfo(
        booster: BoosterHandle,
        field: *const c_char,
        features: *const *const c_char,
        size: u64,
    ) -> c_int;
    pub(crate) fn XGBoosterPredictFromDMatrix(
        booster: BoosterHandle,
        matrix: DMatrixHandle,
        config: *const c_char,
        out_shape: *mut *const u64,
        out_dim: *mut u64,
        out_result: *mut *const f32,
    ) -> c_int;
    pub(crate) fn XGBoosterSaveModelToBuffer(
        booster: BoosterHandle,
        config: *const c_char,
        out_len: *mut u64,
        out: *mut *const c_char,
    ) -> c_int;

    pub(crate) fn XGTrackerCreate(config: *const c_char, out: *mut TrackerHandle) -> c_int;
    pub(crate) fn XGTrackerRun(tracker: TrackerHandle, config: *const c_char) -> c_int;
    pub(crate) fn XGTrackerWorkerArgs(tracker: TrackerHandle, out: *mut *const c_char) -> c_int;
    pub(crate) fn XGTrackerWaitFor(tracker: TrackerHandle, config: *const c_char) -> c_int;
    pub(crate) fn XGTrackerFree(tracker: TrackerHandle) -> c_int;
    pub(crate) fn XGCommunicatorInit(config: *const c_char) -> c_int;
    pub(crate) fn XGCommunicatorFinalize() -> c_int;
    pub(crate) fn XGCommunicatorGetRank() -> c_int;
}
