//! How large the file of a model may be, packed and unpacked. What may be in the model itself is limited where its trees are
//! read, in `plumb_learn::trees`.

/// The largest file: some hundred times an ordinary model. Read, a model takes up to ten times as much memory.
pub(super) const FILE_BYTES_MAX: u64 = 512 << 20;

/// The limits of an archive.
#[derive(Clone, Copy, Debug)]
pub(super) struct Limits {
    /// The most bytes that it may unpack to, all members together.
    pub(super) bytes: u64,
    /// How many bytes a packed byte may unpack to, beyond the first [`Limits::FREE_BYTES`]: a model packs to a fifth or a
    /// tenth, and a gzip file of zeros to a thousandth.
    pub(super) ratio: u64,
    /// The most members, folders and links included: SageMaker's archives have one model and some files of code.
    pub(super) members: usize,
}

impl Limits {
    /// The limits for files of others.
    pub(super) const DEFAULT: Limits = Limits { bytes: FILE_BYTES_MAX, ratio: 100, members: 1_000 };

    /// An archive may unpack to as much as this whatever its own size, because a short one may be mostly padding.
    pub(super) const FREE_BYTES: u64 = 16 << 20;

    /// Returns how many bytes an archive of so many may unpack to.
    pub(super) fn bytes_of(&self, packed: u64) -> u64 {
        self.bytes.min(packed.saturating_mul(self.ratio).max(Limits::FREE_BYTES))
    }
}
