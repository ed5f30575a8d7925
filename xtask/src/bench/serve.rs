//! `cargo xtask bench serve`: one row of raw named features in, a score with or without its reasons out; our server,
//! a bare echo with the same bodies, FastAPI with XGBoost, and MLflow's server.
//!
//! Their answers are compared before anything is timed. Then they take turns, and medians of the turns count. What the
//! load itself needs of the processor is not counted, but it has to share the machine with the servers.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};

use super::load::{Measured, Target};
use super::process::Server;
use super::{Made, script};
use crate::{provide, run};

const TURNS: usize = 3;
const CONNECTIONS: usize = 32;

/// How long each is asked in a turn.
const TIME: Duration = Duration::from_secs(4);

/// Something that is asked of a server.
struct Client<'a> {
    name: &'static str,
    server: &'a Server,
    target: Target,
    turns: Vec<Turn>,
}

struct Turn {
    cpu_us: f64,
    full: Measured,
    one: Measured,
    half: Measured,
}

pub(super) fn bench(made: &Made) -> Result<()> {
    let others = provide::python("mlflow", include_str!("../../bench/mlflow.txt"))?;
    run(Command::new(&others).arg(script("mlflow_model.py")).arg(&made.folder))?;
    let ours = Server::announced(
        Command::new(made.release.join("plumb"))
            .arg("serve")
            .args(["--port", "0", "--data"])
            .arg(made.folder.join("data")),
    )?;
    let echo = Server::announced(&mut Command::new(made.release.join("examples/echo")))?;
    let fastapi = Server::on_port(|port| {
        let mut command = Command::new(&made.python);
        command.arg(script("fastapi_server.py")).arg(&made.folder).arg(port.to_string());
        command
    })?;
    let mlflow = Server::on_port(|port| {
        let mut command = Command::new(others.with_file_name("mlflow"));
        command.args([
            "models",
            "serve",
            "--env-manager",
            "local",
            "--workers",
            "1",
            "--port",
            &port.to_string(),
            "-m",
        ]);
        command.arg(made.folder.join("mlflow")).stdin(Stdio::null());
        // It starts `uvicorn` by its name.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = others.parent().map(Path::to_path_buf).into_iter().chain(std::env::split_paths(&path));
        command.env("PATH", std::env::join_paths(folders).unwrap_or(path.clone()));
        command
    })?;
    let url = |server: &Server| format!("http://{}", server.address);
    let servers = [url(&ours), url(&fastapi), url(&mlflow)];
    run(Command::new(&made.python).arg(script("check.py")).arg(&made.folder).args(servers))?;

    let rows = std::fs::read_to_string(made.folder.join("rows.jsonl")).context("cannot read the rows")?;
    let client = |name, server, path: &str, body: fn(&str) -> String| {
        let server: &Server = server;
        let target = Target::new(server.address, path, rows.lines().map(body));
        Client { name, server, target, turns: Vec::new() }
    };
    let named: fn(&str) -> String = |row| format!(r#"{{"target":"won","features":{row}}}"#);
    let mut clients = [
        client("axum echo", &echo, "/", named),
        client("plumb, score and reasons", &ours, "/v1/score", named),
        client("plumb, score alone", &ours, "/endpoints/won/invocations", str::to_owned),
        client("FastAPI, score and reasons", &fastapi, "/score", named),
        client("FastAPI, score alone", &fastapi, "/score_alone", named),
        client("MLflow, score alone", &mlflow, "/invocations", |row| format!(r#"{{"dataframe_records":[{row}]}}"#)),
    ];
    for _ in 0..TURNS {
        for client in &mut clients {
            client.turn()?;
        }
    }
    println!(
        "| | CPU a request, µs | to echo | requests/s, {CONNECTIONS} connections | p50, p99 ms of one | p99 ms at half of full load |"
    );
    println!("| --- | --- | --- | --- | --- | --- |");
    let floor = clients[0].median(|turn| turn.cpu_us);
    clients.iter().for_each(|client| client.print(floor));
    println!("memory with ten models loaded: {:.0} MB", ours.memory_mb()?);
    Ok(())
}

impl Client<'_> {
    fn turn(&mut self) -> Result<()> {
        // The first requests wake up threads and fill caches.
        self.target.load(CONNECTIONS, TIME / 8).with_context(|| self.name)?;
        let before = self.server.cpu_s()?;
        let full = self.target.load(CONNECTIONS, TIME).with_context(|| self.name)?;
        let cpu_us = 1e6 * (self.server.cpu_s()? - before) / full.requests as f64;
        let one = self.target.load(1, TIME / 2).with_context(|| self.name)?;
        let half = self.target.pace(CONNECTIONS, TIME, full.requests_per_s / 2.0).with_context(|| self.name)?;
        self.turns.push(Turn { cpu_us, full, one, half });
        Ok(())
    }

    fn median(&self, of: impl Fn(&Turn) -> f64) -> f64 {
        plumb_peers::median(self.turns.iter().map(of))
    }

    fn print(&self, floor: f64) {
        let cpu_us = self.median(|turn| turn.cpu_us);
        println!(
            "| {} | {cpu_us:.0} | {:.1} | {:.0} | {:.2}, {:.2} | {:.2} |",
            self.name,
            cpu_us / floor,
            self.median(|turn| turn.full.requests_per_s),
            self.median(|turn| turn.one.time_ms(0.5)),
            self.median(|turn| turn.one.time_ms(0.99)),
            self.median(|turn| turn.half.time_ms(0.99)),
        );
    }
}
