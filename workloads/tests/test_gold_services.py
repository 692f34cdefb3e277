"""The program gold, in the image's Spark, against pandas and a real Kafka."""

import json
from pathlib import Path

import pandas as pd
import pytest
from gold_table import gold_table
from lake import Lake, bronze_rows
from stage import Stage
from users import kafka_user

from flights.expected import delays

pytestmark = pytest.mark.services

INTERVAL = "2013-12-31"
EVERY = 40


def close(one: pd.Series, other: pd.Series) -> bool:
    """Compare numbers to the sixth place; missing equals missing."""
    pd.testing.assert_series_equal(
        one.astype("float64"), other.astype("float64"), check_names=False, check_index=False, atol=2e-6
    )
    return True


def test_gold_is_what_pandas_makes_and_the_same_bytes_every_time(stage: Stage, dataset: Path) -> None:
    rows = bronze_rows(dataset, EVERY)
    topic = f"delays-{stage.id}"
    stage.create_topic(topic, 1, {"cleanup.policy": "compact"})
    env = {**kafka_user(stage, "gold", [topic], []), "KAFKA_CA_FILE": stage.kafka.ca_file}
    one, other = Lake(stage.directory / "one", dataset), Lake(stage.directory / "other", dataset)
    half = len(rows) // 2
    one.land(rows.iloc[:half], 3)
    other.land(rows.sample(frac=1, random_state=1), 2)

    first = one.run(env, "--interval", INTERVAL, topic=topic)
    before = one.bytes(INTERVAL)
    assert first["tables"]["flights"]["rows"] == first["delays"]["flights"] == half

    # More has landed. The interval keeps to what its first run took; asked anew, it takes all.
    one.land(rows.iloc[half:], 3)
    again = one.run(env, "--interval", INTERVAL, topic=topic)
    assert {name: again[name] for name in ("tables", "delays")} == {name: first[name] for name in ("tables", "delays")}
    assert one.bytes(INTERVAL) == before
    whole = one.run(env, "--interval", INTERVAL, "--fresh", topic=topic)
    assert whole["tables"]["flights"]["rows"] == len(rows)

    # The same rows in another order, in other partitions, in another JVM.
    apart = other.run(env, "--interval", INTERVAL, topic=topic)
    assert other.bytes(INTERVAL) == one.bytes(INTERVAL)
    assert apart["tables"] == whole["tables"]
    assert not list(other.gold.glob("_staging/**/*.parquet"))

    _like_pandas(other, whole, dataset)
    _published(stage, topic, other.table("delays", INTERVAL))


def _like_pandas(lake: Lake, result: dict[str, object], dataset: Path) -> None:
    wanted = gold_table(dataset, EVERY)
    made = lake.table("flights", INTERVAL)
    keys = ["time_hour", "carrier", "flight", "origin", "dest"]
    wanted = wanted.sort_values(keys, ignore_index=True)
    assert made["time_hour"].is_monotonic_increasing
    for name in ("weekday", "arr_delay", "dep_delay", "temp", "wind_speed", "wind_gust", "precip", "pressure", "visib"):
        assert close(made[name], wanted[name]), name
    for name in ("carrier", "origin", "dest"):
        assert made[name].tolist() == wanted[name].tolist()
    airlines = pd.read_csv(dataset.with_name("airlines.csv")).set_index("carrier")["name"]
    airports = pd.read_csv(dataset.with_name("airports.csv")).set_index("faa")["name"]
    assert made["carrier_name"].tolist() == wanted["carrier"].map(airlines).tolist()
    known = wanted["dest"].isin(airports.index)
    assert made.loc[known, "dest_name"].tolist() == wanted.loc[known, "dest"].map(airports).tolist()
    assert made.loc[~known, "dest_name"].isna().all()

    table = lake.table("delays", INTERVAL).set_index(["carrier", "year", "month"])
    groups = wanted.groupby(["carrier", "year", "month"])
    assert close(table["flights"], groups.size())
    assert close(table["arr_delay_mean"], groups["arr_delay"].mean())
    assert close(table["arr_delay_median"], groups["arr_delay"].median())
    assert close(table["arr_delay_p90"], groups["arr_delay"].quantile(0.9))
    assert close(table["dep_delay_mean"], groups["dep_delay"].mean())
    for name in ("temp", "wind_speed", "precip", "visib"):
        assert close(table[f"{name}_mean"], groups[name].mean()), name
    late = wanted[wanted["arr_delay"].notna()].assign(on_time=lambda rows: rows["arr_delay"] <= 15)
    share = late.groupby(["carrier", "year", "month"])["on_time"].mean()
    assert close(table["on_time_share"].dropna(), share)
    # The numbers that the sandbox compares, found by code that shares nothing with gold.
    flights = pd.read_csv(dataset, na_values=["NA"], keep_default_na=False).iloc[::EVERY]
    assert result["delays"] == delays(flights, dataset.with_name("weather.csv"))


def _published(stage: Stage, topic: str, table: pd.DataFrame) -> None:
    # Compacted or not, the latest record of a key is the one that counts.
    records = {
        (message.key() or b"").decode(): json.loads(message.value() or b"") for message in stage.committed(topic, 1)
    }
    assert set(records) == {f"{row.carrier}-{row.month}" for row in table.itertuples()}
    for row in table.itertuples():
        assert records[f"{row.carrier}-{row.month}"]["flights"] == row.flights
        assert records[f"{row.carrier}-{row.month}"]["arr_delay_sum"] == row.arr_delay_sum


def test_what_is_missing_is_said(stage: Stage, dataset: Path) -> None:
    lake = Lake(stage.directory / "lake", dataset)
    env = {**kafka_user(stage, "gold", [], []), "KAFKA_CA_FILE": stage.kafka.ca_file}
    assert "allowed: 1 to 63 of" in lake.run(env, "--interval", "../x", code=2)["error"]
    assert "nothing has landed in" in lake.run(env, "--interval", INTERVAL, code=1)["error"]
