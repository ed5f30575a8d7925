"""Monitors the weeks of a file as its users would, and prints what is told.

    monitor_peer.py export FOLDER                 the data that NannyML's wheel carries, as CSV
    monitor_peer.py watch evidently|nannyml FILE [WEEKS]
        "begun first weeks": how often a column begins to be told, the first week of that, and the weeks with any
    monitor_peer.py speed evidently|nannyml FOLDER  "seconds megabytes": a report of current.csv against reference.csv
"""

import os
import resource
import sys
import time
import warnings

import pandas as pd

# Neither is to tell its makers that it was used.
os.environ["NML_DISABLE_USAGE_LOGGING"] = os.environ["DO_NOT_TRACK"] = "1"
warnings.filterwarnings("ignore")


def evidently_columns(reference, current):
    """The columns that Evidently's preset for data drift calls drifted, by its own choice of tests and thresholds."""
    from evidently import Report
    from evidently.presets import DataDriftPreset

    tests = Report([DataDriftPreset()], include_tests=True).run(current, reference).dict()["tests"]
    failed = [test["name"] for test in tests if "FAIL" in str(test["status"])]
    return {name.removeprefix("Value Drift for column ") for name in failed if name.startswith("Value Drift")}


def nannyml_weeks(reference, current, columns):
    """The alerts of each week by NannyML's univariate drift and its share of missing values, with their defaults."""
    import nannyml

    times = {"timestamp_column_name": "at", "chunk_period": "W"}
    told = {}
    for calculator in (
        nannyml.UnivariateDriftCalculator(column_names=columns, **times),
        nannyml.MissingValuesCalculator(column_names=columns, **times),
    ):
        frame = calculator.fit(reference).calculate(current).filter(period="analysis").to_df()
        starts = frame[("chunk", "chunk", "start_date")] if ("chunk", "chunk", "start_date") in frame else frame[("chunk", "start_date")]
        for column in frame.columns:
            if column[-1] == "alert":
                for start, alert in zip(starts, frame[column]):
                    if alert:
                        told.setdefault(pd.Timestamp(start).normalize(), set()).add("/".join(column[:-1]))
    return told


def told_by_week(peer, frame):
    """The columns that are told in each week from 0 on; those before are the reference."""
    features = [name for name in frame.columns if name != "week"]
    reference, watched = frame[frame.week < 0], frame[frame.week >= 0]
    weeks = list(range(int(frame.week.max()) + 1))
    if peer == "evidently":
        return [
            evidently_columns(reference[features], watched.loc[watched.week == week, features])
            for week in weeks
            if (watched.week == week).sum() > 0
        ]
    monday = pd.Timestamp("2020-01-06")
    dated = lambda part: part.assign(at=monday + pd.to_timedelta((part.week - frame.week.min()) * 7, unit="D"))
    told = nannyml_weeks(dated(reference), dated(watched), features)
    start = lambda week: monday + pd.Timedelta(days=int((week - frame.week.min()) * 7))
    return [told.get(start(week), set()) for week in weeks]


def watch(peer, path, weeks=52):
    frame = pd.read_csv(path)
    told = told_by_week(peer, frame[frame.week < int(weeks)])
    begun = [now - before for before, now in zip([set()] + told, told)]
    first = next((week for week, columns in enumerate(begun) if columns), "")
    print(sum(map(len, begun)), first, sum(bool(columns) for columns in told))


def speed(peer, folder):
    reference, current = (pd.read_csv(f"{folder}/{name}.csv") for name in ("reference", "current"))
    started = time.time()
    if peer == "evidently":
        evidently_columns(reference, current)
    else:
        import nannyml

        calculator = nannyml.UnivariateDriftCalculator(column_names=list(reference.columns), chunk_number=1)
        calculator.fit(reference).calculate(current).to_df()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{time.time() - started:.1f} {sum(os.times()[:2]):.1f} {peak}")


def export(folder):
    import nannyml

    data = os.path.join(os.path.dirname(nannyml.__file__), "datasets/data")
    loan = pd.read_csv(f"{data}/synthetic_car_loan_reference.csv")
    drop = ["id", "Unnamed: 0", "timestamp", "repaid", "y_pred", "y_pred_proba", "period"]
    loan.drop(columns=drop, errors="ignore").to_csv(f"{folder}/car loan.csv", index=False)
    census = pd.read_parquet(f"{data}/employment_MA_reference.pq")
    drop = ["id", "timestamp", "year", "employed", "prediction", "predicted_probability", "y_pred", "y_pred_proba"]
    census.drop(columns=drop, errors="ignore").to_csv(f"{folder}/census.csv", index=False)


if __name__ == "__main__":
    {"watch": watch, "speed": speed, "export": export}[sys.argv[1]](*sys.argv[2:])
