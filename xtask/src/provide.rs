//! Finds what a recipe needs of the machine, or installs it where that is allowed, or says what to run.

use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, Result, bail, ensure};

use crate::{cargo, root, run, say};

/// The release of cargo-deny that deny.toml is written for.
const CARGO_DENY_VERSION: &str = "0.20.2";

/// The AWS SDKs that the tests speak to the server with: the releases that they were written for.
const NODE_SDK: &str = "@aws-sdk/client-sagemaker-runtime@3.1164.0";
const PYTHON_SDK: &str = "boto3==1.44.5";

/// The xgboost that models are exchanged with. For the processor alone, which is a tenth of what PyPI's `xgboost` brings.
const PYTHON_XGBOOST: &str = "xgboost-cpu==3.2.0";

/// SageMaker's own SDK for Python, which writes and reads RecordIO, and what it needs for that; not the rest of what it
/// needs, which is half of PyPI.
const SAGEMAKER_SDK: &str = "--no-deps sagemaker==2.251.1 protobuf==5.29.5";

/// What makes requests out of the OpenAPI document.
const SCHEMATHESIS: &str = "schemathesis==4.32.5";

/// The S3 server that object stores are tested with: it checks signatures and conditional writes.
const S3_SERVER: &str = "moto[s3,server]==5.2.5";

