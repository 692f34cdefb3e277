"""Fits the delay model on the gold table of one interval and registers it, once for each interval and its data.

A version is only made if there is none yet for the same interval and the same bytes. The alias `champion` moves to a
new version unless that one does worse than the present champion on the months that neither has seen.
"""

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
from flights.registry import Fitted, Registry, connect, refusal
from flights.settings import Parser, Reader, StoreSettings, TrackingSettings
from flights.stop import Stop
from flights.store import Store

PROGRAM = "train"
COLUMNS = ("month", *model.FEATURES, model.TARGET)
EXAMPLE_ROWS = 5


@dataclass(frozen=True)
class Arguments:
    """What to fit."""

    bucket: str
    interval: str
    experiment: str
    model: str
    # Seconds that the store may be away.
    outage_limit: float


def parse(argv: list[str], env: Mapping[str, str]) -> tuple[Arguments, StoreSettings, TrackingSettings]:
    """Read arguments and environment; raises BadSettings with everything that is wrong with them."""
    parser = Parser(PROGRAM, "Fit the delay model on the gold table of an interval and register it.")
    parser.add_argument("--bucket", default="gold", help="the bucket that the gold tables are in")
    parser.add_argument("--interval", default=env.get(VARIABLE, ""), help=f"the data interval; default: {VARIABLE}")
    parser.add_argument("--experiment", default="flights", help="the experiment that the run goes to")
    parser.add_argument("--model", default="flights-delay", help="the registered model")
    parser.add_argument("--outage-limit", default="120", metavar="SECONDS", help="how long the store may be away")
    given = parser.parse_args(argv)
    settings = Reader(env)
    settings.problems.extend(filter(None, [check(given.interval)]))
    arguments = Arguments(
        bucket=settings.bucket("--bucket", given.bucket),
        interval=given.interval,
        experiment=settings.prefix("--experiment", given.experiment),
        model=settings.prefix("--model", given.model),
        outage_limit=settings.number("--outage-limit", given.outage_limit, 1, 86_400),
    )
    store, tracking = settings.store(), settings.tracking()
    settings.finish()
    return arguments, store, tracking


def fitted(training: pd.DataFrame, held_out: pd.DataFrame) -> Fitted:
    """Fit and judge, against the baseline on the same months."""
    pipeline = model.fit(training)
    actual = held_out[model.TARGET]
    metrics = model.judge(actual, pipeline.predict(model.features(held_out)))
    plain = model.judge(actual, model.baseline(training, held_out))
    months = f"{training['month'].min()}-{training['month'].max()}"
    return Fitted(
        pipeline,
        {
            **model.PARAMETERS,
            "features": ",".join(model.FEATURES),
            "training_months": months,
            "held_out_months": f"{held_out['month'].min()}-{held_out['month'].max()}",
            "training_rows": len(training),
            "held_out_rows": len(held_out),
            "baseline": "mean delay of the carrier in the hour of the day",
        },
        {**metrics, **{f"baseline_{name}": value for name, value in plain.items()}},
        model.features(held_out.head(EXAMPLE_ROWS)),
    )


def settle(registry: Registry, version: ModelVersion, held_out: pd.DataFrame) -> None:
    """Make the version the champion unless the present one does better on the same rows; decided once per version."""
    if registry.judged(version):
        return
    present = registry.champion()
    promote = present is None or present.version == version.version
    if present is not None and not promote:
        rivals = [registry.load(rival).predict(model.features(held_out)) for rival in (version, present)]
        mine, theirs = (model.judge(held_out[model.TARGET], predicted)["rmse"] for predicted in rivals)
        promote = mine <= theirs
    registry.settle(version, promote=promote)


def main(argv: list[str], env: Mapping[str, str], stop: Stop) -> Result:
    """Run the program."""
    started = time.monotonic()
    arguments, store_settings, tracking = parse(argv, env)
    outage = Outage(f"the object store at {store_settings.endpoint}", arguments.outage_limit, stop)
    store = Store(store_settings, arguments.bucket, outage, stop)
    loaded = tables.read(store, Folder("flights", arguments.interval), COLUMNS)
    training, held_out = model.split(loaded.frame)
    if training.empty or held_out.empty:
        raise Failure(
            f"there are {len(training)} flights to fit on (months 1 to {model.LAST_TRAINING_MONTH}) and "
            f"{len(held_out)} to judge by (later months); both are needed: has the whole year been landed?"
        )
    registry = Registry(connect(tracking), arguments.experiment, arguments.model)
    try:
        with stop.interruptible():
            there = registry.find(arguments.interval, loaded.sha256)
            version = there or registry.register(arguments.interval, loaded.sha256, fitted(training, held_out))
            settle(registry, version, held_out)
            champion = registry.champion()
            metrics = registry.metrics(version)
    except MlflowException as error:
        raise Failure(refusal(error, tracking)) from error
    return {
        "interval": arguments.interval,
        "model": arguments.model,
        "version": int(version.version),
        "new": 0 if there else 1,
        "champion": int(champion.version) if champion else None,
        "run": version.run_id,
        "data": loaded.sha256,
        "rows": len(training),
        "heldOut": len(held_out),
        "metrics": {name: round(value, 4) for name, value in sorted(metrics.items())},
        "seconds": round(time.monotonic() - started, 3),
        "peakMemoryMiB": peak_memory_mib(),
    }


if __name__ == "__main__":
    sys.exit(run(PROGRAM, main))
