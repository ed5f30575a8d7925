//! Compiles XGBoost into a static library, or takes the one in `XGBOOST_LIB_DIR`.
//!
//! The source comes from a package on crates.io that carries it: cargo downloads that package for the manifest in
//! `source/` and says where it lies. Its own build script, which wants cmake or a download, is never run.
//!
//! The only build dependency is `cc`, and its features are fixed: cargo names `OUT_DIR` after the build dependencies
//! and their features, so with anything more common (serde_json, say) each selection of packages would compile
//! XGBoost anew.

use std::collections::BTreeMap;
use std::env;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The package that carries the source, as `source/Cargo.toml` names it.
const SOURCE_PACKAGE: &str = "xgboost_lib-sys";

/// What XGBoost uses of dmlc-core, without the `.cc`.
const DMLC_FILES: [&str; 10] = [
    "config",
    "data",
    "io",
    "recordio",
    "io/line_split",
    "io/recordio_split",
    "io/indexed_recordio_split",
    "io/input_split_base",
    "io/filesys",
    "io/local_filesys",
];

/// Variables of cargo that say how to reach the registry, and not what is being built.
const CARGO_VARIABLES_KEPT: [&str; 4] = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR"];

fn main() {
    for path in ["build.rs", "source/Cargo.toml", "source/Cargo.lock"] {
        println!("cargo::rerun-if-changed={path}");
    }
    println!("cargo::rerun-if-env-changed=XGBOOST_LIB_DIR");
    if let Err(message) = build() {
        for line in message.lines() {
            println!("cargo::error={line}");
        }
    }
}

fn build() -> Result<(), String> {
    let compiler = compiler()?;
    match env::var_os("XGBOOST_LIB_DIR").filter(|folder| !folder.is_empty()) {
        Some(folder) => link_library_of(Path::new(&folder))?,
        None => compile(&source_folder()?, &compiler)?,
    }
    link_runtime(&compiler);
    Ok(())
}

/// Returns the C++ compiler, after making sure that it can be run.
fn compiler() -> Result<cc::Tool, String> {
    let no_compiler = |why: String| {
        format!(
            "no C++ compiler, which XGBoost needs: {why}\n\
             install one: `sudo apt-get install g++` (Debian, Ubuntu), `sudo dnf install gcc-c++` (Fedora), \
             `sudo apk add g++` (Alpine), `xcode-select --install` (macOS); or name one in `CXX`"
        )
    };
    let tool = new_build().try_get_compiler().map_err(|error| no_compiler(error.to_string()))?;
    match tool.to_command().arg("--version").output() {
        Ok(output) if output.status.success() => Ok(tool),
        Ok(output) => Err(no_compiler(format!("`{} --version` failed, {}", tool.path().display(), output.status))),
        Err(error) => Err(no_compiler(format!("`{}` cannot be run, {error}", tool.path().display()))),
    }
}

fn link_library_of(folder: &Path) -> Result<(), String> {
    let library = folder.join("libxgboost.a");
    if !library.is_file() {
        return Err(format!(
            "`XGBOOST_LIB_DIR` is `{}`, which holds no `libxgboost.a`: build XGBoost 3.4 with \
             `-DBUILD_STATIC_LIB=ON`, or unset the variable to have it compiled here",
            folder.display()
        ));
    }
    println!("cargo::rerun-if-changed={}", library.display());
    println!("cargo::rustc-link-search=native={}", folder.display());
    println!("cargo::rustc-link-lib=static:+whole-archive=xgboost");
    // XGBoost's own cmake build keeps dmlc-core in a library beside its own.
    if folder.join("libdmlc.a").is_file() {
        println!("cargo::rustc-link-lib=static=dmlc");
    }
    Ok(())
}

