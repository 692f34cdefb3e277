"""Makes the gold tables of one data interval from what has been landed in the bucket bronze.

`flights/` holds every flight with its weather, airline and destination; `delays/` sums them up by carrier and month,
and goes to a Kafka topic too. Which records of bronze an interval holds is decided by its first run and written beside
the table: run again it reads the same ones, whatever has landed since, and writes the same bytes. `--fresh` takes all
that there is now instead.

Run by spark-submit; its last line on stdout is its result, one JSON object.
"""

import argparse
import json
import os
import re
import sys
import time
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

from pyspark.errors import AnalysisException
from pyspark.sql import DataFrame, Row, SparkSession
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it
from tables import BRONZE, KEYS, airlines_of, airports_of, delays_of, flights_of, weather_of
from topic import publish
from writing import Bucket

INTERVAL = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.+-]{0,62}")
GROUP = ("carrier", "year", "month")
# What the kubelet keeps of a termination message, in bytes.
RESULT_LIMIT = 4096


class Failure(Exception):  # noqa: N818 - told to a person
    """The run failed for a reason outside the program; the message says what to do."""


def parse(argv: list[str], env: Mapping[str, str]) -> argparse.Namespace:
    """Read the arguments."""
    parser = argparse.ArgumentParser(
        prog="gold.py", allow_abbrev=False, description="Make the gold tables of one data interval."
    )
    parser.add_argument("--interval", default=env.get("FLIGHTS_INTERVAL", ""), help="default: FLIGHTS_INTERVAL")
    parser.add_argument("--bronze", default="s3a://bronze/flights", help="the folder that land writes to")
    parser.add_argument("--gold", default="s3a://gold", help="the bucket that the tables go to")
    parser.add_argument("--topic", default="delays", help="the topic that the delays go to")
    parser.add_argument("--data", default="/opt/flights/data", help="the folder with weather, airlines and airports")
    parser.add_argument(
        "--fresh",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="take all that has landed, not what the first run took",
    )
    given = parser.parse_args(argv)
    if not INTERVAL.fullmatch(given.interval):
        parser.error(
            f'--interval (or FLIGHTS_INTERVAL) is "{given.interval}"; allowed: 1 to 63 of A-Z a-z 0-9 _ . + -, '
            "for example 2013-12-31"
        )
    return given


def read_bronze(spark: SparkSession, folder: str, ends: Mapping[str, int] | None) -> DataFrame:
    """Read what has landed; up to the given offsets of each partition, where they are given."""
    found = spark.read.schema(BRONZE).option("recursiveFileLookup", "true").option("pathGlobFilter", "*.parquet")
    try:
        landed = found.parquet(folder)
    except AnalysisException as error:
        if "PATH_NOT_FOUND" in str(error):
            raise Failure(f"nothing has landed in {folder} yet; run the program land first") from error
        raise
    if ends is None:
        return landed
    within = (((F.col("_partition") == int(part)) & (F.col("_offset") < end)) for part, end in ends.items())
    return landed.filter(reduce(lambda one, other: one | other, within, F.expr("false")))


@dataclass(frozen=True)
class Extent:
    """What of bronze an interval is made of."""

    rows: int
    # For each partition the offset behind its last record.
    ends: dict[str, int]


def extent_of(bronze: DataFrame) -> Extent:
    """Find how much has landed."""
    columns = (F.count(F.lit(1)).alias("rows"), (F.max("_offset") + 1).alias("end"))
    found = sorted(bronze.groupBy("_partition").agg(*columns).collect(), key=lambda row: int(row["_partition"]))
    return Extent(sum(row["rows"] for row in found), {str(row["_partition"]): int(row["end"]) for row in found})


def pinned(said: Mapping[str, Any] | None, folder: str) -> dict[str, int] | None:
    """Give the offsets that this interval was made of before."""
    if said is None:
        return None
    if said.get("bronze") != folder:
        raise Failure(
            f"this interval was made from {said.get('bronze')}, not from {folder}; run with --fresh to make it anew"
        )
    return {str(part): int(end) for part, end in said["ends"].items()}


