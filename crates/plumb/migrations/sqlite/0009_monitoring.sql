-- Version 9: alerts say what happened, where, why and what it costs, and have a state; reports keep their counts.

ALTER TABLE alert ADD COLUMN kind TEXT NOT NULL DEFAULT 'drifted';
ALTER TABLE alert ADD COLUMN segment TEXT;
ALTER TABLE alert ADD COLUMN cause TEXT NOT NULL DEFAULT 'population';
ALTER TABLE alert ADD COLUMN advice TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN leads_a_week REAL;
ALTER TABLE alert ADD COLUMN money_a_week REAL;
ALTER TABLE alert ADD COLUMN last_seen INTEGER NOT NULL DEFAULT 0;
ALTER TABLE alert ADD COLUMN state TEXT NOT NULL DEFAULT 'open';
ALTER TABLE alert ADD COLUMN changed_by TEXT NOT NULL DEFAULT '';
ALTER TABLE alert ADD COLUMN muted_until INTEGER;
UPDATE alert SET last_seen = since;
UPDATE alert SET kind = 'new_category' WHERE instr(key, '/unseen ') > 0;
UPDATE alert SET kind = 'outcomes', cause = 'criteria' WHERE key LIKE '%/fewer came' OR key LIKE '%/more came';
CREATE INDEX alert_of_state ON alert (state, since, key);

-- The rows of the week by column and bin, which windows of several weeks add up; NULL where an earlier program reported.
ALTER TABLE monitor_report ADD COLUMN counts_json TEXT;
