"""Runs one way to score and explain rows: writes its results and prints microseconds a row.

What it takes to start Python, to load a library and to read the model and the rows is not counted. Everything has been
done once before it is timed.
"""

import pathlib
import sys
import time

import numpy

# Rows whose results are compared, rows of a block of contributions, and rows that are done one after the other.
COMPARED, BLOCK, SINGLE, SINGLE_SLOW = 256, 1024, 500, 50


def timed(work, parts, rows):
    begun = time.perf_counter()
    for part in parts:
        work(part)
    return 1e6 * (time.perf_counter() - begun) / rows


def run(predict, contributions):
    folder, results, columns = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), int(sys.argv[3])
    read = lambda name: numpy.fromfile(folder / f"{name}.f32", dtype="<f4").reshape(-1, columns)
    rows = read("rows")
    for name, compared in [("rows", rows), ("complete", read("complete"))]:
        explained = contributions(compared[:COMPARED]).astype("<f8")
        margins = predict(compared[:COMPARED]).astype(float)
        off = numpy.abs(explained.sum(axis=1) - margins).max()
        assert off < 1e-4 or "v2" in sys.argv, f"contributions miss the margin by {off}"
        explained.tofile(results.with_suffix(f".{name}"))
    singles = [rows[at : at + 1].copy() for at in range(SINGLE)]
    print(
        timed(predict, [rows], len(rows)),
        timed(predict, singles, SINGLE),
        timed(contributions, [rows[:BLOCK]], BLOCK),
        timed(contributions, singles[:SINGLE_SLOW], SINGLE_SLOW),
    )
