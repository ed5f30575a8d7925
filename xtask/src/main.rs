//! The project's own recipes: `cargo xtask check`, `cargo xtask test`, `cargo xtask soak` and `cargo xtask bench`.
//!
//! A recipe is a list of commands that anyone could type; those of the benchmarks are in `bench`, checks of the source
//! tree in `house`. What they need of the
//! machine is found or installed in `provide`, and the database servers that the tests talk to are started in `keeper`.

mod bench;
mod house;
mod keeper;
mod postgres;
mod mysql;
mod provide;

use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

/// The first command of the README: what it builds, the tests use.
pub(crate) const DEMO: [&str; 2] = ["build", "--release"];

/// Everything, with the features that a release has.
pub(crate) const TESTS: [&str; 6] = ["test", "--release", "--workspace", "--tests", "--features", "cluster"];

/// Seeds of each simulation, and rounds of real processes, in `cargo xtask soak`.
const SOAK_SEEDS: u64 = 1_000_000;
const SOAK_ROUNDS: u64 = 300;

const USAGE: &str = "usage: cargo xtask check   format, layout, lints and documentation
       cargo xtask house   the layout alone: no circles of imports, no dead links, one set of features
       cargo xtask test    check, then licences and bans, then every test against real components
       cargo xtask soak    the tests that fail, kill and race, for hours: a million seeds, 300 rounds
       cargo xtask bench features|kernel|train|leaks|serve|overload|score|lists|profile|monitor|ingest   the figures of docs/benchmarks.md
       cargo xtask bench features|score|ingest --large              the same with more leads or rows as well";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let started = Instant::now();
    let outcome = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["check"] => check(),
        ["house"] => house::check(root()),
        ["test"] => test(),
        ["soak"] => soak(),
        ["bench", name] => bench::bench(name, false),
        ["bench", name @ ("features" | "score" | "ingest"), "--large"] => bench::bench(name, true),
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::from(2);
        }
    };
    let recipe = arguments.join(" ");
    match outcome {
        Ok(()) => {
            eprintln!("xtask: `cargo xtask {recipe}` passed in {} s", started.elapsed().as_secs());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("xtask: `cargo xtask {recipe}` FAILED: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// The database servers that the tests talk to.
struct Servers {
    postgres: keeper::Server,
    mysql: keeper::Server,
}

impl Servers {
    fn start(postgres: &provide::PostgresPrograms, mysql: &provide::MysqlPrograms) -> Result<Servers> {
        Ok(Servers { postgres: keeper::Server::start(postgres)?, mysql: keeper::Server::start(mysql)? })
    }
}

/// The quick part: format, lints, documentation. It starts no server and runs no test.
fn check() -> Result<()> {
    provide::cpp_compiler()?;
    format_and_lints()
}

/// Everything that must hold before a change lands. Whatever a test needs is installed or started first: a test is
/// never skipped because something was not there.
fn test() -> Result<()> {
    provide::cpp_compiler()?;
    let postgres = provide::postgres_programs()?;
    let mysql = provide::mysql_programs()?;
    let sdks = provide::sdks()?;
    format_and_lints()?;
    dependencies(&provide::cargo_deny()?)?;

    // The servers live until the end of this function, also when a test fails.
    let servers = Servers::start(&postgres, &mysql)?;
    tests(&servers, &sdks, &mut cargo_test())
}

/// The long form of the tests that fail, kill and race: the simulations with more seeds, real processes with more rounds.
fn soak() -> Result<()> {
    provide::cpp_compiler()?;
    let postgres = provide::postgres_programs()?;
    let mysql = provide::mysql_programs()?;
    let sdks = provide::sdks()?;
    let servers = Servers::start(&postgres, &mysql)?;
    let mut command = cargo_test();
    command.env("PLUMB_SEEDS", SOAK_SEEDS.to_string()).env("PLUMB_ROUNDS", SOAK_ROUNDS.to_string());
    tests(&servers, &sdks, command.args(["--", "simulation::", "rounds::"]))
}

/// Every test, of which a caller may choose some.
fn cargo_test() -> Command {
    let mut command = cargo();
    command.args(TESTS).args(["--no-fail-fast", "--locked"]);
    command
}

/// Format, lints and documentation, with warnings as errors. All in the release profile, the only one there is
/// (docs/decisions/0002-build-with-one-release-profile.md), so that build scripts and procedural macros are built once.
fn format_and_lints() -> Result<()> {
    run(cargo().args(["fmt", "--all", "--check"]))?;
    house::check(root())?;
    run(cargo().args([
        "clippy",
        "--release",
        "--workspace",
        "--all-targets",
        "--features",
        "cluster",
        "--locked",
        "--",
        "-D",
        "warnings",
    ]))?;
    run(cargo()
        .args([
            "doc",
            "--release",
            "--workspace",
            "--features",
            "cluster",
            "--no-deps",
            "--document-private-items",
            "--locked",
        ])
        .env("RUSTDOCFLAGS", "-D warnings"))
}

/// Licences, bans and sources of every dependency by deny.toml, and known vulnerabilities where their database can
/// be reached: it lies on a server that not every machine may talk to.
fn dependencies(cargo_deny: &Path) -> Result<()> {
    let deny = || {
        let mut command = Command::new(cargo_deny);
        command.current_dir(root()).args(["--workspace", "--locked"]);
        command
    };
    run(deny().args(["check", "--hide-inclusion-graph", "licenses", "bans", "sources"]))?;
    let fetched = deny().args(["fetch", "db"]).output().context("cannot start cargo-deny")?;
    if fetched.status.success() {
        return run(deny().args(["check", "--disable-fetch", "advisories"]));
    }
    say("known vulnerabilities were NOT checked: the RustSec advisory database cannot be fetched from here");
    Ok(())
}

/// Runs tests, whose command was begun. (There are no examples in documentation to run: each would be a program of its
/// own that links DataFusion again.)
fn tests(servers: &Servers, sdks: &provide::Sdks, command: &mut Command) -> Result<()> {
    command.env("PLUMB_TEST_POSTGRES_URL", servers.postgres.url()).env("PLUMB_TEST_MYSQL_URL", servers.mysql.url());
    command.env("PLUMB_TEST_NODE_MODULES", &sdks.node_modules).env("PLUMB_TEST_PYTHON_PATH", &sdks.python_path);
    command
        .env("PLUMB_TEST_XGBOOST_PATH", &sdks.xgboost_path)
        .env("PLUMB_TEST_SAGEMAKER_PATH", &sdks.sagemaker_path)
        .env("PLUMB_TEST_SCHEMATHESIS_PATH", &sdks.schemathesis_path)
        .env("PLUMB_TEST_S3_PATH", &sdks.s3_path);
    command.envs(sdks.connectors.iter().map(|(variable, folder)| (variable, folder)));
    match real_data() {
        Some(folder) => {
            command.env("PLUMB_REAL_DATA", folder);
        }
        None => say("../shared/data is absent and PLUMB_REAL_DATA is not set: tests on real data will say so and end"),
    }
    announce(command);
    let mut child = command.stdout(Stdio::piped()).spawn().context("cannot start cargo")?;
    let output = child.stdout.take().context("cargo has no output")?;
    let mut tally = Tally::default();
    for line in BufReader::new(output).lines() {
        let line = line.context("cannot read what the tests print")?;
        tally.add(&line);
        println!("{line}");
    }
    let status = child.wait().context("cannot wait for cargo")?;
    let Tally { passed, failed, ignored } = tally;
    println!("\ntests: {passed} passed, {failed} failed, {ignored} skipped");
    std::io::stdout().flush().context("cannot write to the output")?;
    ensure!(status.success(), "the tests failed ({failed} of {})", passed + failed);
    ensure!(ignored == 0, "{ignored} tests are marked `#[ignore]`: make them run or remove them");
    ensure!(passed > 0, "no test ran");
    Ok(())
}

/// What the `test result:` lines of all test programs add up to.
#[derive(Debug, Default, PartialEq)]
struct Tally {
    passed: usize,
    failed: usize,
    ignored: usize,
}

impl Tally {
    /// Adds a line such as `test result: ok. 12 passed; 0 failed; 0 ignored; ...`; any other line counts nothing.
    fn add(&mut self, line: &str) {
        let Some((_, counts)) = line.strip_prefix("test result: ").and_then(|rest| rest.split_once(". ")) else {
            return;
        };
        for (count, word) in counts.split("; ").filter_map(|part| part.trim().split_once(' ')) {
            let Ok(count) = count.parse::<usize>() else { continue };
            match word {
                "passed" => self.passed += count,
                "failed" => self.failed += count,
                "ignored" => self.ignored += count,
                _ => {}
            }
        }
    }
}

/// The folder of real data sets: it is not part of the repository (see its own README).
fn real_data() -> Option<PathBuf> {
    let named = std::env::var_os("PLUMB_REAL_DATA").map(PathBuf::from);
    named.or_else(|| Some(root().join("../shared/data"))).filter(|folder| folder.is_dir())
}

/// The folder of the workspace.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap_or(Path::new("."))
}

/// Cargo in the folder of the workspace, without what the cargo that runs this program has said of this package: build
/// scripts that look at these variables (that of `ring`, and all that stands on it: sqlx, tonic) would find them changed,
/// and be compiled once more than by a cargo that was started by hand.
fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(root());
    for (name, _) in std::env::vars_os() {
        if ["CARGO_PKG_", "CARGO_MANIFEST_"].iter().any(|start| name.to_string_lossy().starts_with(start)) {
            command.env_remove(name);
        }
    }
    command
}

fn run(command: &mut Command) -> Result<()> {
    announce(command);
    let status = command.status().with_context(|| format!("cannot start `{}`", line_of(command)))?;
    if !status.success() {
        bail!("`{}` ended with {status}", line_of(command));
    }
    Ok(())
}

fn announce(command: &Command) {
    say(&line_of(command));
}

fn say(text: &str) {
    eprintln!("xtask: {text}");
}

/// A command as a person would type it.
fn line_of(command: &Command) -> String {
    let program = Path::new(command.get_program()).file_name().unwrap_or(command.get_program());
    std::iter::once(program).chain(command.get_args()).map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_results_of_all_test_programs_are_added_up() {
        let mut tally = Tally::default();
        for line in [
            "running 3 tests",
            "test result: ok. 3 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s",
            "test result: FAILED. 4 passed; 2 failed; 0 ignored; 0 measured; 0 filtered out; finished in 1.20s",
        ] {
            tally.add(line);
        }
        assert_eq!(tally, Tally { passed: 7, failed: 2, ignored: 1 });
    }

    #[test]
    fn a_command_is_named_as_it_is_typed() {
        let mut command = Command::new("/usr/bin/cargo");
        command.args(["fmt", "--check"]);
        assert_eq!(line_of(&command), "cargo fmt --check");
    }
}
