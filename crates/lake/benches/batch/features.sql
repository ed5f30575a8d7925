-- Thirty features, as DuckDB, Polars and pandas compute them too.
SELECT
  count(e.at)                                                                                 AS events_known,
  count(e.at) FILTER (WHERE e.kind = 'touch')                                                 AS touches,
  count(e.at) FILTER (WHERE e.kind = 'reply')                                                 AS replies,
  count(e.at) FILTER (WHERE e.kind = 'email_opened')                                          AS emails_opened,
  count(e.at) FILTER (WHERE e.kind = 'email_clicked')                                         AS emails_clicked,
  count(e.at) FILTER (WHERE e.kind = 'ad_click')                                              AS ad_clicks,
  count(e.at) FILTER (WHERE e.kind = 'interaction' AND e.detail = 'call')                     AS calls,
  count(e.at) FILTER (WHERE e.kind = 'interaction' AND e.detail = 'meeting')                  AS meetings,
  count(e.at) FILTER (WHERE e.kind = 'touch' AND e.detail = '/pricing')                       AS pricing_visits,
  count(e.at) FILTER (WHERE e.kind = 'touch' AND e.at < l.created_at + INTERVAL '7 days')     AS touches_first_7d,
  count(e.at) FILTER (WHERE e.kind = 'touch' AND e.at < l.created_at + INTERVAL '48 hours')   AS touches_first_48h,
  count(e.at) FILTER (WHERE e.at > as_of - INTERVAL '7 days')                                 AS events_last_7d,
  count(e.at) FILTER (WHERE e.at > as_of - INTERVAL '30 days')                                AS events_last_30d,
  bool_or(e.kind = 'reply' AND e.at <= l.first_outreach_at + INTERVAL '48 hours')             AS responded_within_48h,
  date_diff_days(as_of, max(e.at) FILTER (WHERE e.kind = 'interaction'))                      AS days_since_interaction,
  date_diff_days(as_of, max(e.at) FILTER (WHERE e.kind = 'touch'))                            AS days_since_touch,
  date_diff_days(min(e.at) FILTER (WHERE e.kind = 'reply'), l.created_at) * 24.0              AS hours_to_first_reply,
  sum(e.minutes) FILTER (WHERE e.kind = 'interaction')                                        AS minutes_talked,
  avg(e.minutes) FILTER (WHERE e.kind = 'interaction')                                        AS average_talk,
  max(e.minutes)                                                                              AS longest_talk,
  sum(e.pages) FILTER (WHERE e.kind = 'touch')                                                AS pages_viewed,
  max(e.pages)                                                                                AS longest_visit,
  date_diff_days(l.first_outreach_at, l.created_at) * 24.0                                    AS hours_to_first_outreach,
  date_diff_days(as_of, l.created_at)                                                         AS lead_age_days,
  l.channel IN ('channel 1', 'channel 2', 'channel 3')                                        AS is_paid_channel,
  l.channel                                                                                   AS channel,
  l.industry                                                                                  AS industry,
  CASE
    WHEN l.employees <= 10 THEN '1-10'
    WHEN l.employees <= 200 THEN '11-200'
    WHEN l.employees > 200 THEN 'over 200'
  END                                                                                         AS company_size,
  l.budget / l.employees                                                                      AS budget_per_employee,
  l.email LIKE '%@freemail.example' OR l.email LIKE '%@webmail.example'                       AS uses_free_mail
