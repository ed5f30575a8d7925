"""Compares two files of features, row by row by their key: `check.py OURS THEIRS`.

Numbers with a fraction may differ by 1e-9 of their size, because sums are not added in the same order; all else is
equal or the first rows that differ are printed.
"""

import sys

import polars as pl

KEY = ["lead_id", "as_of"]
TOLERANCE = 1e-9


def differs(ours, theirs, is_fraction):
    if not is_fraction:
        return ours.ne_missing(theirs)
    either, both = ours.is_null() | theirs.is_null(), ours.is_null() & theirs.is_null()
    return (either & ~both) | ((ours - theirs).abs() > TOLERANCE * pl.max_horizontal(ours.abs(), 1.0)).fill_null(False)


def main():
    ours, theirs = (pl.scan_parquet(path) for path in sys.argv[1:3])
    schema, other = ours.collect_schema(), theirs.collect_schema()
    names = [name for name in schema.names() if name not in KEY]
    missing = set(schema.names()) ^ set(other.names())
    if missing:
        sys.exit(f"columns of only one of {sys.argv[1:3]}: {sorted(missing)}")
    as_of = pl.col("as_of").dt.cast_time_unit("us").dt.convert_time_zone("UTC")
    ours, theirs = ours.with_columns(as_of), theirs.with_columns(as_of)
    for name in names:
        if schema[name].is_float():
            theirs = theirs.with_columns(pl.col(name).cast(pl.Float64).fill_nan(None))
        else:
            theirs = theirs.with_columns(pl.col(name).cast(schema[name]))
    rows = ours.join(theirs, on=KEY, how="full", suffix=" theirs").cache()
    alone = pl.col("lead_id").is_null() | pl.col("lead_id theirs").is_null()
    checks = [alone.sum().alias("rows of only one"), pl.len().alias("rows")]
    for name in names:
        unequal = differs(pl.col(name), pl.col(f"{name} theirs"), schema[name].is_float())
        checks.append(unequal.sum().alias(name))
    counts = rows.select(checks).collect(engine="streaming").row(0, named=True)
    total = counts.pop("rows")
    wrong = {name: count for name, count in counts.items() if count}
    if wrong or total == 0:
        for name in [name for name in wrong if name in names][:3]:
            unequal = differs(pl.col(name), pl.col(f"{name} theirs"), schema[name].is_float())
            print(rows.filter(unequal).select(*KEY, name, f"{name} theirs").head(5).collect())
        sys.exit(f"{sys.argv[2]} differs from {sys.argv[1]}, rows by column: {wrong}, of {total}")
    print(f"{total} rows of {len(names)} features are equal")


main()
