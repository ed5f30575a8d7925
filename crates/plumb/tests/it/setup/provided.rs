//! Programs of others, which `cargo xtask test` installs.

/// Returns where something was installed for the tests.
pub(crate) fn provided(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} names a folder of installed packages: run `cargo xtask test`"))
}
