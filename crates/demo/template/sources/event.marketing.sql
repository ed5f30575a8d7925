-- What the marketing platform saw. It knows addresses only; a line that came twice has the same id.
SELECT
  'marketing:' || m.id                                       AS event_id,
  'email:' || normalise_email(m.email)                       AS lead_key,
  CASE m."type" WHEN 'page_visit' THEN 'touch' ELSE m."type" END AS kind,
  m.occurred_at                                              AS at,
  m.received_at                                              AS known_at,
  coalesce(m.page, m.campaign)                               AS detail,
  m.utm_source                                               AS utm_source,
  m.utm_medium                                               AS utm_medium,
  m.utm_campaign                                             AS utm_campaign,
  m._origin                                                  AS _origin
FROM marketing.records m
