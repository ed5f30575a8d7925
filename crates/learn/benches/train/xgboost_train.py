"""One run of Python's xgboost, which prints its wall time, CPU seconds, peak memory in megabytes and log loss.

What it takes to start Python, to load libraries and to read the rows is not counted in its time.
"""

import resource
import sys
import time

import numpy
import xgboost


def cpu():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


way, file, columns = sys.argv[1], sys.argv[2], int(sys.argv[3])
# Labels are the last column: a view, so that rows are held once.
rows = numpy.fromfile(file, dtype="<f4").reshape(-1, columns + 1)
labels = rows[:, columns].copy()
values = rows[:, :columns]
wall, used = time.monotonic(), cpu()
make = xgboost.DMatrix if way == "matrix" else xgboost.QuantileDMatrix
matrix = make(values, labels)
params = {
    "objective": "binary:logistic",
    "tree_method": "hist",
    "max_depth": 6,
    "eta": 0.1,
    "min_child_weight": 5,
    "seed": 1,
}
booster = xgboost.train(params, matrix, 100)
wall, used = time.monotonic() - wall, cpu() - used
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
first = values[:20_000]
margins = booster.predict(xgboost.DMatrix(first), output_margin=True).astype(float)
signs = numpy.where(labels[:20_000] > 0.5, -1.0, 1.0)
print(wall, used, peak, numpy.logaddexp(0, signs * margins).mean())
