"""Predicts the delays of the held-out months with the registered model's champion and writes them to the bucket gold.

Which version was used is written beside the predictions. The interval keeps to it: run again on the same data it gives
the same bytes, whatever has become champion since. `--fresh` takes the present champion instead.
"""

import argparse
import hashlib
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException

from flights import model, tables
from flights.errors import Failure
from flights.interval import VARIABLE, Folder, check
from flights.outage import Outage
from flights.program import Result, peak_memory_mib, run
from flights.registry import CHAMPION, Registry, connect, refusal
from flights.settings import Parser, Reader, StoreSettings, TrackingSettings
from flights.stop import Stop
from flights.store import Store

PROGRAM = "score"
# What names a flight, in the order in which predictions are sorted.
KEYS = ("time_hour", "carrier", "flight", "origin", "dest")
COLUMNS = tuple(dict.fromkeys((*KEYS, "month", *model.FEATURES, model.TARGET)))


@dataclass(frozen=True)
class Arguments:
    """What to predict."""

    bucket: str
    interval: str
    model: str
    fresh: bool
    # Seconds that the store may be away.
    outage_limit: float


def parse(argv: list[str], env: Mapping[str, str]) -> tuple[Arguments, StoreSettings, TrackingSettings]:
    """Read arguments and environment; raises BadSettings with everything that is wrong with them."""
    parser = Parser(PROGRAM, "Predict the delays of the held-out months with the champion of the registered model.")
    parser.add_argument("--bucket", default="gold", help="the bucket that the gold tables are in")
    parser.add_argument("--interval", default=env.get(VARIABLE, ""), help=f"the data interval; default: {VARIABLE}")
    parser.add_argument("--model", default="flights-delay", help="the registered model")
    parser.add_argument(
        "--fresh",
        action=argparse.BooleanOptionalAction,
        default=False,
        help="use the present champion even if another was used before",
    )
    parser.add_argument("--outage-limit", default="120", metavar="SECONDS", help="how long the store may be away")
    given = parser.parse_args(argv)
    settings = Reader(env)
    settings.problems.extend(filter(None, [check(given.interval)]))
    arguments = Arguments(
        bucket=settings.bucket("--bucket", given.bucket),
        interval=given.interval,
        model=settings.prefix("--model", given.model),
        fresh=given.fresh,
        outage_limit=settings.number("--outage-limit", given.outage_limit, 1, 86_400),
    )
    store, tracking = settings.store(), settings.tracking()
    settings.finish()
    return arguments, store, tracking


def pinned(said: Mapping[str, object] | None, name: str, data: str) -> str | None:
    """Give the version that this interval was scored with before, None if its data or the model is another now."""
    if said is None or said.get("model") != name or said.get("data") != data:
        return None
    return str(said["version"]) if "version" in said else None


def predictions(flights: pd.DataFrame, predicted: model.Values, version: int) -> pd.DataFrame:
    """Make the table: one row a flight, what was predicted and what happened, always in the same order."""
    made = flights.loc[:, [*KEYS, "month", model.TARGET]].assign(
        # A thousandth of a minute: beyond it only the way in which a machine adds shows.
        predicted_arr_delay=predicted.round(3),
        model_version=version,
    )
    return made.sort_values(list(KEYS), kind="stable", ignore_index=True)


def _choose(registry: Registry, number: str | None) -> ModelVersion:
    found = registry.version(number) if number else registry.champion()
    if found is None:
        raise Failure(f'"{registry.model}" has no version with the alias "{CHAMPION}"; run the program train first')
    return found


def main(argv: list[str], env: Mapping[str, str], stop: Stop) -> Result:
    """Run the program."""
    started = time.monotonic()
    arguments, store_settings, tracking = parse(argv, env)
    outage = Outage(f"the object store at {store_settings.endpoint}", arguments.outage_limit, stop)
    store = Store(store_settings, arguments.bucket, outage, stop)
    loaded = tables.read(store, Folder("flights", arguments.interval), COLUMNS)
    held_out = loaded.frame[loaded.frame["month"] > model.LAST_TRAINING_MONTH]
    folder = Folder("predictions", arguments.interval)
    before = None if arguments.fresh else tables.find_result(store, folder)
    registry = Registry(connect(tracking), "", arguments.model)
    try:
        with stop.interruptible():
            version = _choose(registry, pinned(before, arguments.model, loaded.sha256))
            predicted = registry.load(version).predict(model.features(held_out))
    except MlflowException as error:
        raise Failure(refusal(error, tracking)) from error
    number = int(version.version)
    body = tables.encode(predictions(held_out, predicted, number))
    arrived = held_out[model.TARGET].notna()
    said: Result = {
        "interval": arguments.interval,
        "model": arguments.model,
        "version": number,
        "data": loaded.sha256,
        "sha256": hashlib.sha256(body).hexdigest(),
        "rows": len(held_out),
        "scores": {"rows": len(held_out), "arrived": int(arrived.sum())},
        "metrics": model.judge(held_out.loc[arrived, model.TARGET], predicted[arrived.to_numpy()]),
    }
    store.put(folder.data, body)
    tables.write_result(store, folder, said)
    return {**said, "seconds": round(time.monotonic() - started, 3), "peakMemoryMiB": peak_memory_mib()}


if __name__ == "__main__":
    sys.exit(run(PROGRAM, main))