def reference(spark: SparkSession, folder: str, name: str) -> DataFrame:
    """Read one of the dataset's small files, which are in the image of driver and executors alike."""
    source = Path(folder, f"{name}.csv")
    if not source.is_file():
        raise Failure(f"{source} is not there; --data names the folder with weather, airlines and airports")
    return spark.read.option("header", "true").csv(source.as_uri())


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Add up the table of delays as it stands in the store: what is compared with numbers found apart."""
    named = {
        **{name: name for name in ("flights", "cancelled", "arrived")},
        "onTime": "on_time",
        "depDelaySum": "dep_delay_sum",
        "arrDelaySum": "arr_delay_sum",
        "weatherMissing": "weather_missing",
    }
    kept = ("flights", "cancelled", "onTime", "arrDelaySum")
    by_carrier: dict[str, dict[str, int]] = {}
    for row in rows:
        sums = by_carrier.setdefault(row["carrier"], dict.fromkeys(kept, 0))
        for name in kept:
            sums[name] += row[named[name]]
    return {
        "groups": len(rows),
        **{name: sum(row[column] for row in rows) for name, column in named.items()},
        "p90Sum": round(sum(row["arr_delay_p90"] or 0 for row in rows), 3),
        "byCarrier": by_carrier,
    }


def make(spark: SparkSession, given: argparse.Namespace) -> dict[str, Any]:
    """Make both tables, publish the delays, and say what was done beside them."""
    bucket = Bucket(spark, given.gold)
    folders = {table: f"{table}/interval={given.interval}" for table in ("flights", "delays")}
    said_key = f"{folders['delays']}/_result.json"
    bronze = read_bronze(spark, given.bronze, None if given.fresh else pinned(bucket.read_json(said_key), given.bronze))
    extent = extent_of(bronze)
    if extent.rows == 0:
        raise Failure(f"what has landed in {given.bronze} holds no flight; run ingest and land first")
    flights = flights_of(
        bronze,
        weather_of(reference(spark, given.data, "weather")),
        airlines_of(reference(spark, given.data, "airlines")),
        airports_of(reference(spark, given.data, "airports")),
    )
    # As many as before: a second row for an hour, an airline or an airport would double flights.
    first = bucket.write_table(f"{folders['flights']}/flights.parquet", flights, KEYS, extent.rows)
    second = bucket.write_table(f"{folders['delays']}/delays.parquet", delays_of(bucket.table(first)), GROUP)
    delays = bucket.table(second)
    publish(delays, ("carrier", "month"), given.topic)
    rows = delays.orderBy(*GROUP).collect()
    result = {
        "interval": given.interval,
        "rows": second.rows,
        "tables": {
            name: {"rows": one.rows, "sha256": one.sha256} for name, one in (("flights", first), ("delays", second))
        },
        "delays": summary(rows),
    }
    bucket.write_json(said_key, {**result, "bronze": given.bronze, "ends": extent.ends})
    return result


def tell(result: Mapping[str, Any], env: Mapping[str, str]) -> None:
    """Print the result and keep it with the pod, where RESULT_FILE names its termination message."""
    line = json.dumps({"program": "gold", **result}, separators=(",", ":"), ensure_ascii=True)
    print(line, flush=True)  # noqa: T201 - the result is what stdout is for
    target = env.get("RESULT_FILE")
    if target and len(line) <= RESULT_LIMIT:
        Path(target).write_text(line, encoding="ascii")


def main(argv: list[str], env: Mapping[str, str]) -> int:
    """Run the program; 0 well, 1 failed, 2 arguments that can't work."""
    started = time.monotonic()
    given = parse(argv, env)
    # Times are instants; rows of the Parquet files name no zone.
    spark = SparkSession.builder.appName("gold").config("spark.sql.session.timeZone", "UTC").getOrCreate()
    try:
        result = make(spark, given)
    except (Failure, SystemExit) as failure:
        tell({"ok": False, "error": str(failure)}, env)
        return 1
    except Exception as error:  # noqa: BLE001 - whatever Spark has to say must reach the one who reads the result
        traceback.print_exc()
        tell({"ok": False, "error": " ".join(str(error).split())[:1500]}, env)
        return 1
    finally:
        spark.stop()
    tell({"ok": True, **result, "seconds": round(time.monotonic() - started, 3)}, env)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], os.environ))
