-- Version 8: the list shows the fields that the project names, in its order, and no others.

-- A list of names and values: [["company", "Analytical Engines"], ["industry", null]].
ALTER TABLE lead_brief ADD COLUMN fields_json TEXT NOT NULL DEFAULT '[]';
UPDATE lead_brief SET fields_json =
  json_array(json_array('company', company), json_array('industry', industry), json_array('channel', channel))
WHERE company IS NOT NULL OR industry IS NOT NULL OR channel IS NOT NULL;
ALTER TABLE lead_brief DROP COLUMN company;
ALTER TABLE lead_brief DROP COLUMN industry;
ALTER TABLE lead_brief DROP COLUMN channel;
