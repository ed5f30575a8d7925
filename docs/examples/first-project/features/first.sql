SELECT
  l.channel                                                        AS channel,
  l.industry                                                       AS industry,
  l.employees                                                      AS employees,
  count(e.at) FILTER (WHERE e.kind = 'visit')                      AS visits,
  bool_or(e.kind = 'reply')                                        AS replied,
  date_diff_days(as_of, max(e.at))                                 AS days_since_last_activity,
  outcome_rate('won', l.channel)                                   AS channel_win_rate
