-- Version 10: the runs of jobs, by the schedule and by hand, and how far the schedule has come.

CREATE TABLE job_run (
  run_id       TEXT PRIMARY KEY,
  job          TEXT NOT NULL,
  why          TEXT NOT NULL,
  by_whom      TEXT NOT NULL,
  due_at       INTEGER,           -- NULL: by hand
  attempt      INTEGER NOT NULL,  -- which try of its due time, from 1
  started_at   INTEGER NOT NULL,
  ended_at     INTEGER,           -- NULL: it goes on, or nobody saw its end
  state        TEXT NOT NULL,
  outcome_json TEXT,              -- what it did, as far as it has come
  error        TEXT,
  log          TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX job_run_by_time ON job_run (started_at, run_id);
CREATE INDEX job_run_by_job ON job_run (job, started_at, run_id);
CREATE INDEX job_run_by_state ON job_run (state) WHERE state = 'running';

CREATE TABLE job_timing (
  job              TEXT PRIMARY KEY,
  expression       TEXT NOT NULL,
  time_zone        TEXT NOT NULL,
  offset_s         INTEGER NOT NULL,  -- how much later than its times it begins
  considered_until INTEGER NOT NULL   -- due times until this one are dealt with
) STRICT;
