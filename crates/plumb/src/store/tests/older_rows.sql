-- A row in each table of version 5, as that version's program wrote them.
INSERT INTO prediction VALUES
  ('p1', 'ada', 'converted', 'cafe', 1767229200000000, 0.9, 'A', '[]',
   '{"ground":"f00d","inputs":[0.1,null,16777216.0]}', 0.8, 0.95),
  ('p2', 'bob', 'converted', 'cafe', 1767229200000000, 0.3, 'C', '[]',
   '{"brought":["lead.budget","\"brought\\"],"inputs":[0.30000001,1e-40]}', NULL, NULL);
INSERT INTO latest VALUES
  ('converted', 'ada', 'p1', 1767229200000000, 0.9, 'A'), ('converted', 'bob', 'p2', 1767229200000000, 0.3, 'C');
INSERT INTO closed VALUES ('converted', 'bob');
INSERT INTO lead_brief VALUES
  ('ada', 'Ada', 'Analytical Engines', 'fintech', 'referral', 1767225600000000),
  ('bob', NULL, NULL, NULL, NULL, 1767225600000000);
INSERT INTO feedback VALUES ('f1', 'p1', 'too_low', 'they called us', 'rep 17', 1767232800000000);
INSERT INTO alert VALUES ('k', 'converted', 'cafe', 'channel', 'channel: 12 % are new', 1767225600000000);
INSERT INTO watch_report VALUES
  ('converted', 'cafe', 1767225600000000, 1767232800000000, 300,
   '[{"column":"score","psi":0.31,"jensen_shannon":0.2,"missing":0.0,"missing_baseline":0.0,"unseen":[],"verdict":"drifted"}]',
   'null');
INSERT INTO model VALUES
  ('cafe', 'converted',
   '{"model_id":"cafe","target":"converted","kind":"committee","as_of":"2026-01-01T00:00:00Z","dataset":{"hash":"d",
     "rows_train":60,"rows_valid":20,"rows_test":20,"base_rate":0.25,"rows_immature":7,"span":null},
     "features_hash":"f","code_version":"0.1.0","seed":1,"params":{"max_depth":"4","trials":"6"},"threshold":{"score":0.5,"why":"it wins"},
     "gain":[],"reliability":[],"importance":[],"weakest":[],"leaks":[],
     "earnings":[{"policy":"call all","rows":20,"calls":20,"model":{"value":-10.5,"interval":null},"rules":null,
       "arrival":{"value":0.1,"interval":null},"perfect":{"value":7.0,"interval":null}}],
     "by_age":[],"bias":[],"notes":[]}',
   1767225600000000),
  ('beef', 'approved',
   '{"model_id":"beef","target":"approved","kind":"logistic","as_of":"2026-01-01T00:00:00Z","dataset":{"hash":"e",
     "rows_train":1,"rows_valid":1,"rows_test":1,"base_rate":0.1,"rows_immature":0,"span":null},
     "features_hash":"f","code_version":"0.1.0","seed":2,"params":{},"threshold":{"score":0.5,"why":"it wins"},
     "gain":[],"reliability":[],"importance":[],"weakest":[],"leaks":[],"notes":[]}',
   1767225600000001);
INSERT INTO stage VALUES ('converted', 'champion', 'cafe');
INSERT INTO stage_change VALUES (3, 'converted', 'promote', 'cafe', 'ada', 'it wins', 1767225600000000);
INSERT INTO recent_lead VALUES
  ('ada', 'f00d', 1767225600000000, '{"lead_id":"ada","created_at":"2026-01-01T00:00:00Z","budget":5.5}', '[]');
INSERT INTO journal VALUES ('segment', 4096);
INSERT INTO variant VALUES ('converted', 'dark', 'cafe', 0.5, 1);
INSERT INTO variant_change VALUES (2, 'converted', 'dark', 'cafe 0.5 shadow', 'ada', 1767225600000000);
INSERT INTO shadow_prediction VALUES ('s1', 'dark', 'ada', 'converted', 'cafe', 1767229200000000, 0.7);
INSERT INTO event_prediction VALUES ('p1', 'mine', 0, 'AllTraffic'), ('s1', 'mine', 0, 'dark');
INSERT INTO truth VALUES ('mine', '1', 1767229200000000, 'a.jsonl', 4), ('nobody', '01', 1767229200000000, 'a.jsonl', 5);
