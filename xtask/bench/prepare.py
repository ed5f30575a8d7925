"""Makes what the scoring benchmarks need: a model of 300 trees of depth 6 on 40 columns, 12 of them categories, rows
for it, and a data folder in which ten targets are answered by it.

XGBoost trains the trees here, so that everybody scores with the same ones. `plumb quick` makes the data folder from a
few of the rows; then its model's trees are replaced by these, with a calibration that leaves the log-odds as they are.
"""

import hashlib
import json
import math
import pathlib
import sqlite3
import subprocess
import sys

import numpy
import pyarrow
import pyarrow.parquet
import xgboost

COLUMNS, CATEGORIES, TRAINED_ON, TREES, DEPTH = 40, 12, 50_000, 300, 6
MODELS = 10

folder, plumb, file_rows = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
names = [f"{'kind' if column < CATEGORIES else 'amount'}_{column:02}" for column in range(COLUMNS)]


def levels(column):
    return [f"level {level:02}" for level in range(4 + 2 * column)]


def rows(count, seed):
    """Codes of categories and quantities; a tenth is missing."""
    chance = numpy.random.default_rng(seed)
    values = chance.random((count, COLUMNS), dtype=numpy.float32) + chance.random((count, COLUMNS), dtype=numpy.float32)
    for column in range(CATEGORIES):
        values[:, column] = chance.integers(0, len(levels(column)), count)
    margin = values[:, 20] * values[:, 21] - values[:, 22] + 0.1 * (values[:, 3] % 3) - 0.2 * (values[:, 9] % 2)
    margin += 0.5 * values[:, 30:36].sum(axis=1) - 3
    labels = chance.random(count) < 1 / (1 + numpy.exp(-2 * margin))
    values[chance.random((count, COLUMNS)) < 0.1] = numpy.nan
    return values, labels


def words(values, column):
    known = levels(column)
    return [None if math.isnan(code) else known[int(code)] for code in values[:, column]]


def table(values):
    columns = {name: words(values, column) for column, name in enumerate(names[:CATEGORIES])}
    for column in range(CATEGORIES, COLUMNS):
        missing = numpy.isnan(values[:, column])
        columns[names[column]] = pyarrow.array(values[:, column], mask=missing)
    return pyarrow.table(columns)


def train():
    values, labels = rows(TRAINED_ON, 1)
    settings = {"objective": "binary:logistic", "max_depth": DEPTH, "eta": 0.1, "tree_method": "hist", "nthread": 2}
    booster = xgboost.train(settings, xgboost.DMatrix(values, labels), TREES)
    booster.save_model(folder / "model.json")


def data_folder():
    values, labels = rows(3_000, 2)
    columns = [words(values, column) for column in range(CATEGORIES)]
    columns += [["" if math.isnan(v) else repr(float(v)) for v in values[:, c]] for c in range(CATEGORIES, COLUMNS)]
    lines = [",".join([*names, "won"])]
    for *cells, label in zip(*columns, labels):
        lines.append(",".join([*(cell or "" for cell in cells), "yes" if label else "no"]))
    (folder / "small.csv").write_text("\n".join(lines) + "\n")
    data = folder / "data"
    quick = [plumb, "quick", folder / "small.csv", "--target", "won", "--keep", ",".join(names), "--out", data]
    subprocess.run(quick, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    (old,) = (data / "models").iterdir()
    artifact = json.loads(old.read_text())
    found = [feature["kind"]["category"]["levels"] for feature in artifact["model"]["features"]["features"][:CATEGORIES]]
    assert found == [levels(column) for column in range(CATEGORIES)], "the few rows do not have all levels"
    trees = {"base": 0.0, "categories": [], "xgboost": (folder / "model.json").read_text()}
    artifact["model"]["predictor"] = {"boosted": trees}
    same = {"center": 0.0, "scale": 1.0, "low": 1.0, "high": 1.0, "intercept": 0.0}
    artifact["model"]["calibration"] = same
    database = sqlite3.connect(data / "plumb.db")
    (card,) = database.execute("SELECT card_json FROM model").fetchone()
    for table_ in ["stage_change", "stage", "model"]:
        database.execute(f"DELETE FROM {table_}")
    old.unlink()
    for target in ["won", *(f"won_{number}" for number in range(2, MODELS + 1))]:
        text = json.dumps({**artifact, "target": target}).encode()
        model_id = hashlib.sha256(text).hexdigest()[:16]
        (data / "models" / f"{model_id}.json").write_bytes(text)
        this = json.dumps({**json.loads(card), "model_id": model_id, "target": target, "kind": "xgboost"})
        database.execute("INSERT INTO model VALUES (?, ?, ?, 0)", (model_id, target, this))
        database.execute("INSERT INTO stage VALUES (?, 'champion', ?)", (target, model_id))
        change = (target, model_id, "the benchmark", "")
        database.execute("INSERT INTO stage_change VALUES (NULL, ?, 'promote', ?, ?, ?, 0)", change)
    database.commit()


def requests():
    values, _ = rows(1_000, 3)
    with open(folder / "rows.jsonl", "w") as file:
        for row in table(values).to_pylist():
            file.write(json.dumps(row) + "\n")


def large():
    """Written in parts, as somebody's warehouse would."""
    path = folder / f"rows-{file_rows}.parquet"
    if file_rows and not path.exists():
        part = 100_000
        writer = None
        for begin in range(0, file_rows, part):
            rows_of_part = table(rows(min(part, file_rows - begin), 100 + begin)[0])
            writer = writer or pyarrow.parquet.ParquetWriter(path, rows_of_part.schema)
            writer.write_table(rows_of_part)
        writer.close()


folder.mkdir(parents=True, exist_ok=True)
if not (folder / "rows.jsonl").exists():
    train()
    data_folder()
    requests()
large()
