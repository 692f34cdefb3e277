"""The gold tables, from data frame to data frame: nothing here reads or writes.

Whatever Spark adds up in parallel is added exactly (whole numbers and decimals, never doubles), so that the same rows
give the same table to the last digit, in whatever order they come.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F  # noqa: N812 - as everybody calls it
from pyspark.sql import types as T  # noqa: N812

# What land writes (workloads/src/flights/records.py); a missing value is null.
INTEGERS = (
    *("year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "arr_time", "sched_arr_time", "arr_delay"),
    *("flight", "air_time", "distance", "hour", "minute"),
)
TEXTS = ("carrier", "tailnum", "origin", "dest")
BRONZE = T.StructType(
    [
        *(T.StructField(name, T.IntegerType()) for name in INTEGERS),
        *(T.StructField(name, T.StringType()) for name in TEXTS),
        T.StructField("time_hour", T.TimestampType()),
        T.StructField("_partition", T.IntegerType()),
        T.StructField("_offset", T.LongType()),
    ]
)

# Columns of the reference files that are numbers, and of which kind.
WEATHER = {
    **dict.fromkeys(("temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"), "double"),
    "wind_dir": "int",
}
AIRPORT = {"lat": "double", "lon": "double", "alt": "int"}

# What names a flight: the tables are sorted by it.
KEYS = ("time_hour", "carrier", "flight", "origin", "dest")
# A flight is on time if it arrives less than this many minutes late, or exactly.
LATE_MINUTES = 15
# Decimal places that means and percentiles are rounded to.
PLACES = 6


def numbers(table: DataFrame, kinds: dict[str, str]) -> DataFrame:
    """Turn text into numbers; "NA", as the files write a missing value, into null. A plain cast would fail on it."""
    return table.withColumns({name: F.col(name).try_cast(kind) for name, kind in kinds.items()})


def weather_of(table: DataFrame) -> DataFrame:
    """Prepare the weather: one row for an airport and an hour."""
    hour = F.to_timestamp("time_hour", "yyyy-MM-dd'T'HH:mm:ssX")
    return numbers(table, WEATHER).withColumn("time_hour", hour).select("origin", "time_hour", *WEATHER)


def airlines_of(table: DataFrame) -> DataFrame:
    """Prepare the names of the airlines."""
    return table.select("carrier", F.col("name").alias("carrier_name"))


def airports_of(table: DataFrame) -> DataFrame:
    """Prepare the airports that flights go to."""
    known = numbers(table, AIRPORT)
    named = {"faa": "dest", "name": "dest_name", "lat": "dest_lat", "lon": "dest_lon", "alt": "dest_alt"}
    return known.select(*(F.col(name).alias(alias) for name, alias in named.items()))


def flights_of(bronze: DataFrame, weather: DataFrame, airlines: DataFrame, airports: DataFrame) -> DataFrame:
    """Join every flight with the weather where and when it begins, its airline and the airport that it goes to.

    A flight is kept if one of them is not known; the columns are null then.
    """
    joined = (
        bronze.join(F.broadcast(weather), ["origin", "time_hour"], "left")
        .join(F.broadcast(airlines), ["carrier"], "left")
        .join(F.broadcast(airports), ["dest"], "left")
    )
    derived = joined.withColumns(
        {
            # Monday is 0; of the day in New York, as the schedule has it.
            "weekday": F.weekday(F.make_date("year", "month", "day")),
            "cancelled": F.col("dep_time").isNull(),
            "on_time": F.col("arr_delay") <= LATE_MINUTES,
        }
    )
    return derived.select(
        *(*KEYS, "year", "month", "day", "weekday", "hour", "minute", "carrier_name", "tailnum"),
        *("dest_name", "dest_lat", "dest_lon", "dest_alt", "distance", "air_time"),
        *("sched_dep_time", "dep_time", "dep_delay", "sched_arr_time", "arr_time", "arr_delay"),
        *("cancelled", "on_time", *WEATHER),
    )


def _share(part: Column, whole: Column) -> Column:
    return F.round(F.when(whole > 0, part / whole), PLACES)


def _percentile(name: str, share: float) -> Column:
    return F.round(F.percentile(name, F.lit(share)), PLACES)


def _exact_mean(name: str) -> Column:
    # Doubles add up to another last digit in another order; decimals don't.
    total = F.sum(F.col(name).cast("decimal(18,6)")).cast("double")
    return F.round(total / F.count(name), PLACES)


def delays_of(flights: DataFrame) -> DataFrame:
    """Sum up by carrier and month: how many, how late, and in what weather."""
    count, arrived = F.count(F.lit(1)), F.count("arr_delay")
    departed = F.count("dep_delay")
    on_time = F.count(F.when(F.col("on_time"), 1))
    totals = {
        "carrier_name": F.first("carrier_name"),
        "flights": count,
        "cancelled": F.count(F.when(F.col("cancelled"), 1)),
        "departed": departed,
        "arrived": arrived,
        "on_time": on_time,
        "on_time_share": _share(on_time, arrived),
        "dep_delay_sum": F.coalesce(F.sum("dep_delay"), F.lit(0)),
        "dep_delay_mean": _share(F.sum("dep_delay"), departed),
        "arr_delay_sum": F.coalesce(F.sum("arr_delay"), F.lit(0)),
        "arr_delay_mean": _share(F.sum("arr_delay"), arrived),
        "arr_delay_median": _percentile("arr_delay", 0.5),
        "arr_delay_p90": _percentile("arr_delay", 0.9),
        "weather_missing": F.count(F.when(F.col("temp").isNull(), 1)),
        **{f"{name}_mean": _exact_mean(name) for name in ("temp", "wind_speed", "precip", "visib")},
    }
    return flights.groupBy("carrier", "year", "month").agg(*(column.alias(name) for name, column in totals.items()))
