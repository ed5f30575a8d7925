-- Version 5: ground truth. By which name of a caller's a prediction was made, where one was given; a call has a row each.
CREATE TABLE event_prediction (
  prediction_id TEXT PRIMARY KEY,
  event_id      TEXT NOT NULL,
  row           INTEGER NOT NULL,
  variant       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX prediction_of_event ON event_prediction (event_id);

-- What became of the rows of an event, '1' or '0' each, and the line that says so: the last one, if several do.
CREATE TABLE truth (
  event_id TEXT PRIMARY KEY,
  labels   TEXT NOT NULL,
  hour     INTEGER NOT NULL,
  file     TEXT NOT NULL,
  line     INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
