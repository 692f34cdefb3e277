"""Artifacts in S3 that go through the server, always.

MLflow's own repository for S3 lets clients have signed URLs, and its client then goes past the server: to a store that it
may not reach, by an authority that it doesn't know, minutes of retries before it gives up. No setting of the server
forbids it; a repository that can't sign does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mlflow.store.artifact.artifact_repo import ArtifactRepository
from mlflow.store.artifact.artifact_repository_registry import _artifact_repository_registry
from mlflow.store.artifact.s3_artifact_repo import S3ArtifactRepository

if TYPE_CHECKING:
    from mlflow.entities import FileInfo


class ThroughServer(ArtifactRepository):
    """What MLflow's repository for S3 does, without what it is besides: a signer of URLs."""

    def __init__(self, artifact_uri: str, tracking_uri: str | None = None, registry_uri: str | None = None) -> None:
        super().__init__(artifact_uri, tracking_uri, registry_uri)
        self.s3 = S3ArtifactRepository(artifact_uri, tracking_uri=tracking_uri, registry_uri=registry_uri)

    def log_artifact(self, local_file: str, artifact_path: str | None = None) -> None:
        self.s3.log_artifact(local_file, artifact_path)

    def log_artifacts(self, local_dir: str, artifact_path: str | None = None) -> None:
        self.s3.log_artifacts(local_dir, artifact_path)

    def list_artifacts(self, path: str | None = None) -> list[FileInfo]:
        return self.s3.list_artifacts(path)

    def _download_file(self, remote_file_path: str, local_path: str) -> None:
        self.s3._download_file(remote_file_path, local_path)

    def delete_artifacts(self, artifact_path: str | None = None) -> None:
        self.s3.delete_artifacts(artifact_path)

    def upload_archived_trace_data_bytes(self, data: bytes) -> None:
        self.s3.upload_archived_trace_data_bytes(data)


def register() -> None:
    """Take this one for every `s3://` from here on."""
    _artifact_repository_registry.register("s3", ThroughServer)
