-- The operational database, version 1. Moments are microseconds since 1970 in UTC; `*_json` columns hold plain JSON.

CREATE TABLE prediction (
  prediction_id TEXT PRIMARY KEY,
  lead_id       TEXT NOT NULL,
  target        TEXT NOT NULL,
  model_id      TEXT NOT NULL,
  as_of         INTEGER NOT NULL,
  score         REAL NOT NULL CHECK (score BETWEEN 0 AND 1),
  band          TEXT NOT NULL CHECK (band IN ('A', 'B', 'C', 'D')),
  reasons_json  TEXT NOT NULL
) STRICT;
CREATE INDEX prediction_of_lead ON prediction (lead_id, target, as_of);

-- The newest prediction of each lead and target, written in the same transaction as the prediction itself: the ranked
-- list would otherwise have to sort the whole log for each page.
CREATE TABLE latest (
  target        TEXT NOT NULL,
  lead_id       TEXT NOT NULL,
  prediction_id TEXT NOT NULL REFERENCES prediction,
  as_of         INTEGER NOT NULL,
  score         REAL NOT NULL,
  band          TEXT NOT NULL,
  PRIMARY KEY (target, lead_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX latest_ranked ON latest (target, score DESC, lead_id);

-- Leads that are decided: they keep their predictions and leave the ranked list.
CREATE TABLE closed (
  target  TEXT NOT NULL,
  lead_id TEXT NOT NULL,
  PRIMARY KEY (target, lead_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE lead_brief (
  lead_id    TEXT PRIMARY KEY,
  name       TEXT,
  company    TEXT,
  industry   TEXT,
  channel    TEXT,
  created_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE feedback (
  feedback_id   TEXT PRIMARY KEY,
  prediction_id TEXT NOT NULL REFERENCES prediction,
  complaint     TEXT NOT NULL,
  comment       TEXT NOT NULL,
  said_by       TEXT NOT NULL,
  said_at       INTEGER NOT NULL
) STRICT;
CREATE INDEX feedback_of_prediction ON feedback (prediction_id);
CREATE INDEX feedback_in_time ON feedback (said_at);

CREATE TABLE alert (
  key      TEXT PRIMARY KEY,
  target   TEXT NOT NULL,
  model_id TEXT NOT NULL,
  column_  TEXT NOT NULL,
  text     TEXT NOT NULL,
  since    INTEGER NOT NULL
) STRICT;

CREATE TABLE watch_report (
  target       TEXT NOT NULL,
  model_id     TEXT NOT NULL,
  from_at      INTEGER NOT NULL,
  to_at        INTEGER NOT NULL,
  rows         INTEGER NOT NULL,
  drifts_json  TEXT NOT NULL,
  matured_json TEXT NOT NULL,
  PRIMARY KEY (target, model_id, from_at)
) STRICT, WITHOUT ROWID;

CREATE TABLE model (
  model_id  TEXT PRIMARY KEY,
  target    TEXT NOT NULL,
  card_json TEXT NOT NULL,
  added_at  INTEGER NOT NULL
) STRICT;
CREATE INDEX model_of_target ON model (target, added_at);

CREATE TABLE stage (
  target   TEXT NOT NULL,
  stage    TEXT NOT NULL CHECK (stage IN ('champion', 'challenger')),
  model_id TEXT NOT NULL REFERENCES model,
  PRIMARY KEY (target, stage)
) STRICT, WITHOUT ROWID;

-- Who changed the stages, when and why. The largest change_id is the registry's revision.
CREATE TABLE stage_change (
  change_id  INTEGER PRIMARY KEY AUTOINCREMENT,
  target     TEXT NOT NULL,
  action     TEXT NOT NULL CHECK (action IN ('challenge', 'promote', 'rollback')),
  model_id   TEXT NOT NULL REFERENCES model,
  changed_by TEXT NOT NULL,
  why        TEXT NOT NULL,
  changed_at INTEGER NOT NULL
) STRICT;
