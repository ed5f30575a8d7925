-- The fields that change, one version a change. A change counts from `recorded_at`, when somebody entered it, and not
-- from `changed_at`, which is what they entered: `placement_fee` is filled in when all is decided, and dated to the
-- lead's first days. Known by `changed_at` it would foretell every approval.
-- The status of a record that only repeats another says nothing of the person.
SELECT
  'crm:' || CAST(h.lead_id AS VARCHAR)                                        AS lead_key,
  l.created_at                                                                AS created_at,
  h.recorded_at                                                               AS known_at,
  l.is_test                                                                   AS is_test,
  CASE WHEN h.field = 'owner' THEN h.new_value END                            AS owner,
  CASE WHEN h.field = 'status' THEN nullif(h.new_value, 'duplicate') END      AS status,
  CASE WHEN h.field = 'budget' THEN TRY_CAST(h.new_value AS DOUBLE) END        AS budget,
  CASE WHEN h.field = 'first_outreach_at' THEN h.new_value END                AS first_outreach_at,
  CASE WHEN h.field = 'placement_fee' THEN TRY_CAST(h.new_value AS DOUBLE) END AS placement_fee,
  h._origin                                                                   AS _origin
FROM crm.field_history h
JOIN crm.leads l ON l.id = h.lead_id
