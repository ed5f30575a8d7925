-- Who is whom. The three systems share no key: addresses are compared in one spelling, and where somebody noted the
-- other system's number, that is believed.
SELECT 'crm:' || CAST(l.id AS VARCHAR) AS key_a, 'email:' || normalise_email(l.email) AS key_b, l._origin AS _origin
FROM crm.leads l
WHERE normalise_email(l.email) IS NOT NULL
UNION ALL
SELECT 'crm:' || CAST(l.id AS VARCHAR), 'crm:' || CAST(l.merged_into AS VARCHAR), l._origin
FROM crm.leads l
WHERE l.merged_into IS NOT NULL
UNION ALL
SELECT 'application:' || a.number, 'email:' || normalise_email(a.applicant_email), a._origin
FROM internal.applications a
WHERE normalise_email(a.applicant_email) IS NOT NULL
UNION ALL
SELECT 'application:' || a.number, 'crm:' || CAST(a.crm_ref AS VARCHAR), a._origin
FROM internal.applications a
WHERE a.crm_ref IS NOT NULL
