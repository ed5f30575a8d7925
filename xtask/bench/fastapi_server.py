"""What a team would write with FastAPI and XGBoost: a row of raw named features in, the score and its five largest
contributions out."""

import json
import math
import sys

import numpy
import uvicorn
import xgboost
from fastapi import FastAPI

folder, port = sys.argv[1], int(sys.argv[2])
booster = xgboost.Booster(model_file=f"{folder}/model.json")
booster.set_param({"nthread": 1})
names = list(json.loads(open(f"{folder}/rows.jsonl").readline()))
codes = {name: {f"level {at:02}": at for at in range(64)} for name in names if name.startswith("kind")}
app = FastAPI()


def coded(row):
    values = [codes[name].get(row.get(name)) if name in codes else row.get(name) for name in names]
    return numpy.array([[math.nan if value is None else value for value in values]], dtype=numpy.float32)


@app.post("/score")
async def score(body: dict):
    row = body["features"]
    contributions = booster.predict(xgboost.DMatrix(coded(row)), pred_contribs=True)[0]
    order = numpy.argsort(-numpy.abs(contributions[:-1]))[:5]
    reasons = [
        {"field": names[at], "value": row.get(names[at]), "contribution": float(contributions[at])} for at in order
    ]
    return {"score": 1 / (1 + math.exp(-float(contributions.sum()))), "reasons": reasons}


@app.post("/score_alone")
async def score_alone(body: dict):
    return {"score": float(booster.inplace_predict(coded(body["features"]))[0])}


uvicorn.run(app, port=port, log_level="error")