/// Where the AWS SDKs are, Python's xgboost, SageMaker's own SDK, and schemathesis.
#[derive(Clone, Debug)]
pub(crate) struct Sdks {
    /// A folder for NODE_PATH.
    pub(crate) node_modules: PathBuf,
    /// A folder for PYTHONPATH.
    pub(crate) python_path: PathBuf,
    /// Another, with xgboost and numpy.
    pub(crate) xgboost_path: PathBuf,
    /// Another, with the modules of SageMaker's SDK that write RecordIO.
    pub(crate) sagemaker_path: PathBuf,
    /// And one with schemathesis.
    pub(crate) schemathesis_path: PathBuf,
    /// A folder of programs for each environment in which connectors of others are installed, by the variable that tells
    /// the tests of it.
    pub(crate) connectors: Vec<(&'static str, PathBuf)>,
    /// And one with moto, an S3 server.
    pub(crate) s3_path: PathBuf,
}

/// Where PostgreSQL's server programs are.
#[derive(Clone, Debug)]
pub(crate) struct PostgresPrograms {
    /// Makes a data folder.
    pub(crate) initdb: PathBuf,
    /// The server.
    pub(crate) postgres: PathBuf,
}

/// Where MariaDB's server programs are.
#[derive(Clone, Debug)]
pub(crate) struct MysqlPrograms {
    /// Makes a data folder.
    pub(crate) install: PathBuf,
    /// The server.
    pub(crate) server: PathBuf,
}

/// Makes sure of a C++ compiler: XGBoost is built from its source.
pub(crate) fn cpp_compiler() -> Result<()> {
    let found = || env::var_os("CXX").is_some() || ["c++", "g++", "clang++"].iter().any(|name| on_path(name).is_some());
    if !found() {
        install("a C++ compiler", "g++")?;
    }
    ensure!(found(), "no C++ compiler on the PATH: install one, on Debian by `apt-get install g++`");
    Ok(())
}

/// Finds PostgreSQL's server programs, or installs them.
pub(crate) fn postgres_programs() -> Result<PostgresPrograms> {
    if find_postgres().is_none() {
        install("a PostgreSQL server for the tests", "postgresql")?;
    }
    find_postgres().context(
        "PostgreSQL's `initdb` and `postgres` are neither on the PATH nor in /usr/lib/postgresql/*/bin: \
         install the server, on Debian by `apt-get install postgresql`",
    )
}

/// Finds MariaDB's server programs, or installs them.
pub(crate) fn mysql_programs() -> Result<MysqlPrograms> {
    if find_mysql().is_none() {
        install("a MariaDB server for the tests", "mariadb-server")?;
    }
    find_mysql().context(
        "MariaDB's `mariadb-install-db` and `mariadbd` are neither on the PATH nor in /usr/sbin: install the server, on \
         Debian by `apt-get install mariadb-server`",
    )
}

/// Finds cargo-deny, or builds it once into the user's cache.
///
/// It is built without optimisation: it runs for a second or two, and an optimised build takes far longer than all
/// that it would ever save.
pub(crate) fn cargo_deny() -> Result<PathBuf> {
    if let Some(program) = on_path("cargo-deny") {
        return Ok(program);
    }
    let folder = user_cache()?.join("plumb/tools").join(format!("cargo-deny-{CARGO_DENY_VERSION}"));
    let program = folder.join("bin/cargo-deny");
    if program.is_file() {
        return Ok(program);
    }
    let started = Instant::now();
    say("building cargo-deny, once for this user");
    run(cargo()
        .args(["install", "--locked", "--quiet", "--profile", "dev", "--root"])
        .arg(&folder)
        .arg(format!("cargo-deny@{CARGO_DENY_VERSION}"))
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_INCREMENTAL", "0")
        // Without this the build's gigabytes would stay in the workspace's target folder for ever.
        .env_remove("CARGO_TARGET_DIR"))
    .with_context(|| {
        format!("cannot build cargo-deny: run `cargo install --locked cargo-deny@{CARGO_DENY_VERSION}`")
    })?;
    say(&format!("cargo-deny was built in {} s", started.elapsed().as_secs()));
    Ok(program)
}

/// Installs the AWS SDKs of Node.js and Python, and what else the tests ask of Python, into the target folder, once.
pub(crate) fn sdks() -> Result<Sdks> {
    for (program, hint) in [("node", "Node.js 20 or newer"), ("npm", "npm"), ("python3", "Python 3.10 or newer")] {
        ensure!(
            on_path(program).is_some(),
            "`{program}` is not on the PATH: install {hint}, which the tests of AWS's SDKs and of xgboost run on"
        );
    }
    let folder = target_folder().join("sdks");
    let (node, python) = (folder.join("node"), folder.join("python"));
    once(&node, NODE_SDK, || {
        let mut npm = Command::new("npm");
        npm.args(["install", "--no-save", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"])
            .arg(&node)
            .arg(NODE_SDK);
        npm
    })?;
    let [xgboost, sagemaker, schemathesis, s3] =
        ["xgboost", "sagemaker", "schemathesis", "s3"].map(|name| folder.join(name));
    for (folder, package) in [
        (&python, PYTHON_SDK),
        (&xgboost, PYTHON_XGBOOST),
        (&sagemaker, SAGEMAKER_SDK),
        (&schemathesis, SCHEMATHESIS),
        (&s3, S3_SERVER),
    ] {
        once(folder, package, || {
            let mut pip = Command::new("python3");
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target"])
                .arg(folder)
                .args(package.split_whitespace());
            pip
        })?;
    }
    Ok(Sdks {
        node_modules: node.join("node_modules"),
        python_path: python,
        xgboost_path: xgboost,
        sagemaker_path: sagemaker,
        schemathesis_path: schemathesis,
        connectors: connectors()?,
        s3_path: s3,
    })
}

/// Installs the programs that the tests of connectors run, once: two to three minutes, most of them for Airbyte's. Each has an
/// environment of its own, for their packages do not agree.
fn connectors() -> Result<Vec<(&'static str, PathBuf)>> {
    let environments = [
        ("PLUMB_TEST_SINGER_SDK", "singer-sdk", include_str!("../connectors/singer-sdk.txt")),
        ("PLUMB_TEST_TAP_JSONL", "tap-jsonl", include_str!("../connectors/tap-jsonl.txt")),
        ("PLUMB_TEST_TAP_POSTGRES", "tap-postgres", include_str!("../connectors/tap-postgres.txt")),
        ("PLUMB_TEST_AIRBYTE_CDK", "airbyte-cdk", include_str!("../connectors/airbyte-cdk.txt")),
    ];
    let installed = environments.map(|(variable, name, requirements)| {
        let python = python(name, requirements)?;
        Ok((variable, python.parent().context("Python is in no folder")?.to_owned()))
    });
    installed.into_iter().collect()
}

/// Installs a package into a folder of its own, unless a file there says that it was.
fn once(folder: &Path, package: &str, install: impl Fn() -> Command) -> Result<()> {
    plumb_peers::once(folder, package, || run(&mut install()).with_context(|| format!("cannot install {package}")))
}

/// Makes a virtual environment of Python with these requirements in the target folder, once, and returns its Python.
pub(crate) fn python(name: &str, requirements: &str) -> Result<PathBuf> {
    let packages = plumb_peers::Packages { python_minor: 11, requirements, alone: "" };
    plumb_peers::python(&target_folder().join("bench-python").join(name), &packages)
}

/// Cargo's target folder.
pub(crate) fn target_folder() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// Whether this process is root's.
pub(crate) fn is_root() -> Result<bool> {
    Ok(id("root")?.0 == id("")?.0)
}

/// The numbers of a user and of its group; the empty name is the user of this process.
pub(crate) fn id(user: &str) -> Result<(u32, u32)> {
    let number = |flag: &str| -> Result<u32> {
        let mut command = Command::new("id");
        command.arg(flag).args(Some(user).filter(|user| !user.is_empty()));
        let output = command.output().context("cannot start `id`")?;
        ensure!(output.status.success(), "there is no user `{user}`");
        let text = String::from_utf8_lossy(&output.stdout);
        text.trim().parse().with_context(|| format!("`id` answered `{}`, expected a number", text.trim()))
    };
    Ok((number("-u")?, number("-g")?))
}

/// Installs a Debian package where that is allowed: as root, or by a `sudo` that asks for no password.
fn install(what: &str, package: &str) -> Result<()> {
    let by_hand = format!("apt-get update && apt-get install -y {package}");
    if on_path("apt-get").is_none() {
        bail!("{what} is missing and there is no apt-get here: install it by your system's own means");
    }
    let prefix: &[&str] = if is_root()? {
        &[]
    } else if sudo_asks_nothing() {
        &["sudo", "-n"]
    } else {
        bail!("{what} is missing and may not be installed by this user: run `sudo sh -c '{by_hand}'`");
    };
    say(&format!("{what} is missing: installing the package {package}"));
    for arguments in [&["apt-get", "update", "-q"][..], &["apt-get", "install", "-q", "-y", package][..]] {
        let words = [prefix, &["env", "DEBIAN_FRONTEND=noninteractive"], arguments].concat();
        run(Command::new(words[0]).args(&words[1..]).stdin(Stdio::null()))
            .with_context(|| format!("cannot install {what}: run `{by_hand}` as root"))?;
    }
    Ok(())
}

fn sudo_asks_nothing() -> bool {
    let tried = Command::new("sudo").args(["-n", "true"]).stdout(Stdio::null()).stderr(Stdio::null()).status();
    tried.is_ok_and(|status| status.success())
}

fn find_postgres() -> Option<PostgresPrograms> {
    let in_folder = |folder: &Path| {
        let (initdb, postgres) = (folder.join("initdb"), folder.join("postgres"));
        (initdb.is_file() && postgres.is_file()).then_some(PostgresPrograms { initdb, postgres })
    };
    // Debian keeps the programs of every major version in a folder of its own, off the PATH.
    let mut installed: Vec<(u32, PathBuf)> = std::fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path().join("bin"))))
        .collect();
    installed.sort();
    let newest_first = installed.into_iter().rev().map(|(_, folder)| folder);
    newest_first.chain(path_folders()).find_map(|folder| in_folder(&folder))
}

