"""Writes the exports of a small company into `exports/`, for the tutorial: three tables as a CRM has them, and `flat.csv`,
one row a lead, as people have it in a spreadsheet. The same files each time."""

import csv
import math
import random
from datetime import datetime, timedelta, timezone
from pathlib import Path

LEADS = 3_000
FIRST_DAY = datetime(2025, 1, 1, 8, tzinfo=timezone.utc)
LAST_DAY = datetime(2026, 11, 1, tzinfo=timezone.utc)
CHANNELS = {"ads": -0.9, "referral": 1.1, "event": 0.2, "partner": 0.5}
INDUSTRIES = {"fintech": 0.7, "retail": -0.7, "logistics": 0.0, "health": 0.3}


def table(name, columns, rows):
    with open(Path("exports") / name, "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)


def stamp(moment):
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


chance = random.Random(7)
leads, activities, deals, flat = [], [], [], []
for number in range(1, LEADS + 1):
    created = FIRST_DAY + (LAST_DAY - FIRST_DAY) * (number / LEADS)
    channel, industry = chance.choice(list(CHANNELS)), chance.choice(list(INDUSTRIES))
    employees = int(math.exp(1 + 6 * chance.random()))
    visits = int(8 * chance.random() ** 2)
    replied = chance.random() < 0.35
    leads.append([number, stamp(created), channel, industry, employees])
    for visit in range(visits):
        at = created + timedelta(hours=6 + 20 * visit)
        activities.append([number, "visit", stamp(at), stamp(at)])
    if replied:
        # The rep logs the reply the day after.
        at = created + timedelta(hours=30)
        activities.append([number, "reply", stamp(at), stamp(at + timedelta(days=1))])
    log_odds = -2.9 + CHANNELS[channel] + INDUSTRIES[industry] + 0.25 * visits + 1.8 * replied
    won = chance.random() < 1 / (1 + math.exp(-log_odds))
    decided = created + timedelta(days=10 + 60 * chance.random())
    if decided < LAST_DAY:
        deals.append([number, "won" if won else "lost", stamp(decided)])
        # Onboarding begins after a deal is won: a column that knows too much.
        onboarding = chance.randint(1, 30) if won else 0
        flat.append([channel, industry, employees, visits, "yes" if replied else "no", onboarding, "yes" if won else "no"])

Path("exports").mkdir(exist_ok=True)
table("leads.csv", ["id", "created_at", "channel", "industry", "employees"], leads)
table("activities.csv", ["lead_id", "kind", "at", "logged_at"], activities)
table("deals.csv", ["lead_id", "result", "decided_at"], deals)
table("flat.csv", ["channel", "industry", "employees", "visits", "replied", "onboarding_days", "won"], flat)
