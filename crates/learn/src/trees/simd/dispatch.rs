//! Runs a job with the widest vector instructions of the processor.
//!
//! The same code is compiled once for each set of instructions. Nothing in it lets the compiler reorder an addition or fuse
//! two steps, so the results are the same to the bit on every machine.

use super::lanes::{LANES, Lanes};

/// Work that is compiled for each set of vector instructions.
pub(crate) trait VectorJob {
    /// Does the work. It has to be inlined into its caller, and so has all that it calls.
    fn run<L: Lanes>(self);
}

/// Does some work with the widest instructions that the processor has.
pub(crate) fn run_vectorized(job: impl VectorJob) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{__m256d, __m512d};

        #[target_feature(enable = "avx512f,avx512bw,avx512dq,avx512vl,bmi2")]
        fn avx512(job: impl VectorJob) {
            job.run::<__m512d>();
        }
        #[target_feature(enable = "avx2,bmi2")]
        fn avx2(job: impl VectorJob) {
            job.run::<[__m256d; 2]>();
        }
        let [has_avx512, has_avx2] = instructions();
        if has_avx512 {
            // SAFETY: the processor has what the function was compiled for.
            return unsafe { avx512(job) };
        }
        if has_avx2 {
            // SAFETY: the same.
            return unsafe { avx2(job) };
        }
    }
    job.run::<[f64; LANES]>();
}

/// Returns whether the processor has what each version was compiled for.
#[cfg(target_arch = "x86_64")]
fn instructions() -> [bool; 2] {
    let bmi2 = is_x86_feature_detected!("bmi2");
    let avx512 = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512bw")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    [bmi2 && avx512, bmi2 && is_x86_feature_detected!("avx2")]
}