fn find_mysql() -> Option<MysqlPrograms> {
    // Servers lie in a folder that is not on everybody's PATH.
    let find =
        |program: &str| on_path(program).or(Some(Path::new("/usr/sbin").join(program)).filter(|file| file.is_file()));
    Some(MysqlPrograms { install: find("mariadb-install-db")?, server: find("mariadbd")? })
}

fn on_path(program: &str) -> Option<PathBuf> {
    path_folders().map(|folder| folder.join(program)).find(|file| file.is_file())
}

fn path_folders() -> impl Iterator<Item = PathBuf> {
    env::split_paths(&env::var_os("PATH").unwrap_or_default()).collect::<Vec<_>>().into_iter()
}

/// The user's cache folder, as the XDG base directory specification has it.
fn user_cache() -> Result<PathBuf> {
    let set = |name: &str| env::var_os(name).filter(|value: &OsString| !value.is_empty()).map(PathBuf::from);
    set("XDG_CACHE_HOME")
        .or_else(|| set("HOME").map(|home| home.join(".cache")))
        .context("neither XDG_CACHE_HOME nor HOME is set: no place to keep tools in")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shell_is_on_the_path_and_nonsense_is_not() {
        assert!(on_path("sh").is_some());
        assert!(on_path("no-such-program-for-plumbline").is_none());
    }

    #[test]
    fn a_user_that_does_not_exist_is_named() {
        let error = id("no-such-user-here").expect_err("nobody has this name");
        assert_eq!(error.to_string(), "there is no user `no-such-user-here`");
    }
}
