//! The stages of a company's life that chapters begin with. Each is made once a run of the tests.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::{Value, json};

use crate::setup::demo::Company;
use crate::setup::program::{run, success};
use crate::setup::server::Server;

/// The first model is of the time before the new channel, so that there is something to catch.
pub(super) const TRAIN_FIRST: [&str; 5] = ["train", "--target", "converted", "--as-of", "2026-02-01"];

/// What the commands of the first two stages printed.
pub(super) struct Printed {
    folder: PathBuf,
    pub(super) ingest: String,
    pub(super) ingest_again: String,
}

/// What happened while a rep flagged a score and the model was retrained, under a running server.
pub(super) struct Retraining {
    folder: PathBuf,
    /// The champions before and after, as the server reports them.
    pub(super) before: String,
    pub(super) after: String,
    /// What `plumb retrain` printed.
    pub(super) printed: String,
    /// The cards of all models, as the server lists them.
    pub(super) cards: Value,
    /// What the server then answers for the lead whose score was flagged.
    pub(super) rescored: Value,
}

static INGESTED: LazyLock<Printed> = LazyLock::new(|| {
    let folder = stage_folder("ingested");
    plumb(&folder, &["demo", "--company-only", "--leads", "4000", "--folder", "."]);
    let ingest = plumb(&folder, &["ingest"]);
    let ingest_again = plumb(&folder, &["ingest"]);
    Printed { folder, ingest, ingest_again }
});

/// The folder, and what training and scoring printed.
static TRAINED: LazyLock<(PathBuf, String, String)> = LazyLock::new(|| {
    let folder = copy_of(&INGESTED.folder, "trained");
    let train = plumb(&folder, &TRAIN_FIRST);
    let score = plumb(&folder, &["score", "--target", "converted"]);
    (folder, train, score)
});

static RETRAINED: LazyLock<Retraining> = LazyLock::new(|| {
    let folder = copy_of(&TRAINED.0, "retrained");
    let server = Server::start(&folder, &[], &[]);
    let lead_id = best_lead(&server)["lead_id"].clone();
    let score = json!({ "target": "converted", "lead_id": lead_id });
    let flagged = server.post("/v1/score", &score)["prediction_id"].clone();
    server.post("/v1/feedback", &json!({ "prediction_id": flagged, "complaint": "too_high" }));
    let before = champion(&server);
    let printed = plumb(&folder, &["retrain", "--target", "converted"]);
    if champion(&server) == before {
        plumb(&folder, &["promote", "--target", "converted", "--why", "the new channel"]);
    }
    let after = champion(&server);
    let cards = server.get("/v1/models?target=converted");
    let rescored = server.post("/v1/score", &score);
    server.stop();
    Retraining { folder, before, after, printed, cards, rescored }
});

/// 4,000 leads whose data is ingested; no model.
pub(super) fn ingested() -> Company {
    Company::copy_of(&INGESTED.folder)
}

/// What the two ingestions of [`ingested`] printed.
pub(super) fn ingestion() -> &'static Printed {
    &INGESTED
}

/// The same with a first model for `converted`, which scored all open leads.
pub(super) fn trained() -> Company {
    Company::copy_of(&TRAINED.0)
}

/// What the training of [`trained`] printed.
pub(super) fn training_output() -> &'static str {
    &TRAINED.1
}

/// What the scoring of [`trained`] printed.
pub(super) fn scoring_output() -> &'static str {
    &TRAINED.2
}

/// The same with one flagged score, and a champion that was trained after it.
pub(super) fn retrained() -> Company {
    Company::copy_of(&RETRAINED.folder)
}

/// What happened before [`retrained`].
pub(super) fn retraining() -> &'static Retraining {
    &RETRAINED
}

/// Returns the lead that the server ranks first.
pub(super) fn best_lead(server: &Server) -> Value {
    server.get("/v1/leads?target=converted&limit=3")["leads"][0].clone()
}

/// Returns the champion of `converted`, as the server reports it.
pub(super) fn champion(server: &Server) -> String {
    server.get("/v1/health")["models"]["converted"].as_str().expect("a champion").to_owned()
}

/// Makes the empty folder of a stage, in place of the one that an earlier run of the tests has left.
fn stage_folder(name: &str) -> PathBuf {
    // Held until this process ends, so that another run of the tests does not empty the folders.
    static LOCK: LazyLock<File> = LazyLock::new(|| {
        let lock = File::create(Path::new(env!("CARGO_TARGET_TMPDIR")).join("story.lock")).expect("it can be written");
        lock.lock().expect("it can be locked");
        lock
    });
    LazyLock::force(&LOCK);
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("story").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("it can be removed");
    }
    fs::create_dir_all(&folder).expect("it can be made");
    folder
}

fn copy_of(stage: &Path, name: &str) -> PathBuf {
    let folder = stage_folder(name);
    crate::setup::folder::copy(stage, &folder);
    folder
}

fn plumb(folder: &Path, arguments: &[&str]) -> String {
    success(run(folder, arguments))
}
