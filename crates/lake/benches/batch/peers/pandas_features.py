"""The thirty features in pandas: one merge, a column for each filter, one grouping."""

import numpy as np
import pandas as pd

from measured import run

KEY = ["lead_id", "as_of"]
DAY = 86_400e6


def micros(moments):
    return moments.astype("datetime64[us, UTC]").astype("int64").where(moments.notna()).astype("float64")


def observations(ground, ages):
    columns = ["lead_id", "created_at", "known_from", "known_to", "channel", "industry", "employees", "budget", "email",
               "first_outreach_at"]
    leads = pd.read_parquet(f"{ground}/lead.parquet", columns=columns)
    asked = pd.concat([leads.assign(as_of=leads["created_at"] + pd.Timedelta(days=age)) for age in ages])
    known = (asked["known_from"] <= asked["as_of"]) & (asked["known_to"].isna() | (asked["as_of"] < asked["known_to"]))
    return asked[known].drop(columns=["known_from", "known_to"])


def behaviour(ground, asked):
    columns = ["lead_id", "kind", "detail", "at", "known_at", "minutes", "pages"]
    events = pd.read_parquet(f"{ground}/event", columns=columns)
    events["kind"] = events["kind"].astype("category")
    events["detail"] = events["detail"].astype("category")
    known = events.merge(asked[[*KEY, "created_at", "first_outreach_at"]], on="lead_id")
    known = known[known["known_at"] <= known["as_of"]]
    kind, detail, at = known["kind"], known["detail"], known["at"]
    touch, reply, talk = kind == "touch", kind == "reply", kind == "interaction"
    in_time = at <= known["first_outreach_at"] + pd.Timedelta(hours=48)
    # Of two flags of which one is unknown: false if the other is false.
    responded = (reply & in_time).astype("float64").where(~reply | known["first_outreach_at"].notna())
    counted = {
        "events_known": np.ones(len(known), dtype=bool),
        "touches": touch,
        "replies": reply,
        "emails_opened": kind == "email_opened",
        "emails_clicked": kind == "email_clicked",
        "ad_clicks": kind == "ad_click",
        "calls": talk & (detail == "call"),
        "meetings": talk & (detail == "meeting"),
        "pricing_visits": touch & (detail == "/pricing"),
        "touches_first_7d": touch & (at < known["created_at"] + pd.Timedelta(days=7)),
        "touches_first_48h": touch & (at < known["created_at"] + pd.Timedelta(hours=48)),
        "events_last_7d": at > known["as_of"] - pd.Timedelta(days=7),
        "events_last_30d": at > known["as_of"] - pd.Timedelta(days=30),
    }
    columns = {**{name: np.asarray(which, dtype="int64") for name, which in counted.items()},
               "responded_within_48h": responded,
               "last_interaction": at.where(talk), "last_touch": at.where(touch), "first_reply": at.where(reply),
               "minutes_talked": known["minutes"].where(talk), "longest_talk": known["minutes"],
               "pages_viewed": known["pages"].where(touch), "longest_visit": known["pages"]}
    groups = pd.DataFrame({"lead_id": known["lead_id"], "as_of": known["as_of"], **columns}).groupby(KEY, sort=False)
    highest = groups[["responded_within_48h", "last_interaction", "last_touch", "longest_talk", "longest_visit"]].max()
    sums = groups[[*counted, "minutes_talked", "pages_viewed"]].sum(min_count=1)
    lowest = groups[["first_reply"]].min()
    average = groups["minutes_talked"].mean().rename("average_talk")
    return pd.concat([highest, sums, lowest, average], axis=1), list(counted)


def features(ground, ages, out):
    asked = observations(ground, ages)
    groups, counts = behaviour(ground, asked)
    rows = asked.merge(groups, left_on=KEY, right_index=True, how="left")
    rows[counts] = rows[counts].fillna(0).astype("int64")
    as_of, created = micros(rows["as_of"]), micros(rows["created_at"])
    rows["responded_within_48h"] = rows["responded_within_48h"].astype("boolean")
    rows["days_since_interaction"] = (as_of - micros(rows["last_interaction"])) / DAY
    rows["days_since_touch"] = (as_of - micros(rows["last_touch"])) / DAY
    rows["hours_to_first_reply"] = (micros(rows["first_reply"]) - created) / DAY * 24.0
    rows["hours_to_first_outreach"] = (micros(rows["first_outreach_at"]) - created) / DAY * 24.0
    rows["lead_age_days"] = (as_of - created) / DAY
    rows["is_paid_channel"] = rows["channel"].isin(["channel 1", "channel 2", "channel 3"])
    size = pd.cut(rows["employees"], [0, 10, 200, np.inf], labels=["1-10", "11-200", "over 200"])
    rows["company_size"] = size.astype("str").where(size.notna())
    rows["budget_per_employee"] = rows["budget"] / rows["employees"]
    rows["uses_free_mail"] = rows["email"].str.endswith(("@freemail.example", "@webmail.example"))
    unneeded = ["created_at", "first_outreach_at", "employees", "budget", "email", "last_interaction", "last_touch",
                "first_reply"]
    rows.drop(columns=unneeded).to_parquet(out, index=False)


run(features)
