-- These fields never change after a lead has come in, so they were known from its creation on.
SELECT
  'lead:' || CAST(l.id AS VARCHAR) AS lead_key,
  l.created_at                     AS created_at,
  l.created_at                     AS known_at,
  l.channel                        AS channel,
  l.industry                       AS industry,
  CAST(l.employees AS DOUBLE)      AS employees,
  l._origin                        AS _origin
FROM leads.records l
