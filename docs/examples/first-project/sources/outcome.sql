-- Won and lost deals; a lead without a deal is open.
SELECT
  'lead:' || CAST(d.lead_id AS VARCHAR) AS lead_key,
  'won'                                 AS target,
  d.result = 'won'                      AS positive,
  d.decided_at                          AS at,
  d.decided_at                          AS known_at,
  d._origin                             AS _origin
FROM deals.records d
