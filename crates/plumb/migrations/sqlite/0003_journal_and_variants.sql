-- version 3: what a server keeps. How far each file of the journal is loaded, written with what was loaded.
CREATE TABLE journal (
  segment TEXT PRIMARY KEY,
  bytes   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Who answers beside the champion, or in the shadow of whoever answers. A variant without a model is the champion.
CREATE TABLE variant (
  target   TEXT NOT NULL,
  name     TEXT NOT NULL,
  model_id TEXT REFERENCES model,
  weight   REAL NOT NULL CHECK (weight >= 0),
  shadow   INTEGER NOT NULL CHECK (shadow IN (0, 1)),
  PRIMARY KEY (target, name)
) STRICT, WITHOUT ROWID;

-- Grows with each change of a variant, so that a running server notices it.
CREATE TABLE variant_change (
  change_id  INTEGER PRIMARY KEY AUTOINCREMENT,
  target     TEXT NOT NULL,
  name       TEXT NOT NULL,
  what       TEXT NOT NULL,
  changed_by TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;

-- What shadow variants said, which nobody was told.
CREATE TABLE shadow_prediction (
  prediction_id TEXT PRIMARY KEY,
  variant       TEXT NOT NULL,
  lead_id       TEXT NOT NULL,
  target        TEXT NOT NULL,
  model_id      TEXT NOT NULL,
  as_of         INTEGER NOT NULL,
  score         REAL NOT NULL CHECK (score BETWEEN 0 AND 1)
) STRICT, WITHOUT ROWID;
CREATE INDEX shadow_of_variant ON shadow_prediction (target, variant);
