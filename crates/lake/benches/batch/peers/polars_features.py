"""The thirty features in Polars: lazy, by its streaming engine, into the file.

As in DuckDB, events meet only what they are compared with, and the lead's columns come to the groups.
"""

import polars as pl

from measured import run

DAY = 86_400e6
KEY = ["lead_id", "as_of"]


def observations(ground, ages):
    as_of = pl.col("created_at") + pl.duration(days=pl.col("age"), time_unit="us")
    leads = pl.scan_parquet(f"{ground}/lead.parquet")
    if len(ages) == 1:
        leads = leads.with_columns(age=pl.lit(ages[0]))
    else:
        leads = leads.join(pl.LazyFrame({"age": ages}), how="cross")
    return leads.with_columns(as_of=as_of).filter(
        pl.col("known_from") <= pl.col("as_of"),
        pl.col("known_to").is_null() | (pl.col("as_of") < pl.col("known_to")),
    )


def behaviour(ground, asked):
    kind, at = pl.col("kind"), pl.col("at")
    touch, reply, talk = kind == "touch", kind == "reply", kind == "interaction"
    detail = pl.col("detail")
    count = lambda which: which.sum().cast(pl.Int64)
    events = pl.scan_parquet(f"{ground}/event/*.parquet")
    asked = asked.select("lead_id", "as_of", "created_at", "first_outreach_at")
    known = events.join(asked, on="lead_id").filter(pl.col("known_at") <= pl.col("as_of"))
    in_time = at <= pl.col("first_outreach_at") + pl.duration(hours=48)
    # A flag that is unknown for some and true for none is unknown for the lead only if it is false for none.
    responded = reply & in_time
    return known.group_by(KEY).agg(
        events_known=pl.len().cast(pl.Int64),
        touches=count(touch),
        replies=count(reply),
        emails_opened=count(kind == "email_opened"),
        emails_clicked=count(kind == "email_clicked"),
        ad_clicks=count(kind == "ad_click"),
        calls=count(talk & (detail == "call")),
        meetings=count(talk & (detail == "meeting")),
        pricing_visits=count(touch & (detail == "/pricing")),
        touches_first_7d=count(touch & (at < pl.col("created_at") + pl.duration(days=7))),
        touches_first_48h=count(touch & (at < pl.col("created_at") + pl.duration(hours=48))),
        events_last_7d=count(at > pl.col("as_of") - pl.duration(days=7)),
        events_last_30d=count(at > pl.col("as_of") - pl.duration(days=30)),
        responded_within_48h=responded.max(),
        last_interaction=pl.when(talk).then(at).max(),
        last_touch=pl.when(touch).then(at).max(),
        first_reply=pl.when(reply).then(at).min(),
        minutes_talked=pl.when(talk).then(pl.col("minutes")).sum(),
        average_talk=pl.when(talk).then(pl.col("minutes")).mean(),
        longest_talk=pl.col("minutes").max(),
        pages_viewed=pl.when(touch).then(pl.col("pages")).sum(),
        longest_visit=pl.col("pages").max(),
    )


def micros(moment):
    return pl.col(moment).dt.timestamp("us")


def features(ground, ages, out):
    asked = observations(ground, ages)
    employees = pl.col("employees")
    counts = [
        "events_known", "touches", "replies", "emails_opened", "emails_clicked", "ad_clicks", "calls", "meetings",
        "pricing_visits", "touches_first_7d", "touches_first_48h", "events_last_7d", "events_last_30d",
    ]
    email = pl.col("email")
    rows = asked.join(behaviour(ground, asked), on=KEY, how="left").select(
        *KEY,
        *[pl.col(name).fill_null(0) for name in counts],
        "responded_within_48h",
        days_since_interaction=(micros("as_of") - micros("last_interaction")) / DAY,
        days_since_touch=(micros("as_of") - micros("last_touch")) / DAY,
        hours_to_first_reply=(micros("first_reply") - micros("created_at")) / DAY * 24.0,
        # Polars' sum of nothing is zero.
        minutes_talked=pl.when(pl.col("average_talk").is_not_null()).then(pl.col("minutes_talked")),
        average_talk="average_talk",
        longest_talk="longest_talk",
        pages_viewed=pl.when(pl.col("touches") > 0).then(pl.col("pages_viewed")),
        longest_visit="longest_visit",
        hours_to_first_outreach=(micros("first_outreach_at") - micros("created_at")) / DAY * 24.0,
        lead_age_days=(micros("as_of") - micros("created_at")) / DAY,
        is_paid_channel=pl.col("channel").is_in(["channel 1", "channel 2", "channel 3"]),
        channel="channel",
        industry="industry",
        company_size=pl.when(employees <= 10).then(pl.lit("1-10")).when(employees <= 200).then(pl.lit("11-200"))
        .when(employees > 200).then(pl.lit("over 200")),
        budget_per_employee=pl.col("budget") / employees,
        uses_free_mail=email.str.ends_with("@freemail.example") | email.str.ends_with("@webmail.example"),
    )
    rows.sink_parquet(out, engine="streaming", compression="snappy", maintain_order=False)


run(features)
