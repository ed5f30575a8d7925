"""The C code of `shap` and of `fasttreeshap` on XGBoost's trees.

Both packages hand a model of XGBoost over to XGBoost itself where they can, so their C code is called here directly, and
is loaded without the package around it, which would need much else. It knows no categories of XGBoost.
"""

import importlib.machinery
import importlib.util
import json
import math
import pathlib
import sys
import sysconfig

import numpy

from measured import run

PATH_DEPENDENT, IDENTITY = 1, 0
# What fasttreeshap calls v2 is its `v2_1` as long as memory allows.
ALGORITHMS = {"v1": 1, "v2": 3}

way = sys.argv[5]


def c_code(package):
    folder = pathlib.Path(sysconfig.get_paths()["platlib"]) / package
    (path,) = [path for path in folder.glob("_cext*") if path.name.endswith(tuple(importlib.machinery.EXTENSION_SUFFIXES))]
    spec = importlib.util.spec_from_file_location("_cext", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


code = c_code("shap" if way == "shap" else "fasttreeshap")
learner = json.loads((pathlib.Path(sys.argv[1]) / "model.json").read_text())["learner"]
trees = learner["gradient_booster"]["model"]["trees"]
shape = (len(trees), max(len(tree["left_children"]) for tree in trees))
left, right, default, features = (numpy.full(shape, -1, dtype=numpy.int32) for _ in range(4))
thresholds, values, weights = (numpy.zeros(shape) for _ in range(3))
depth = 0
for at, tree in enumerate(trees):
    assert not any(tree["split_type"]), "a native category"
    nodes = len(tree["left_children"])
    left[at, :nodes], right[at, :nodes] = tree["left_children"], tree["right_children"]
    is_leaf = left[at, :nodes] < 0
    default[at, :nodes] = numpy.where(tree["default_left"], left[at, :nodes], right[at, :nodes])
    features[at, :nodes] = numpy.where(is_leaf, -1, tree["split_indices"])
    conditions = numpy.array(tree["split_conditions"], dtype=numpy.float32)
    # XGBoost goes left below a threshold, and they at it as well: theirs is the next smaller one.
    thresholds[at, :nodes] = numpy.where(is_leaf, 0, numpy.nextafter(conditions, numpy.float32(-math.inf)))
    values[at, :nodes] = numpy.where(is_leaf, conditions, 0)
    weights[at, :nodes] = tree["sum_hessian"]
    means = values[at, :nodes].reshape(-1, 1).copy()
    depth = max(depth, code.compute_expectations(left[at, :nodes], right[at, :nodes], weights[at, :nodes], means))
    values[at, :nodes] = means[:, 0]
values = values.reshape(*shape, 1)
(base,) = numpy.atleast_1d(json.loads(learner["learner_model_param"]["base_score"]))
offset = numpy.array([math.log(base / (1 - base))])
types = [numpy.zeros(shape, dtype=numpy.int32)] if way == "shap" else []
splits = (left, right, default, features, thresholds, *types, values)


def predict(rows):
    margins = numpy.zeros((len(rows), 1))
    data = (rows.astype(float), numpy.isnan(rows), None, margins)
    code.dense_tree_predict(*splits, depth, len(trees), offset, IDENTITY, *data)
    return margins[:, 0]


def contributions(rows):
    explained = numpy.zeros((len(rows), rows.shape[1] + 1, 1))
    data = (rows.astype(float), numpy.isnan(rows), None, None, None)
    # fasttreeshap takes its algorithm and the number of threads before the flag for interactions.
    last = (False,) if way == "shap" else (ALGORITHMS[way], 1, False)
    code.dense_tree_shap(
        *splits, weights, depth, *data, len(trees), offset, explained, PATH_DEPENDENT, IDENTITY, *last
    )
    # fasttreeshap leaves the base of the model out of the last column.
    explained[:, -1, 0] += 0 if way == "shap" else offset
    return explained[:, :, 0]


run(predict, contributions)
