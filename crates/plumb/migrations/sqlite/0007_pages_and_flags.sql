-- Version 7: a page of a list costs what one page costs, the list shows what was predicted last, and flags come from the
-- journal.

-- A lead's predictions in the order in which they were stored: the row's own number, which ends each entry of an index.
-- No request can choose it, and no clock can set it back.
DROP INDEX prediction_of_lead;
CREATE INDEX prediction_of_lead ON prediction (lead_id, target);

-- The prediction that was stored last, and not the one with the latest `as_of`: one of the year 9999 held its place for
-- ever. Whether a lead is listed is written beside it, so that a page reads nothing that it does not show.
CREATE TABLE newest_prediction (
  target        TEXT NOT NULL,
  lead_id       TEXT NOT NULL,
  prediction_id TEXT NOT NULL REFERENCES prediction,
  score         REAL NOT NULL,
  band          TEXT NOT NULL,
  -- 0: off the list, as its outcome is known or its horizon is over; 1: a lead of the sources; 2: a row that only requests
  -- have named, listed where there are no leads at all.
  list          INTEGER NOT NULL CHECK (list IN (0, 1, 2)),
  PRIMARY KEY (target, lead_id)
) STRICT, WITHOUT ROWID;
INSERT INTO newest_prediction (target, lead_id, prediction_id, score, band, list)
SELECT p.target, p.lead_id, p.prediction_id, p.score, p.band,
  CASE WHEN EXISTS (SELECT 1 FROM decided_lead d WHERE d.target = p.target AND d.lead_id = p.lead_id) THEN 0
       WHEN EXISTS (SELECT 1 FROM lead_brief b WHERE b.lead_id = p.lead_id) THEN 1
       ELSE 2 END
FROM latest_prediction l JOIN prediction p ON p.rowid = (
  SELECT max(q.rowid) FROM prediction q WHERE q.lead_id = l.lead_id AND q.target = l.target
);
DROP TABLE latest_prediction;
DROP TABLE decided_lead;
ALTER TABLE newest_prediction RENAME TO latest_prediction;
-- Bands come before scores, for the lists of one band; a list of all bands merges four.
CREATE INDEX latest_prediction_ranked ON latest_prediction (target, list, band, score DESC, lead_id);

-- How long each list is: to count it would cost more than to show a page of it.
CREATE TABLE list_size (
  target TEXT NOT NULL,
  list   INTEGER NOT NULL,
  band   TEXT NOT NULL,
  leads  INTEGER NOT NULL,
  PRIMARY KEY (target, list, band)
) STRICT, WITHOUT ROWID;
INSERT INTO list_size (target, list, band, leads)
SELECT target, list, band, count(*) FROM latest_prediction GROUP BY target, list, band;
-- Rows of `latest_prediction` are added and changed, and never deleted.
CREATE TRIGGER latest_prediction_added AFTER INSERT ON latest_prediction
BEGIN
  INSERT INTO list_size (target, list, band, leads) VALUES (new.target, new.list, new.band, 1)
  ON CONFLICT (target, list, band) DO UPDATE SET leads = leads + 1;
END;
CREATE TRIGGER latest_prediction_moved AFTER UPDATE OF list, band ON latest_prediction
WHEN old.list <> new.list OR old.band <> new.band
BEGIN
  UPDATE list_size SET leads = leads - 1 WHERE target = old.target AND list = old.list AND band = old.band;
  INSERT INTO list_size (target, list, band, leads) VALUES (new.target, new.list, new.band, 1)
  ON CONFLICT (target, list, band) DO UPDATE SET leads = leads + 1;
END;

-- A flag may be loaded before its prediction, which another server's journal still has: so it refers to no row, and names
-- its lead itself.
CREATE TABLE flag (
  feedback_id   TEXT PRIMARY KEY,
  prediction_id TEXT NOT NULL,
  lead_id       TEXT NOT NULL,
  complaint     TEXT NOT NULL,
  comment       TEXT NOT NULL,
  said_by       TEXT NOT NULL,
  said_at       INTEGER NOT NULL
) STRICT;
INSERT INTO flag (feedback_id, prediction_id, lead_id, complaint, comment, said_by, said_at)
SELECT f.feedback_id, f.prediction_id, p.lead_id, f.complaint, f.comment, f.said_by, f.said_at
FROM feedback f JOIN prediction p USING (prediction_id) ORDER BY f.said_at, f.feedback_id;
DROP TABLE feedback;
ALTER TABLE flag RENAME TO feedback;
CREATE INDEX feedback_of_lead ON feedback (lead_id);
CREATE INDEX feedback_in_time ON feedback (said_at);

-- How far the scoring of a target's open leads has come: a row while it is under way, or after it was killed.
CREATE TABLE scoring_run (
  target        TEXT PRIMARY KEY,
  model_id      TEXT NOT NULL,
  ground        TEXT NOT NULL,
  as_of         INTEGER NOT NULL,
  history       INTEGER NOT NULL CHECK (history IN (0, 1)),
  -- The last observation that is stored, in the order of leads and times.
  lead_id       TEXT NOT NULL,
  observed_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

DROP INDEX model_of_target;
CREATE INDEX model_of_target ON model (target);
CREATE INDEX stage_change_of_target ON stage_change (target);
CREATE INDEX alert_of_target ON alert (target, since, key);
CREATE INDEX monitor_report_in_time ON monitor_report (target, from_at, model_id);
