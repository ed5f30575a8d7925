//! Eight numbers side by side, by the vector instructions that the processor has.
//!
//! No multiplication and addition are fused, and nothing is added in another order, so every processor computes the same
//! bits. The instructions are named and not left to auto-vectorization because the compiler finds them in some loops over
//! lists of splits and not in others.

/// The number of lanes.
pub(crate) const LANES: usize = 8;

/// Eight numbers in memory.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
pub(crate) struct Eight(pub(crate) [f64; LANES]);

/// Eight numbers in registers.
pub(crate) trait Lanes: Copy {
    /// Returns the same number eight times.
    fn splat(number: f64) -> Self;
    /// Loads eight numbers.
    fn load(numbers: &Eight) -> Self;
    /// Loads eight numbers of 32 bits.
    fn load_f32(numbers: &[f32; LANES]) -> Self;
    /// Stores the numbers.
    fn store(self, numbers: &mut Eight);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    /// Returns these numbers, and the others where a bit is set.
    fn blend(self, others: Self, bits: u8) -> Self;
}

/// For any processor.
impl Lanes for [f64; LANES] {
    #[inline(always)]
    fn splat(number: f64) -> Self {
        [number; LANES]
    }

    #[inline(always)]
    fn load(numbers: &Eight) -> Self {
        numbers.0
    }

    #[inline(always)]
    fn load_f32(numbers: &[f32; LANES]) -> Self {
        numbers.map(f64::from)
    }

    #[inline(always)]
    fn store(self, numbers: &mut Eight) {
        numbers.0 = self;
    }

    #[inline(always)]
    fn add(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] + other[lane])
    }

    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] - other[lane])
    }

    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        std::array::from_fn(|lane| self[lane] * other[lane])
    }

    #[inline(always)]
    fn blend(self, others: Self, bits: u8) -> Self {
        std::array::from_fn(|lane| if bits >> lane & 1 == 1 { others[lane] } else { self[lane] })
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::{Eight, LANES, Lanes};

    // SAFETY, of all that follows: `dispatch` uses these types only in functions that are compiled for the instructions, and
    // calls those only where the processor has them. What is read or written is eight numbers, as the types say.

    impl Lanes for __m512d {
        #[inline(always)]
        fn splat(number: f64) -> Self {
            unsafe { _mm512_set1_pd(number) }
        }

        #[inline(always)]
        fn load(numbers: &Eight) -> Self {
            unsafe { _mm512_load_pd(numbers.0.as_ptr()) }
        }

        #[inline(always)]
        fn load_f32(numbers: &[f32; LANES]) -> Self {
            unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(numbers.as_ptr())) }
        }

        #[inline(always)]
        fn store(self, numbers: &mut Eight) {
            unsafe { _mm512_store_pd(numbers.0.as_mut_ptr(), self) }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            unsafe { _mm512_add_pd(self, other) }
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            unsafe { _mm512_sub_pd(self, other) }
        }

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            unsafe { _mm512_mul_pd(self, other) }
        }

        #[inline(always)]
        fn blend(self, others: Self, bits: u8) -> Self {
            unsafe { _mm512_mask_blend_pd(bits, self, others) }
        }
    }

    impl Lanes for [__m256d; 2] {
        #[inline(always)]
        fn splat(number: f64) -> Self {
            unsafe { [_mm256_set1_pd(number); 2] }
        }

        #[inline(always)]
        fn load(numbers: &Eight) -> Self {
            let (halves, _) = numbers.0.as_chunks::<4>();
            unsafe { [_mm256_load_pd(halves[0].as_ptr()), _mm256_load_pd(halves[1].as_ptr())] }
        }

        #[inline(always)]
        fn load_f32(numbers: &[f32; LANES]) -> Self {
            let (halves, _) = numbers.as_chunks::<4>();
            unsafe {
                [_mm256_cvtps_pd(_mm_loadu_ps(halves[0].as_ptr())), _mm256_cvtps_pd(_mm_loadu_ps(halves[1].as_ptr()))]
            }
        }

        #[inline(always)]
        fn store(self, numbers: &mut Eight) {
            let (halves, _) = numbers.0.as_chunks_mut::<4>();
            unsafe {
                _mm256_store_pd(halves[0].as_mut_ptr(), self[0]);
                _mm256_store_pd(halves[1].as_mut_ptr(), self[1]);
            }
        }

        #[inline(always)]
        fn add(self, other: Self) -> Self {
            unsafe { [_mm256_add_pd(self[0], other[0]), _mm256_add_pd(self[1], other[1])] }
        }

        #[inline(always)]
        fn sub(self, other: Self) -> Self {
            unsafe { [_mm256_sub_pd(self[0], other[0]), _mm256_sub_pd(self[1], other[1])] }
        }

        #[inline(always)]
        fn mul(self, other: Self) -> Self {
            unsafe { [_mm256_mul_pd(self[0], other[0]), _mm256_mul_pd(self[1], other[1])] }
        }

        #[inline(always)]
        fn blend(self, others: Self, bits: u8) -> Self {
            unsafe {
                let bits = _mm256_set1_epi64x(i64::from(bits));
                let chosen = |these, others, of_lanes| {
                    let is_set = _mm256_cmpeq_epi64(_mm256_and_si256(bits, of_lanes), of_lanes);
                    _mm256_blendv_pd(these, others, _mm256_castsi256_pd(is_set))
                };
                [
                    chosen(self[0], others[0], _mm256_setr_epi64x(1, 2, 4, 8)),
                    chosen(self[1], others[1], _mm256_setr_epi64x(16, 32, 64, 128)),
                ]
            }
        }
    }
}
