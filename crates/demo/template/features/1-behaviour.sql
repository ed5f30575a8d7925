-- What happened between the lead and us. `e` holds only what was known by `as_of`.
SELECT
  date_diff_days(as_of, max(e.at) FILTER (WHERE e.kind = 'interaction'))                          AS days_since_last_interaction,
  count(e.at) FILTER (WHERE e.kind = 'touch' AND e.at < l.created_at + INTERVAL '7 days')         AS touchpoints_first_7d,
  bool_or(e.kind = 'reply' AND e.at <= l.first_outreach_at + INTERVAL '48 hours')                 AS responded_within_48h,
  count(e.at) FILTER (WHERE e.kind = 'touch' AND e.at < l.created_at + INTERVAL '48 hours')       AS touchpoints_first_48h,
  -- A paid click is cheap and often a machine's; who came by another way came on purpose.
  count(e.at) FILTER (WHERE e.kind = 'touch' AND l.channel NOT IN ('google_ads', 'facebook_ads', 'display')) AS unpaid_touchpoints,
  count(e.at) FILTER (WHERE e.kind = 'touch' AND e.detail = '/pricing')                           AS pricing_visits,
  date_diff_days(as_of, max(e.at) FILTER (WHERE e.kind = 'touch'))                                AS days_since_last_touch,
  count(e.at) FILTER (WHERE e.kind = 'reply')                                                     AS replies,
  count(e.at) FILTER (WHERE e.kind = 'interaction' AND e.detail = 'call')                         AS calls,
  count(e.at) FILTER (WHERE e.kind = 'interaction' AND e.detail = 'meeting')                      AS meetings,
  sum(e.minutes) FILTER (WHERE e.kind = 'interaction')                                            AS minutes_talked,
  count(e.at) FILTER (WHERE e.kind = 'email_opened')                                              AS emails_opened,
  count(e.at) FILTER (WHERE e.kind = 'email_clicked')                                             AS emails_clicked,
  count(e.at) FILTER (WHERE e.kind = 'ad_click')                                                  AS ad_clicks,
  date_diff_days(l.first_outreach_at, l.created_at) * 24.0                                        AS hours_to_first_outreach,
  date_diff_days(as_of, l.created_at)                                                             AS lead_age_days
