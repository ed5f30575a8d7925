"""Python's xgboost: `inplace_predict`, and `pred_contribs` of a matrix that is made of the rows."""

import pathlib
import sys

import xgboost

from measured import run

columns, categories = int(sys.argv[3]), int(sys.argv[4])
booster = xgboost.Booster({"nthread": 1}, model_file=pathlib.Path(sys.argv[1]) / "model.json")
# A model of codes says nothing of types.
native = booster.feature_types is not None
types = ["c"] * categories + ["q"] * (columns - categories) if native else None


def contributions(rows):
    matrix = xgboost.DMatrix(rows, feature_types=types, enable_categorical=native, nthread=1)
    return booster.predict(matrix, pred_contribs=True)


run(lambda rows: booster.inplace_predict(rows, predict_type="margin"), contributions)
