-- An application is an event too.
SELECT
  'application:' || a.number AS event_id,
  'application:' || a.number AS lead_key,
  'application'              AS kind,
  a.submitted_at             AS at,
  a.recorded_at              AS known_at,
  a._origin                  AS _origin
FROM internal.applications a
