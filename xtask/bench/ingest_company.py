"""Makes a project with Parquet sources: ingest_company.py FOLDER LEADS EVENTS, or the 1,000 rows of another day:
ingest_company.py FOLDER more."""

import sys
from pathlib import Path

import duckdb

LEAD = """
SELECT 'crm:' || id AS lead_key, created_at, created_at AS known_at, email, channel, industry,
  CAST(budget AS DOUBLE) AS budget, _origin
FROM leads.records"""
IDENTITY = """
SELECT 'crm:' || id AS key_a, 'email:' || email AS key_b, _origin FROM leads.records"""
EVENT = """
SELECT 'event:' || event_id AS event_id, coalesce('crm:' || lead_id, 'email:' || email) AS lead_key, kind,
  occurred_at AS at, received_at AS known_at, page AS detail,
  CAST(minutes AS DOUBLE) AS minutes, _origin
FROM events.records"""
OUTCOME = """
SELECT 'crm:' || lead_id AS lead_key, 'converted' AS target, won = 'true' AS positive, decided_at AS at, known_at, _origin
FROM outcomes.records"""

LEADS = """
SELECT i AS id, 'person' || i || '@company' || i % 997 || '.example' AS email,
  TIMESTAMP '2024-01-01' + to_seconds(pick(i, 0, 63072000)) AS created_at,
  ['ads', 'referral', 'partner', 'event'][1 + pick(i, 1, 4)] AS channel,
  ['fintech', 'retail', 'health', 'energy', 'media'][1 + pick(i, 2, 5)] AS industry,
  pick(i, 3, 5000)::DOUBLE AS budget
FROM range({first}, {last}) AS t(i)"""
# Half of the events name the lead, half its address; one in a hundred came twice.
EVENTS = """
SELECT i - (pick(i, 9, 100) = 0)::INT AS event_id,
  CASE WHEN pick(i, 4, 2) = 0 THEN pick(i, 0, {leads}) END AS lead_id,
  CASE WHEN pick(i, 4, 2) = 1
    THEN 'person' || pick(i, 0, {leads}) || '@company' || pick(i, 0, {leads}) % 997 || '.example' END AS email,
  ['touch', 'reply', 'interaction', 'email_opened', 'ad_click'][1 + pick(i, 5, 5)] AS kind,
  TIMESTAMP '2024-01-01' + to_seconds(pick(i, 6, 71000000)) AS occurred_at,
  occurred_at + to_seconds(pick(i, 7, 200000)) AS received_at,
  '/page/' || pick(i, 8, 400) AS page, pick(i, 10, 60)::DOUBLE AS minutes
FROM range({first}, {last}) AS t(i)"""
OUTCOMES = """
SELECT i AS lead_id, pick(i, 11, 3) = 0 AS won,
  TIMESTAMP '2026-04-01' + to_seconds(pick(i, 12, 9000000)) AS decided_at, decided_at + INTERVAL '1 hour' AS known_at
FROM range({first}, {last}, 3) AS t(i)"""
CONFIG = "".join(f'[source.{name}]\nkind = "parquet"\nurl = "{name}/*.parquet"\n\n' for name in ["leads", "events", "outcomes"])


duckdb.sql("CREATE MACRO pick(i, salt, n) AS (hash(i, salt) % n)::BIGINT")


def write(folder, name, number, query, **values):
    (folder / name).mkdir(parents=True, exist_ok=True)
    duckdb.sql(f"COPY ({query.format(**values)}) TO '{folder}/{name}/{number:03}.parquet' (FORMAT parquet)")


folder, *counts = sys.argv[1:]
folder = Path(folder)
if counts == ["more"]:
    leads = duckdb.sql(f"SELECT count(*) FROM '{folder}/leads/*.parquet'").fetchall()[0][0]
    events = duckdb.sql(f"SELECT max(event_id) + 2 FROM '{folder}/events/*.parquet'").fetchall()[0][0]
    number = len(list((folder / "events").iterdir()))
    write(folder, "leads", number, LEADS, first=leads, last=leads + 20)
    write(folder, "events", number, EVENTS, first=events, last=events + 970, leads=leads + 20)
    write(folder, "outcomes", number, OUTCOMES, first=leads, last=leads + 20)
else:
    leads, events = map(int, counts)
    write(folder, "leads", 0, LEADS, first=0, last=leads)
    for number in range(-(-events // 5_000_000)):
        first = number * 5_000_000
        write(folder, "events", number, EVENTS, first=first, last=min(first + 5_000_000, events), leads=leads)
    write(folder, "outcomes", 0, OUTCOMES, first=0, last=leads)
    (folder / "plumb.toml").write_text(CONFIG)
    (folder / "sources").mkdir(exist_ok=True)
    for name, sql in [("lead", LEAD), ("identity", IDENTITY), ("event", EVENT), ("outcome", OUTCOME)]:
        (folder / f"sources/{name}.sql").write_text(sql.strip() + "\n")
