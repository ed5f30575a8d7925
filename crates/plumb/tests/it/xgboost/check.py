"""Asks Python's own xgboost about the rows of logged predictions, and holds its answers against ours.

Arguments: the data folder, the model's id, XGBoost's file, and a file of what its columns are (`plumb export` writes one).
"""

import json
import sqlite3
import sys

import numpy
import xgboost

data, model_id, file, inputs = sys.argv[1:]
with open(f"{data}/models/{model_id}.json") as opened:
    artifact = json.load(opened)["model"]
with open(inputs) as opened:
    inputs = json.load(opened)
store = sqlite3.connect(f"{data}/plumb.db")
logged = store.execute(
    "SELECT score, reasons_json, provenance_json FROM prediction WHERE model_id = ?",
    [model_id],
).fetchall()
assert len(logged) > 50, f"{len(logged)} predictions of {model_id}"
columns = inputs["columns"]
features = artifact["features"]["features"]
assert [column["name"] for column in columns] == [feature["name"] for feature in features]

rows = numpy.array([json.loads(row[2])["inputs"] for row in logged], dtype=numpy.float32)
for index, (column, feature) in enumerate(zip(columns, features)):
    if column["kind"] == "category":
        # A logged input is the place of its word among the words in order of the alphabet.
        numbers = numpy.array([column["numbers"][word] for word in sorted(column["numbers"])])
        known = ~numpy.isnan(rows[:, index])
        rows[known, index] = numbers[rows[known, index].astype(int)]

booster = xgboost.Booster()
booster.load_model(file)
matrix = xgboost.DMatrix(
    rows,
    feature_names=booster.feature_names and [column["name"] for column in columns],
    feature_types=[column.get("feature_type", "q") for column in columns],
    enable_categorical=True,
)
rounds = (0, inputs["rounds"])
margins = booster.predict(matrix, output_margin=True, iteration_range=rounds).astype(float)
parts = booster.predict(matrix, pred_contribs=True, iteration_range=rounds)
if margins.ndim == 2:
    # Of two classes: the probability of the second is the logistic function of the difference of their margins.
    margins, parts = margins[:, 1] - margins[:, 0], parts[:, 1] - parts[:, 0]


def softplus(value):
    return numpy.logaddexp(0, value)


curve = inputs["calibration"]
place = (margins - curve["center"]) / curve["scale"]
scores = 1 / (1 + numpy.exp(-(curve["intercept"] - curve["low"] * softplus(-place) + curve["high"] * softplus(place))))
if curve.get("steps"):
    steps = numpy.interp(margins, curve["steps"]["margins"], curve["steps"]["probabilities"])
    scores = 0.01 * scores + 0.99 * steps
ours = numpy.array([row[0] for row in logged])
assert len(set(ours)) > 10, f"{len(set(ours))} different scores only"
assert numpy.abs(scores - ours).max() < 2e-6, f"scores differ by up to {numpy.abs(scores - ours).max()}"

fields = [feature["wording"]["field"] or feature["name"] for feature in features]
worst = told = 0
for row, (_, reasons, _) in enumerate(logged):
    for reason in json.loads(reasons):
        of_field = sum(part for part, field in zip(parts[row], fields) if field == reason["field"])
        worst = max(worst, abs(of_field - reason["contribution"]))
        told += 1
assert told > len(logged), f"{told} reasons"
assert worst < 2e-4, f"contributions differ by up to {worst}"
print(f"{len(logged)} rows, scores within {numpy.abs(scores - ours).max():.1e}, contributions within {worst:.1e}")
