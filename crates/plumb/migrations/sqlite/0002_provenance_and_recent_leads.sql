-- Version 2: what each prediction rests on, so that it can be made again; and the leads that requests ask for.

ALTER TABLE prediction ADD COLUMN basis_json TEXT NOT NULL DEFAULT '{"inputs":[]}';

-- Open leads with their events, as a version of the ground has them: a request for one of them reads one row here.
CREATE TABLE recent_lead (
  lead_id     TEXT PRIMARY KEY,
  ground      TEXT NOT NULL,
  known_from  INTEGER NOT NULL,
  lead_json   TEXT NOT NULL,
  events_json TEXT NOT NULL
) STRICT;
