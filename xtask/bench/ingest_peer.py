"""Ingests the project of ingest_company.py with something else: ingest_peer.py duckdb|dlt FOLDER.

DuckDB runs the same SQL over the same files, matches keys to leads, leaves duplicates out, and writes the relations in
the order of leads, all anew each time; the leads of this company need no more than one join, where others need connected
components. dlt copies the rows into DuckDB, and adds what is new."""

import os
import sys
from pathlib import Path

peer, folder = sys.argv[1], Path(sys.argv[2])


def with_duckdb():
    import duckdb

    out = folder / "duckdb"
    out.mkdir(exist_ok=True)
    connection = duckdb.connect()
    connection.sql(f"SET threads = 2; SET memory_limit = '1500MB'; SET temp_directory = '{out}/temp'")
    for name in ["leads", "events", "outcomes"]:
        # Our rows are stored once before anything is derived from them, and so are these.
        copy = f"{out}/raw-{name}.parquet"
        connection.sql(
            f"COPY (SELECT *, filename || ':' || file_row_number AS _origin FROM read_parquet('{folder}/{name}/*.parquet', "
            f"filename = true, file_row_number = true)) TO '{copy}'"
        )
        connection.sql(f"CREATE SCHEMA {name}; CREATE VIEW {name}.records AS FROM '{copy}'")
    for name in ["lead", "identity", "event", "outcome"]:
        connection.sql(f"CREATE VIEW source_{name} AS {(folder / f'sources/{name}.sql').read_text()}")
    connection.sql(
        """CREATE TABLE keys AS
        SELECT key_a AS lead_id, key_a AS key FROM source_identity UNION SELECT key_a, key_b FROM source_identity"""
    )
    connection.sql(
        f"""COPY (SELECT lead_id, created_at, greatest(known_at, created_at) AS known_from,
          lead(known_at) OVER (PARTITION BY lead_id ORDER BY known_at) AS known_to, email, channel, industry, budget
        FROM source_lead JOIN keys ON key = lead_key ORDER BY lead_id, known_from) TO '{out}/lead.parquet'"""
    )
    connection.sql(
        f"""COPY (SELECT lead_id, event_id, kind, "at", known_at, detail, minutes FROM (
          SELECT *, row_number() OVER (PARTITION BY event_id ORDER BY known_at) AS number
          FROM source_event JOIN keys ON key = lead_key) WHERE number = 1
        ORDER BY lead_id, "at", known_at, event_id) TO '{out}/event.parquet'"""
    )
    connection.sql(
        f"""COPY (SELECT DISTINCT lead_id, target, positive, "at", known_at FROM source_outcome JOIN keys ON key = lead_key
        ORDER BY lead_id, "at") TO '{out}/outcome.parquet'"""
    )


def with_dlt():
    os.environ["RUNTIME__DLTHUB_TELEMETRY"] = "false"
    import dlt
    from dlt.sources.filesystem import filesystem, read_parquet

    def table(name):
        files = filesystem(bucket_url=f"file://{folder.absolute()}/{name}", file_glob="*.parquet", incremental=dlt.sources.incremental("modification_date"))
        return (files | read_parquet(use_pyarrow=True)).with_name(name)

    pipeline = dlt.pipeline(
        pipeline_name="ingest",
        pipelines_dir=str(folder / "dlt"),
        destination=dlt.destinations.duckdb(str(folder / "dlt.db")),
        dataset_name="raw",
    )
    pipeline.run([table(name) for name in ["leads", "events", "outcomes"]], write_disposition="append")


{"duckdb": with_duckdb, "dlt": with_dlt}[peer]()
