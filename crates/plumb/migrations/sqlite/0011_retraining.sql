-- Version 11: retraining that nobody watches. Moments here are those that commands work at, and not the clock's.

-- One row a retraining that trained. `look` counts the comparisons with one champion: each spends a part of the chance of a
-- mistake. NULL: there were too few rows to compare on.
CREATE TABLE retraining (
  retraining_id INTEGER PRIMARY KEY AUTOINCREMENT,
  target        TEXT NOT NULL,
  champion_id   TEXT NOT NULL,
  challenger_id TEXT NOT NULL,
  as_of         INTEGER NOT NULL,
  look          INTEGER,
  decision_json TEXT NOT NULL
) STRICT;
CREATE INDEX retraining_of_champion ON retraining (target, champion_id);

-- The challenger that scores in the shadow before it is promoted; of a target at most one.
CREATE TABLE challenger_in_shadow (
  target       TEXT PRIMARY KEY,
  model_id     TEXT NOT NULL REFERENCES model,
  champion_id  TEXT NOT NULL REFERENCES model,
  since        INTEGER NOT NULL,
  leads_needed INTEGER NOT NULL,
  why          TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- Each promotion, with what it did to the scores of the leads that were open.
CREATE TABLE promotion (
  promotion_id INTEGER PRIMARY KEY AUTOINCREMENT,
  target       TEXT NOT NULL,
  model_id     TEXT NOT NULL REFERENCES model,
  -- The champion before; NULL for the first of a target.
  retired_id   TEXT REFERENCES model,
  promoted_at  INTEGER NOT NULL,
  automatic    INTEGER NOT NULL CHECK (automatic IN (0, 1)),
  promoted_by  TEXT NOT NULL,
  why          TEXT NOT NULL,
  effect_json  TEXT
) STRICT;
CREATE INDEX promotion_of_target ON promotion (target);

-- Why no challenger of a target is promoted by itself any more, until somebody acts.
CREATE TABLE promotion_stop (
  target     TEXT PRIMARY KEY,
  stopped_at INTEGER NOT NULL,
  why        TEXT NOT NULL
) STRICT, WITHOUT ROWID;
