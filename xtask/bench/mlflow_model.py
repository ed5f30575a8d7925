"""Keeps the same trees as a model of MLflow's, which codes categories as they come."""

import json
import math
import shutil
import sys

import mlflow
import numpy
import xgboost

folder = sys.argv[1]


class Scores(mlflow.pyfunc.PythonModel):
    def load_context(self, context):
        self.booster = xgboost.Booster(model_file=context.artifacts["model"])
        self.booster.set_param({"nthread": 1})

    def predict(self, context, model_input, params=None):
        code = lambda value: float(value[6:]) if isinstance(value, str) else math.nan if value is None else value
        values = [[code(value) for value in row] for row in model_input.itertuples(index=False)]
        return self.booster.inplace_predict(numpy.array(values, dtype=numpy.float32))


shutil.rmtree(f"{folder}/mlflow", ignore_errors=True)
mlflow.pyfunc.save_model(f"{folder}/mlflow", python_model=Scores(), artifacts={"model": f"{folder}/model.json"})