/// Returns the folder of XGBoost's source, downloaded if need be.
fn source_folder() -> Result<PathBuf, String> {
    let manifest =
        Path::new(&env::var("CARGO_MANIFEST_DIR").map_err(|error| error.to_string())?).join("source/Cargo.toml");
    let fetched = cargo("fetch", &["--locked"], &manifest)?;
    if !fetched.status.success() {
        return Err(format!(
            "cannot download the source of XGBoost (package `{SOURCE_PACKAGE}` of crates.io): {}\n\
             with no network, set `XGBOOST_LIB_DIR` to a folder with `libxgboost.a`",
            String::from_utf8_lossy(&fetched.stderr).trim()
        ));
    }
    let metadata = cargo("metadata", &["--locked", "--offline", "--format-version", "1"], &manifest)?;
    if !metadata.status.success() {
        return Err(format!("`cargo metadata` failed: {}", String::from_utf8_lossy(&metadata.stderr).trim()));
    }
    let folder = package_folder(&String::from_utf8_lossy(&metadata.stdout))
        .ok_or_else(|| format!("`cargo metadata` does not say where `{SOURCE_PACKAGE}` lies"))?
        .join("xgboost");
    if folder.join("src/learner.cc").is_file() {
        Ok(folder)
    } else {
        Err(format!("`{}` is not the source of XGBoost: `src/learner.cc` is not in it", folder.display()))
    }
}

/// Runs cargo on another manifest. Cargo's variables for this build script, and those that steer the build around it,
/// are taken away: an inner cargo would obey `CARGO_TARGET_DIR` or `RUSTFLAGS` as if they were meant for it.
fn cargo(verb: &str, arguments: &[&str], manifest: &Path) -> Result<Output, String> {
    let program = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(program);
    command.arg(verb).args(arguments).arg("--manifest-path").arg(manifest);
    for (name, _) in env::vars_os() {
        let name = name.to_string_lossy();
        let of_cargo = name.starts_with("CARGO") || name.starts_with("RUSTC") || name.starts_with("RUSTFLAGS");
        if of_cargo && !CARGO_VARIABLES_KEPT.iter().any(|kept| name.starts_with(kept)) {
            command.env_remove(&*name);
        }
    }
    command.output().map_err(|error| format!("cannot run `cargo {verb}`: {error}"))
}

/// Returns the folder of the source package: its manifest is the only path in the JSON that ends so.
fn package_folder(metadata: &str) -> Option<PathBuf> {
    let (_, rest) = metadata.split_once(&format!("\"name\":\"{SOURCE_PACKAGE}\",\"version\""))?;
    let (_, rest) = rest.split_once("\"manifest_path\":\"")?;
    let (manifest, _) = rest.split_once('"')?;
    Some(Path::new(&manifest.replace("\\\\", "\\")).parent()?.to_owned())
}

fn compile(source: &Path, compiler: &cc::Tool) -> Result<(), String> {
    let mut build = new_build();
    let dmlc = source.join("dmlc-core");
    build.include(source.join("include")).include(source.join("src")).include(dmlc.join("include"));
    for (name, value) in [
        ("NDEBUG", None),
        ("DMLC_LOG_CUSTOMIZE", Some("1")),
        // A message is for people: it needs no addresses of functions after it.
        ("DMLC_LOG_STACK_TRACE", Some("0")),
        ("DMLC_USE_HDFS", Some("0")),
        ("DMLC_USE_S3", Some("0")),
        ("DMLC_USE_AZURE", Some("0")),
        ("DMLC_USE_CXX11", Some("1")),
        ("DMLC_USE_CXX14", Some("1")),
        ("XGBOOST_BUILTIN_PREFETCH_PRESENT", Some("1")),
    ] {
        build.define(name, value);
    }
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "x86_64") {
        build.define("XGBOOST_MM_PREFETCH_PRESENT", "1").define("_MWAITXINTRIN_H_INCLUDED", None);
    }
    // Messages name the place in XGBoost's source, and not the home of whoever compiled it.
    build.flag_if_supported(format!("-fmacro-prefix-map={}=xgboost", source.display()));
    if openmp(compiler).is_some() {
        build.flag("-fopenmp");
    } else {
        println!("cargo::warning=the C++ compiler has no libgomp: XGBoost will train on one core");
    }
    build.files(DMLC_FILES.iter().map(|name| dmlc.join("src").join(name).with_extension("cc")));
    build.files(units(&source.join("src"))?);
    build
        // Objectives, metrics and tree methods register themselves in static initialisers that nothing refers to.
        .link_lib_modifier("+whole-archive")
        .try_compile("xgboost")
        .map_err(|error| format!("cannot compile XGBoost: {error}"))
}

