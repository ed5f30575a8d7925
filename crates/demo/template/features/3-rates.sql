-- How others of the same kind fared, by what was known before the day of `as_of`.
SELECT
  outcome_rate('converted', l.industry) AS industry_conversion_rate,
  outcome_rate('converted', l.channel)  AS channel_conversion_rate,
  outcome_rate('converted', l.role)     AS role_conversion_rate,
  outcome_rate('approved', l.industry)  AS industry_approval_rate,
  outcome_rate('approved', l.channel)   AS channel_approval_rate
