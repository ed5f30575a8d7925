//! The built program, run in a folder as a user runs it.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Output};

use sqlx::{AssertSqlSafe, Connection, Executor, SqliteConnection};

/// Runs `plumb` with these arguments in a folder.
pub(crate) fn run(folder: &Path, arguments: &[&str]) -> Output {
    run_with(folder, arguments, &[])
}

/// Runs `plumb` with these arguments and environment variables in a folder.
pub(crate) fn run_with(folder: &Path, arguments: &[&str], variables: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
    command.current_dir(folder).args(arguments).envs(variables.iter().copied()).output().expect("the program starts")
}

/// Runs `plumb` with these arguments in a folder and at most so many bytes of addresses: what asks for more gets none.
pub(crate) fn run_within(folder: &Path, arguments: &[&str], bytes: u64) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
    // SAFETY: between its start and the program's, the process calls nothing but this one function of the system.
    unsafe {
        command.pre_exec(move || {
            let limit = libc::rlimit { rlim_cur: bytes, rlim_max: bytes };
            match libc::setrlimit(libc::RLIMIT_AS, &limit) {
                0 => Ok(()),
                _ => Err(std::io::Error::last_os_error()),
            }
        });
    }
    command.current_dir(folder).args(arguments).output().expect("the program starts")
}

/// Runs `plumb` with these arguments in a folder, under a umask.
pub(crate) fn with_umask(folder: &Path, arguments: &[&str], umask: libc::mode_t) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumb"));
    // SAFETY: between its start and the program's, the process calls nothing but this one function of the system.
    unsafe {
        command.pre_exec(move || {
            libc::umask(umask);
            Ok(())
        });
    }
    command.current_dir(folder).args(arguments);
    command
}

/// Returns what a run printed; it has to succeed.
#[track_caller]
pub(crate) fn success(output: Output) -> String {
    assert!(output.status.success(), "{}{}", text(&output.stdout), text(&output.stderr));
    text(&output.stdout)
}

/// Returns the error of a run; it has to fail, and without a panic.
#[track_caller]
pub(crate) fn failure(output: Output) -> String {
    let error = text(&output.stderr);
    assert!(!output.status.success() && !error.contains("panicked"), "{}{error}", text(&output.stdout));
    error
}

/// Runs statements in a SQLite file, which is made if need be.
pub(crate) async fn sqlite(path: &Path, sql: &'static str) {
    let url = format!("sqlite://{}?mode=rwc", path.display());
    let mut connection = SqliteConnection::connect(&url).await.expect("SQLite opens the file");
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.expect("the SQL is right");
    connection.close().await.expect("SQLite closes the file");
}

/// Runs statements in a SQLite file that is there.
pub(crate) fn change(database: &Path, sql: &'static str) {
    tokio::runtime::Runtime::new().expect("a runtime").block_on(sqlite(database, sql));
}

/// Returns the first column of what a query finds in a SQLite file.
pub(crate) fn column(path: &Path, sql: &'static str) -> Vec<String> {
    let found = async {
        let mut connection = SqliteConnection::connect(&format!("sqlite://{}", path.display())).await?;
        sqlx::query_scalar(AssertSqlSafe(sql)).fetch_all(&mut connection).await
    };
    tokio::runtime::Runtime::new().expect("a runtime").block_on(found).expect("SQLite answers")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}
