-- Who converted, and who was given up. Whoever was given up, or converted and let it lapse, is not approved either.
SELECT
  'crm:' || CAST(h.lead_id AS VARCHAR) AS lead_key,
  t.target                             AS target,
  h.new_value = 'converted'            AS positive,
  h.changed_at                         AS at,
  h.recorded_at                        AS known_at,
  h._origin                            AS _origin
FROM crm.field_history h
JOIN (VALUES ('converted', 'converted'), ('lost', 'converted'), ('lost', 'approved'), ('lapsed', 'approved'))
  AS t (status, target) ON h.new_value = t.status
WHERE h.field = 'status'
