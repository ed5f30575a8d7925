//! `rules.csv`, `.gitignore` and `README.md`.

use super::parts::Parts;
use crate::proposed_file::ProposedFile;

/// Returns the files.
pub(super) fn files(parts: &Parts<'_>) -> Vec<ProposedFile> {
    let names: Vec<&str> = parts.targets.iter().map(|target| target.name.as_str()).collect();
    let readme = format!(
        "# Lead scoring: {}\n\n\
         A project of Plumbline, begun by `plumb init`. All of its files are yours to change.\n\n\
         - `plumb.toml`: the sources, the targets, what mistakes cost.\n\
         - `sources/*.sql`: what the tables mean: leads, events, outcomes, who is whom.\n\
         - `features/*.sql`, `features/*.toml`: what models see, and how a rep is told.\n\
         - `rules.csv`: the team's own points, if it has any.\n\
         - `data/` is not in git: it has the raw rows, the models, the predictions and the feedback. Back it up.\n\n\
         `plumb ingest`, `plumb train`, `plumb score`, `plumb serve`; `plumb check` after each change.\n",
        names.join(", ")
    );
    vec![
        ProposedFile::new(
            "rules.csv",
            "field,condition,points,note\n".to_owned(),
            "a place for the team's own points: a line a rule",
        ),
        ProposedFile::new(
            ".gitignore",
            "data/\n.env\n".to_owned(),
            "data is no source text, and secrets are nobody else's",
        ),
        ProposedFile::new("README.md", readme, "what is where"),
    ]
}
