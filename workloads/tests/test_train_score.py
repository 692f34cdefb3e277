"""Train and score against a real tracking store in files; the registry's server is stood in for, MLflow is not."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import mlflow
import numpy as np
import pandas as pd
import pytest
from gold_table import MemoryStore, gold_table, put_gold
from mlflow import MlflowClient
from mlflow.entities import RunStatus
from sklearn.ensemble import HistGradientBoostingRegressor

from flights import model, score, tables, train
from flights.errors import BadSettings, Failure
from flights.interval import Folder
from flights.registry import Registry
from flights.stop import Stop

INTERVAL = "2013-12-31"


class World:
    """Both programs with a bucket in memory and a tracking store in files."""

    def __init__(self, directory: Path, client: MlflowClient) -> None:
        self.client = client
        self.store = MemoryStore()
        self.env = {
            "S3_ENDPOINT": "https://minio.test:9000",
            "S3_REGION": "us-east-1",
            "S3_CREDENTIALS_DIR": self._secret(directory / "s3", "accessKey", "secretKey"),
            "MLFLOW_TRACKING_URI": "https://mlflow.test:5000",
            "MLFLOW_CREDENTIALS_DIR": self._secret(directory / "mlflow", "username", "password"),
            "FLIGHTS_INTERVAL": INTERVAL,
        }

    def _secret(self, directory: Path, *keys: str) -> str:
        directory.mkdir()
        for key in keys:
            (directory / key).write_text(f"the-{key}", encoding="utf-8")
        return str(directory)

    def train(self, *argv: str) -> dict[str, Any]:
        return dict(train.main(list(argv), self.env, Stop()))

    def score(self, *argv: str) -> dict[str, Any]:
        return dict(score.main(list(argv), self.env, Stop()))

    def runs(self) -> int:
        experiment = self.client.get_experiment_by_name("flights")
        return len(self.client.search_runs([experiment.experiment_id])) if experiment else 0


@pytest.fixture(scope="module")
def frame(dataset: Path) -> pd.DataFrame:
    return gold_table(dataset, every=40)


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    # The store in files is MLflow's own, kept by it for tests and single users.
    monkeypatch.setenv("MLFLOW_ALLOW_FILE_STORE", "true")
    mlflow.set_tracking_uri((tmp_path / "mlflow-store").as_uri())
    made = World(tmp_path, MlflowClient())
    for program in (train, score):
        monkeypatch.setattr(program, "connect", lambda _settings: made.client)
        monkeypatch.setattr(program, "Store", lambda *_: made.store)
    yield made
    mlflow.set_tracking_uri("")


def test_a_model_is_registered_with_all_that_belongs_to_it(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    found = world.train()
    assert (found["version"], found["new"], found["champion"]) == (1, 1, 1)
    arrived = frame.dropna(subset=["arr_delay"])
    assert found["rows"] == int((arrived["month"] <= 9).sum())
    assert found["heldOut"] == int((arrived["month"] > 9).sum())
    run = world.client.get_run(found["run"])
    assert run.info.status == "FINISHED"
    assert run.data.params["held_out_months"] == "10-12"
    assert run.data.params["training_months"] == "1-9"
    assert {"mae", "rmse", "r2", "late_auc", "baseline_rmse", "baseline_r2"} <= run.data.metrics.keys()
    info = mlflow.models.get_model_info("models:/flights-delay@champion")
    assert tuple(info.signature.inputs.input_names()) == model.FEATURES
    assert info.saved_input_example_info is not None
    assert world.client.get_model_version("flights-delay", "1").tags["interval"] == INTERVAL


def test_the_metrics_are_those_of_the_held_out_months(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    found = world.train()
    held_out = frame[(frame["month"] > 9) & frame["arr_delay"].notna()]
    loaded = mlflow.pyfunc.load_model("models:/flights-delay@champion")
    errors = loaded.predict(model.features(held_out)) - held_out["arr_delay"].to_numpy()
    assert found["metrics"]["mae"] == pytest.approx(np.abs(errors).mean(), abs=1e-3)
    assert found["metrics"]["rmse"] == pytest.approx(np.sqrt((errors**2).mean()), abs=1e-3)


def test_the_same_interval_and_data_make_no_second_version(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    first, second = world.train(), world.train()
    assert (second["version"], second["new"], second["run"]) == (1, 0, first["run"])
    assert second["metrics"] == first["metrics"]
    assert world.runs() == 1


def test_another_interval_or_other_data_make_a_version_of_their_own(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    put_gold(world.store, "2014-01-31", frame)
    assert world.train()["version"] == 1
    assert world.train("--interval", "2014-01-31")["version"] == 2
    put_gold(world.store, INTERVAL, frame.iloc[:-500])
    assert world.train()["version"] == 3


def test_a_worse_version_does_not_become_champion(
    world: World, frame: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_gold(world.store, INTERVAL, frame)
    put_gold(world.store, "2014-01-31", frame)
    world.train()
    # One that has learned nothing but noise.
    noise = frame.assign(arr_delay=np.random.default_rng(0).normal(0, 500, len(frame)))
    fit = model.fit
    with monkeypatch.context() as patch:
        patch.setattr(model, "fit", lambda _training: fit(noise))
        worse = world.train("--interval", "2014-01-31")
    assert (worse["version"], worse["champion"]) == (2, 1)
    # It is judged once, whatever becomes of the champion later.
    world.client.delete_registered_model_alias("flights-delay", "champion")
    assert world.train("--interval", "2014-01-31")["champion"] is None


def test_a_version_that_is_as_good_becomes_champion(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    put_gold(world.store, "2014-01-31", frame)
    world.train()
    assert world.train("--interval", "2014-01-31")["champion"] == 2


def test_a_run_that_was_killed_half_way_is_closed_and_done_again(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    data = hashlib.sha256(world.store.objects[Folder("flights", INTERVAL).data]).hexdigest()
    experiment = world.client.create_experiment("flights")
    abandoned = world.client.create_run(experiment, tags={"interval": INTERVAL, "data": data}).info.run_id
    assert world.train()["new"] == 1
    assert world.client.get_run(abandoned).info.status == RunStatus.to_string(RunStatus.KILLED)


def test_predictions_are_written_once_for_each_held_out_flight(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    world.train()
    found = world.score()
    held_out = frame[frame["month"] > 9]
    assert found["scores"] == {"rows": len(held_out), "arrived": int(held_out["arr_delay"].notna().sum())}
    folder = Folder("predictions", INTERVAL)
    written = tables.read(world.store, folder, ["carrier", "flight", "predicted_arr_delay", "arr_delay"])
    assert len(written.frame) == len(held_out)
    assert written.frame["predicted_arr_delay"].notna().all()
    assert written.frame["arr_delay"].sum() == held_out["arr_delay"].sum()
    assert json.loads(world.store.objects[folder.result])["sha256"] == found["sha256"] == written.sha256


def test_an_interval_keeps_to_its_version_and_its_bytes(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    put_gold(world.store, "2014-01-31", frame)
    world.train()
    first = world.score()
    before = dict(world.store.objects)
    assert world.train("--interval", "2014-01-31")["champion"] == 2
    assert world.score()["sha256"] == first["sha256"]
    assert world.store.objects == before
    assert world.score("--fresh")["version"] == 2


def test_what_is_missing_is_said(world: World, frame: pd.DataFrame) -> None:
    with pytest.raises(Failure, match="run the program gold for the interval"):
        world.train()
    put_gold(world.store, INTERVAL, frame)
    with pytest.raises(Failure, match='no version with the alias "champion"; run the program train'):
        world.score()
    put_gold(world.store, INTERVAL, frame[frame["month"] < 5])
    with pytest.raises(Failure, match="0 to judge by"):
        world.train()
    put_gold(world.store, INTERVAL, frame.drop(columns=["temp"]))
    with pytest.raises(Failure, match="lacks the columns temp"):
        world.train()
    del world.env["FLIGHTS_INTERVAL"], world.env["MLFLOW_TRACKING_URI"]
    with pytest.raises(BadSettings, match=r"2 problems[\s\S]*--interval[\s\S]*MLFLOW_TRACKING_URI is not set"):
        world.train()


def test_a_model_of_other_columns_is_refused(world: World, frame: pd.DataFrame) -> None:
    put_gold(world.store, INTERVAL, frame)
    world.train()
    other = frame[["hour"]].astype("float64")
    mlflow.set_experiment("flights")
    with mlflow.start_run():
        mlflow.sklearn.log_model(
            HistGradientBoostingRegressor(max_iter=1).fit(other, frame["hour"]),
            name="other",
            input_example=other.head(2),
            registered_model_name="flights-delay",
            skops_trusted_types=list(model.TRUSTED_TYPES),
            pip_requirements=[],
        )
    registry = Registry(world.client, "flights", "flights-delay")
    with pytest.raises(Failure, match="was fitted on other columns"):
        registry.load(registry.version("2"))
