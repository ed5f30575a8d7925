"""Makes models by Python's own xgboost, in every form in which they come, in a folder.

They learn from the rows of the logged predictions in a data folder, which of them scored well. Standard input:
{"columns": [{"name": ..., "levels": COUNT or null}, ...]}; words are numbered against the alphabet.
"""

import io
import json
import pickle
import sqlite3
import sys
import tarfile

import numpy
import xgboost

data, folder = sys.argv[1:]
columns = json.load(sys.stdin)["columns"]
names = [column["name"] for column in columns]
logged = sqlite3.connect(f"{data}/plumb.db").execute("SELECT score, provenance_json FROM prediction").fetchall()
rows = numpy.array([json.loads(provenance)["inputs"] for _, provenance in logged], dtype=numpy.float32)
for index, column in enumerate(columns):
    if column["levels"]:
        rows[:, index] = column["levels"] - 1 - rows[:, index]
random = numpy.random.default_rng(1)
scores = numpy.array([score for score, _ in logged])
good = scores + random.normal(0, scores.std() / 2, len(scores))
labels = good > numpy.median(good)


def train(objective, rounds=60, named=True, valid=None, **more):
    matrix = xgboost.DMatrix(rows, labels, feature_names=names if named else None)
    params = {"objective": objective, "max_depth": 4, "eta": 0.2, "seed": 1, "nthread": 1, **more}
    if valid is None:
        return xgboost.train(params, matrix, rounds)
    against = xgboost.DMatrix(rows[::3], labels[::3] ^ (random.random(len(rows[::3])) < 0.3), feature_names=names)
    return xgboost.train(
        params, matrix, rounds, evals=[(against, "valid")], early_stopping_rounds=5, verbose_eval=False
    )


model = train("binary:logistic")
model.save_model(f"{folder}/model.json")
nameless = train("binary:logitraw", named=False, num_parallel_tree=2, subsample=0.5)
nameless.save_model(f"{folder}/nameless.ubj")
content = bytes(nameless.save_raw("ubj"))
with tarfile.open(f"{folder}/model.tar.gz", "w:gz") as archive:
    for name, data in [("metadata.json", b'{"made": "elsewhere"}'), ("xgboost-model", content)]:
        entry = tarfile.TarInfo(name)
        entry.size = len(data)
        archive.addfile(entry, io.BytesIO(data))
train("binary:logistic", valid=True).save_model(f"{folder}/stopped.json")
train("reg:squarederror").save_model(f"{folder}/squares.json")
train("binary:logistic", booster="dart", rate_drop=0.3).save_model(f"{folder}/dart.json")
train("multi:softprob", num_class=2).save_model(f"{folder}/two.json")
train("binary:logistic", booster="gblinear", rounds=3).save_model(f"{folder}/linear.json")
labels = numpy.digitize(good, numpy.quantile(good, [0.3, 0.6]))
train("multi:softprob", num_class=3).save_model(f"{folder}/classes.ubj")
labels = labels > 0
names[0] = "colour"
train("binary:logistic").save_model(f"{folder}/renamed.json")
rows = rows[:, 1:]
train("binary:logistic", named=False).save_model(f"{folder}/narrow.json")
with open(f"{folder}/pickled", "wb") as file:
    pickle.dump(model, file)
