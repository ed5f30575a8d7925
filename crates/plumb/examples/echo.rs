//! The floor of the benchmark of the server: a bare axum that reads a body as JSON and answers it as JSON.

use axum::routing::post;
use axum::{Json, Router};
use serde_json::Value;
use tokio::net::TcpListener;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("serving on http://{}", listener.local_addr()?);
    let echo = |Json(body): Json<Value>| async move { Json(body) };
    axum::serve(listener, Router::new().route("/", post(echo))).await
}
