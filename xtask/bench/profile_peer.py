"""Profiles a CSV file as its users would, into a page: profile_peer.py ydata-minimal|ydata-full|evidently FILE PAGE."""

import sys
import warnings

import pandas as pd

warnings.filterwarnings("ignore")
peer, file, page = sys.argv[1:]
frame = pd.read_csv(file)
if peer.startswith("ydata"):
    from ydata_profiling import ProfileReport

    ProfileReport(frame, minimal=peer == "ydata-minimal", progress_bar=False).to_file(page, silent=True)
else:
    from evidently import Dataset, Report
    from evidently.presets import DataSummaryPreset

    Report([DataSummaryPreset()]).run(Dataset.from_pandas(frame)).save_html(page)
