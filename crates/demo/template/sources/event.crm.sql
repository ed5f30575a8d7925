-- What reps did and what leads answered. Many activities are logged late; they are known from then on.
SELECT
  'activity:' || CAST(a.id AS VARCHAR)  AS event_id,
  'crm:' || CAST(a.lead_id AS VARCHAR)  AS lead_key,
  CASE a.kind
    WHEN 'call' THEN 'interaction'
    WHEN 'meeting' THEN 'interaction'
    WHEN 'email_out' THEN 'outreach'
    ELSE a.kind
  END                                   AS kind,
  a.happened_at                         AS at,
  a.logged_at                           AS known_at,
  a.kind                                AS detail,
  CAST(a.minutes AS DOUBLE)             AS minutes,
  a._origin                             AS _origin
FROM crm.activities a
