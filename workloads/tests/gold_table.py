"""A gold table for tests, made with pandas from the dataset, and a bucket in memory."""

from pathlib import Path

import pandas as pd

from flights import tables
from flights.interval import Folder
from flights.store import Store


class MemoryStore(Store):
    """A bucket in memory, with what of Store the programs use on gold."""

    def __init__(self) -> None:
        self.bucket = "gold"
        self.objects: dict[str, bytes] = {}

    def find(self, key: str) -> bytes | None:
        return self.objects.get(key)

    def put(self, key: str, body: bytes) -> None:
        self.objects[key] = body


def gold_table(dataset: Path, every: int = 1) -> pd.DataFrame:
    """Join flights with weather as gold does, in pandas; every nth flight of the file only, if asked."""
    flights = pd.read_csv(dataset, na_values=["NA"], keep_default_na=False).iloc[::every]
    weather = pd.read_csv(dataset.with_name("weather.csv"), na_values=["NA"], keep_default_na=False)
    weather = weather.drop(columns=["year", "month", "day", "hour"])
    joined = flights.merge(weather, on=["origin", "time_hour"], how="left", validate="many_to_one")
    day = pd.to_datetime(joined[["year", "month", "day"]])
    joined["time_hour"] = pd.to_datetime(joined["time_hour"], utc=True)
    return joined.assign(weekday=day.dt.day_of_week.astype("int32"))


def put_gold(store: MemoryStore, interval: str, frame: pd.DataFrame) -> None:
    """Write the gold table of an interval."""
    store.put(Folder("flights", interval).data, tables.encode(frame))
