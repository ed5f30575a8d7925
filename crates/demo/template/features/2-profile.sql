-- Who the lead is, as known at `as_of`. `l.placement_fee` is left out on purpose: it is entered when all is decided,
-- so when a score is needed it is always missing.
SELECT
  l.channel IN ('google_ads', 'facebook_ads', 'display')                          AS is_paid_channel,
  l.channel                                                                       AS channel,
  l.industry                                                                      AS industry,
  l.country                                                                       AS country,
  l.role                                                                          AS role,
  l.owner                                                                         AS owner,
  l.employees                                                                     AS employees,
  CASE
    WHEN l.employees <= 10 THEN '1-10'
    WHEN l.employees <= 50 THEN '11-50'
    WHEN l.employees <= 200 THEN '51-200'
    WHEN l.employees <= 1000 THEN '201-1000'
    WHEN l.employees > 1000 THEN 'over 1000'
  END                                                                             AS company_size,
  l.budget                                                                        AS budget,
  l.budget / l.employees                                                          AS budget_per_employee,
  -- Budgets grow with the root of a company's size, so this says whether one is small or large for its company.
  -- One lead with a budget or a size that cannot be must not fail all the others.
  CASE WHEN l.budget > 0 AND l.employees > 0 THEN ln(l.budget / sqrt(l.employees)) END AS budget_for_size,
  -- What sells in one country need not sell in the next.
  l.industry || ' in ' || l.country                                               AS industry_in_country,
  l.experience_years                                                              AS experience_years,
  l.work_permit                                                                   AS work_permit,
  l.phone IS NOT NULL                                                             AS has_phone,
  l.email LIKE '%@freemail.example' OR l.email LIKE '%@webmail.example'           AS uses_free_mail,
  date_part('month', l.created_at)                                                AS created_month,
  date_part('dow', l.created_at) IN (0, 6)                                        AS created_on_weekend
