-- What was decided of each application.
SELECT
  'application:' || d.application_number AS lead_key,
  'approved'                             AS target,
  d.approved                             AS positive,
  d.decided_at                           AS at,
  d.recorded_at                          AS known_at,
  d._origin                              AS _origin
FROM internal.decisions d
