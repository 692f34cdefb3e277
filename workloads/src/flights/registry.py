"""The tracking server: runs, versions of the registered model, and which of them is the champion.

Only here MLflow is known. Its client takes its settings from the environment; `connect` puts them there.
"""

import importlib.metadata
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import mlflow
import pandas as pd
import skops.io
from mlflow import MlflowClient
from mlflow.entities import RunStatus
from mlflow.entities.model_registry import ModelVersion
from mlflow.exceptions import MlflowException
from mlflow.models import infer_signature
from mlflow.protos.databricks_pb2 import INVALID_PARAMETER_VALUE, RESOURCE_DOES_NOT_EXIST, ErrorCode
from sklearn.pipeline import Pipeline

from flights.errors import Failure
from flights.model import FEATURES, TRUSTED_TYPES
from flights.settings import TrackingSettings

CHAMPION = "champion"
# What a version is found by again: the interval and the hash of the data that it was fitted on.
INTERVAL_TAG, DATA_TAG = "interval", "data"
# Whether a version has been held against the champion; it is once, so that a run for an old interval changes nothing.
JUDGED_TAG = "judged"
# What a model needs to be loaded, with the versions that it was fitted with.
REQUIREMENTS = ("numpy", "pandas", "scikit-learn", "skops")


@dataclass(frozen=True)
class Fitted:
    """A model and all that is to be recorded of it."""

    pipeline: Pipeline
    parameters: Mapping[str, Any]
    metrics: Mapping[str, float]
    # A few rows of what it sees, for those who want to try it.
    example: pd.DataFrame


def connect(settings: TrackingSettings) -> MlflowClient:
    """Make the client; nothing is asked yet."""
    os.environ["MLFLOW_TRACKING_USERNAME"] = settings.username
    os.environ["MLFLOW_TRACKING_PASSWORD"] = settings.password
    if settings.ca_file:
        os.environ["MLFLOW_TRACKING_SERVER_CERT_PATH"] = settings.ca_file
    # Through the server: past it the client would go to the object store, which it has no way to and no certificate of.
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD"] = "false"
    os.environ["MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD"] = "false"
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    mlflow.set_tracking_uri(settings.uri)
    return MlflowClient()


class Registry:
    """The versions of one registered model."""

    def __init__(self, client: MlflowClient, experiment: str, model: str) -> None:
        """Name the experiment that runs go to and the model that versions are registered of."""
        self._client = client
        self._experiment = experiment
        self.model = model

    def find(self, interval: str, data: str) -> ModelVersion | None:
        """Find the version that was fitted on this data for this interval; the first, should there be several."""
        wanted = {INTERVAL_TAG: interval, DATA_TAG: data}
        versions = self._client.search_model_versions(f"name='{self.model}'", max_results=10_000)
        found = [version for version in versions if wanted.items() <= version.tags.items()]
        return min(found, key=lambda version: int(version.version), default=None)

    def register(self, interval: str, data: str, fitted: Fitted) -> ModelVersion:
        """Record a run with its model, and register that as a new version."""
        tags = {INTERVAL_TAG: interval, DATA_TAG: data}
        mlflow.set_experiment(self._experiment)
        self._close_abandoned(tags)
        with mlflow.start_run(run_name=interval, tags=tags):
            mlflow.log_params(dict(fitted.parameters))
            mlflow.log_metrics(dict(fitted.metrics))
            logged = mlflow.sklearn.log_model(
                fitted.pipeline,
                name="model",
                serialization_format="skops",
                skops_trusted_types=list(TRUSTED_TYPES),
                signature=infer_signature(fitted.example, fitted.pipeline.predict(fitted.example)),
                input_example=fitted.example,
                pip_requirements=[f"{name}=={importlib.metadata.version(name)}" for name in REQUIREMENTS],
            )
        return mlflow.register_model(logged.model_uri, self.model, tags=tags)

    def _close_abandoned(self, tags: Mapping[str, str]) -> None:
        """End the runs that a killed program has left as if they still ran."""
        experiment = self._client.get_experiment_by_name(self._experiment)
        wanted = [f"tags.{name} = '{value}'" for name, value in tags.items()]
        query = " and ".join([*wanted, "attributes.status = 'RUNNING'"])
        for run in self._client.search_runs([experiment.experiment_id] if experiment else [], query):
            self._client.set_terminated(run.info.run_id, RunStatus.to_string(RunStatus.KILLED))

    def metrics(self, version: ModelVersion) -> dict[str, float]:
        """Give the metrics of the run that a version comes from."""
        return dict(self._client.get_run(str(version.run_id)).data.metrics)

    def champion(self) -> ModelVersion | None:
        """Find the version that is used at present, None if there is none."""
        try:
            return self._client.get_model_version_by_alias(self.model, CHAMPION)
        except MlflowException as error:
            # No such model is the one, no such alias the other.
            if error.error_code in _names(RESOURCE_DOES_NOT_EXIST, INVALID_PARAMETER_VALUE):
                return None
            raise

    def version(self, number: str) -> ModelVersion:
        """Find a version by its number."""
        return self._client.get_model_version(self.model, number)

    def judged(self, version: ModelVersion) -> bool:
        """Tell whether a version has been held against the champion already."""
        return JUDGED_TAG in version.tags

    def settle(self, version: ModelVersion, *, promote: bool) -> None:
        """Note how a version compares with the champion, and make it that if it is to be."""
        if promote:
            self._client.set_registered_model_alias(self.model, CHAMPION, version.version)
        self._client.set_model_version_tag(
            self.model, version.version, JUDGED_TAG, "champion" if promote else "worse than the champion"
        )

    def load(self, version: ModelVersion) -> Pipeline:
        """Load a version's model; nothing but the types of our own models is made of what is in the file."""
        uri = f"models:/{self.model}/{version.version}"
        with TemporaryDirectory() as directory:
            folder = mlflow.artifacts.download_artifacts(uri, dst_path=directory)
            seen = mlflow.models.get_model_info(folder).signature
            if seen is None or tuple(seen.inputs.input_names()) != FEATURES:
                raise Failure(
                    f"{uri} was fitted on other columns than {', '.join(FEATURES)}; it is of another version of train"
                )
            try:
                loaded = skops.io.load(Path(folder, "model.skops"), trusted=list(TRUSTED_TYPES))
            except (OSError, TypeError, ValueError, skops.io.exceptions.UntrustedTypesFoundException) as error:
                raise Failure(f"{uri} can't be loaded: {error}") from error
        if not isinstance(loaded, Pipeline):
            raise Failure(f"{uri} is no pipeline of scikit-learn but {type(loaded).__name__}")
        return loaded


def _names(*codes: int) -> set[str]:
    return {str(ErrorCode.Name(code)) for code in codes}


def refusal(error: MlflowException, settings: TrackingSettings) -> str:
    """Say in words what the tracking server has refused, or that it doesn't answer."""
    where = f"the tracking server at {settings.uri}"
    text = " ".join(str(error).split())
    status: int = error.get_http_status_code()  # type: ignore[no-untyped-call]
    if status in {401, 403} or error.error_code in {"UNAUTHENTICATED", "PERMISSION_DENIED"}:
        return (
            f'{where} does not let the user "{settings.username}" do that: {text}; check its password and permissions'
        )
    return f"{where}: {text[:600]}"
