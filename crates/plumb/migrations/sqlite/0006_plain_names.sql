-- Version 6: tables and columns are called by what they hold.

ALTER TABLE latest RENAME TO latest_prediction;
DROP INDEX latest_ranked;
CREATE INDEX latest_prediction_ranked ON latest_prediction (target, score DESC, lead_id);

-- Leads that are off the ranked list: their outcome is known, or their horizon is over.
ALTER TABLE closed RENAME TO decided_lead;

ALTER TABLE prediction RENAME COLUMN basis_json TO provenance_json;
-- The key as it stands in the text: no other key or value of a provenance can contain these characters unescaped, and
-- the numbers beside it keep their very digits.
UPDATE prediction SET provenance_json = replace(provenance_json, '"brought":', '"overrides":')
WHERE instr(provenance_json, '"brought":') > 0;

ALTER TABLE alert RENAME COLUMN column_ TO feature;
ALTER TABLE watch_report RENAME TO monitor_report;

ALTER TABLE truth RENAME TO ground_truth;

-- How many bytes of each file of the journal are in this database.
ALTER TABLE journal RENAME TO journal_segment;
ALTER TABLE journal_segment RENAME COLUMN bytes TO loaded_bytes;
