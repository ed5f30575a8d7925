"""Writes a CSV file of so many rows and 40 columns as a company's are, always the same: profile_table.py FILE ROWS."""

import sys

import numpy as np
import pandas as pd

file, rows = sys.argv[1], int(sys.argv[2])
random = np.random.default_rng(7)


def words(count, name, missing=0.0, skew=1.2):
    share = 1.0 / np.arange(1, count + 1) ** skew
    codes = random.choice(count, rows, p=share / share.sum())
    values = np.array([f"{name} {number}" for number in range(count)], dtype=object)[codes]
    return holes(values, missing)


def holes(values, missing):
    values = np.asarray(values, dtype=object)
    values[random.random(rows) < missing] = None
    return values


def dates(begin, days):
    day = np.datetime64(begin) + np.sort(random.integers(0, days, rows)).astype("timedelta64[D]")
    return day.astype(str)


table = {"lead_id": [f"L-{number:07d}" for number in range(rows)], "created": dates("2024-01-01", 900)}
table["email"] = [f"person{number}@example.org" for number in random.integers(0, rows, rows)]
table["city"] = words(4_000, "city")
table["note"] = holes([f"spoke about offer {number}" for number in random.integers(0, 10**9, rows)], 0.6)
for number, count in enumerate([3, 5, 8, 12, 40, 90, 250, 600]):
    table[f"category_{number}"] = words(count, f"word{number}", 0.02 * number)
for number in range(6):
    table[f"flag_{number}"] = np.where(random.random(rows) < 0.1 + 0.1 * number, "yes", "no")
closed = random.random(rows) < 0.3
for number in range(8):
    table[f"amount_{number}"] = np.round(random.lognormal(3 + number, 1.0, rows), 2)
for number in range(6):
    table[f"count_{number}"] = random.poisson(1 + 2 * number, rows)
for number in range(4):
    table[f"share_{number}"] = holes(np.round(random.random(rows), 4), 0.1 * number)
table["closed_on"] = np.where(closed, dates("2024-03-01", 900), None)
table["close_reason"] = np.where(closed, words(6, "reason"), None)
table["won"] = np.where(random.random(rows) < 0.05 + 0.1 * (table["category_0"] == "word0 0"), "Won", "Lost")
frame = pd.DataFrame(table)
assert frame.shape == (rows, 40), frame.shape
frame.to_csv(file, index=False)