/// A file that declares functions of another namespace, and so cannot be compiled in one unit with the files beside it.
const ALONE: &str = "batch_utils.cc";

/// Returns the files to compile: for each folder one that includes all of its files, which halves the time, since most
/// of it goes into the same headers. `docs/decisions/0002` has the figures.
fn units(source: &Path) -> Result<Vec<PathBuf>, String> {
    let out = PathBuf::from(env::var("OUT_DIR").map_err(|error| error.to_string())?);
    let mut folders: BTreeMap<String, Vec<PathBuf>> = BTreeMap::new();
    let mut units = Vec::new();
    for file in sources(source)? {
        if file.file_name().is_some_and(|name| name == ALONE) {
            units.push(file);
            continue;
        }
        let folder = file.strip_prefix(source).ok().and_then(|file| file.parent()).and_then(|path| path.iter().next());
        let folder = folder.map_or_else(|| "core".to_owned(), |name| name.to_string_lossy().into_owned());
        folders.entry(folder).or_default().push(file);
    }
    for (folder, mut files) in folders {
        // A registry has to be declared before the files that register something in it.
        files.sort_by_cached_key(|file| !declares_registry(file));
        let includes: String = files.iter().map(|file| format!("#include \"{}\"\n", file.display())).collect();
        let unit = out.join(format!("unit_{folder}.cc"));
        std::fs::write(&unit, includes).map_err(|error| format!("cannot write `{}`: {error}", unit.display()))?;
        units.push(unit);
    }
    Ok(units)
}

fn declares_registry(file: &Path) -> bool {
    // A file that cannot be read is the compiler's to complain of.
    std::fs::read(file).is_ok_and(|text| String::from_utf8_lossy(&text).contains("DMLC_REGISTRY_ENABLE"))
}

/// Returns all C++ files of a folder and those in it, sorted, so that the library is the same on every machine.
fn sources(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let unreadable = |error: std::io::Error| format!("cannot list `{}`: {error}", folder.display());
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        if path.is_dir() {
            files.extend(sources(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "cc") {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

/// Links what the compiled library itself needs.
fn link_runtime(compiler: &cc::Tool) {
    let target_os = env::var("CARGO_CFG_TARGET_OS").unwrap_or_default();
    if let Some(library) = openmp(compiler) {
        // Static, so that the program runs on a machine without a compiler.
        if let Some(folder) = library.parent() {
            println!("cargo::rustc-link-search=native={}", folder.display());
        }
        println!("cargo::rustc-link-lib=static=gomp");
    }
    if target_os == "linux" {
        println!("cargo::rustc-link-lib=pthread");
    }
    println!("cargo::rustc-link-lib={}", if target_os == "macos" { "c++" } else { "stdc++" });
}

/// Returns where the compiler keeps its static OpenMP library.
fn openmp(compiler: &cc::Tool) -> Option<PathBuf> {
    let output = compiler.to_command().arg("-print-file-name=libgomp.a").output().ok()?;
    // A compiler that has no such file echoes its name.
    let path = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    path.is_absolute().then_some(path)
}

/// Returns the settings of every call of the compiler. Optimised in every cargo profile: unoptimised, XGBoost is some
/// ten times slower, and nobody debugs it from here.
fn new_build() -> cc::Build {
    let mut build = cc::Build::new();
    build.cpp(true).std("c++17").opt_level(3).debug(false).warnings(false).flag("-w");
    build
}
