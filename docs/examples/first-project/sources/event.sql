-- What happened, and when the rep logged it.
SELECT
  'lead:' || CAST(a.lead_id AS VARCHAR) AS lead_key,
  a.kind                                AS kind,
  a.at                                  AS at,
  a.logged_at                           AS known_at,
  a._origin                             AS _origin
FROM activities.records a
