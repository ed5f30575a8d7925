-- What a CRM record says from its first moment on. Fields that change are not taken from here: today's value would be
-- given to the past. They come from lead.history.sql.
SELECT
  'crm:' || CAST(l.id AS VARCHAR)    AS lead_key,
  l.created_at                       AS created_at,
  l.created_at                       AS known_at,
  l.is_test                          AS is_test,
  l.first_name || ' ' || l.last_name AS name,
  normalise_email(l.email)           AS email,
  l.phone                            AS phone,
  a.name                             AS company,
  -- Every clerk spells an industry in a way of their own.
  lower(trim(a.industry))            AS industry,
  a.employees                        AS employees,
  l.country                          AS country,
  l.channel                          AS channel,
  l.role                             AS role,
  l.experience_years                 AS experience_years,
  l.work_permit                      AS work_permit,
  l._origin                          AS _origin
FROM crm.leads l
LEFT JOIN crm.accounts a ON a.id = l.account_id
