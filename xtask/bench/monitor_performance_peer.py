"""NannyML's estimate of performance, and the data sets that its wheel carries.

monitor_performance_peer.py data car_loan|employment FILE ROWS   writes a data set with its chunks of so many rows
monitor_performance_peer.py cbpe FILE FIGURES ROWS               estimates each chunk of a file

A file has the columns part (reference or window), chunk, label, score, and then features: numbers, or words that begin
with an underscore. Figures are a row a chunk, with the CPU seconds of fit and estimate in the last column.
"""

import os
import sys
import time
import warnings

import pandas as pd

warnings.filterwarnings("ignore")
# It would send statistics of its use over the network, and wait for that.
os.environ["NML_DISABLE_USAGE_LOGGING"] = "1"

import nannyml as nml

THRESHOLD = 0.5
METRICS = {"roc_auc": "auc", "precision": "precision", "recall": "recall"}


def data(name, file, rows):
    """Writes a data set of the wheel."""
    if name == "car_loan":
        load, label, score = nml.load_synthetic_car_loan_dataset, "repaid", "y_pred_proba"
        left_out = ["id", "timestamp", "y_pred"]
    else:
        load, label, score = nml.load_us_census_ma_employment_data, "employed", "predicted_probability"
        left_out = ["id", "year", "prediction"]
    reference, window, truth = load()
    window = window.merge(truth, on="id")
    frames = []
    for part, frame in (("reference", reference), ("window", window)):
        frame = frame.reset_index(drop=True)
        made = pd.DataFrame({"part": part, "chunk": frame.index // rows})
        made["label"], made["score"] = frame[label].astype(int), frame[score]
        for column in frame.columns.drop(left_out + [label, score]):
            values = frame[column]
            made[column] = values if values.dtype == float else "_" + values.astype(str)
        frames.append(made)
    pd.concat(frames).to_csv(file, index=False)


def cbpe(file, figures, rows):
    """Estimates each chunk of the windows, calibrated on the reference."""
    frame = pd.read_csv(file)
    frame["predicted"] = (frame["score"] >= THRESHOLD).astype(int)
    reference = frame[frame["part"] == "reference"].reset_index(drop=True)
    window = frame[frame["part"] == "window"].reset_index(drop=True)
    started = time.process_time()
    estimator = nml.CBPE(
        problem_type="classification_binary",
        y_pred_proba="score",
        y_pred="predicted",
        y_true="label",
        metrics=list(METRICS),
        chunk_size=rows,
    )
    estimator.fit(reference)
    estimated = estimator.estimate(window.drop(columns="label")).filter(period="analysis").to_df()
    seconds = time.process_time() - started
    out = pd.DataFrame({"chunk": estimated[("chunk", "chunk_index")].astype(int)})
    for metric, name in METRICS.items():
        out[name] = estimated[(metric, "value")]
    out["seconds"] = seconds
    out.to_csv(figures, index=False)


if __name__ == "__main__":
    if sys.argv[1] == "data":
        data(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        cbpe(sys.argv[2], sys.argv[3], int(sys.argv[4]))
