"""The MLflow server with its basic auth, in one process; `mlflow server` would be another one that only waits."""

from __future__ import annotations

import logging
import os
import sys
from pathlib import Path

from platform_mlflow import settings as platform
from platform_mlflow.certificate import Certificate

# Seconds between two looks at the certificate's files. The kubelet brings a changed Secret within a minute or so.
LOOK = 10


class WithoutProbes(logging.Filter):
    """Leaves the probes out of the access log."""

    def filter(self, record: logging.LogRecord) -> bool:
        # uvicorn's arguments: client, method, path, version, status.
        return not (isinstance(record.args, tuple) and len(record.args) > 2 and record.args[2] == "/health")


def configure(found: platform.Settings, secrets: Path) -> None:
    """Everything that MLflow reads from its environment, before it is imported."""
    os.environ.update(platform.environment(found))
    # The store's keys aren't among it: AWS' client reads their file itself, or the pod's token.
    platform.check_store(secrets, os.environ)
    os.environ["MLFLOW_FLASK_SERVER_SECRET_KEY"] = platform.secret(secrets, "keys", "flaskSecretKey")
    platform.write_auth_config(found)


def application(found: platform.Settings, destination: str):  # noqa: ANN201 - an ASGI application has no type of its own
    """The application, with its databases open; as `mlflow server --app-name basic-auth --serve-artifacts` makes it."""
    from mlflow.environment_variables import _MLFLOW_SGI_NAME
    from mlflow.server import constants

    os.environ.update(
        {
            _MLFLOW_SGI_NAME.name: "uvicorn",
            constants.BACKEND_STORE_URI_ENV_VAR: found.database_uri,
            constants.REGISTRY_STORE_URI_ENV_VAR: found.database_uri,
            constants.SERVE_ARTIFACTS_ENV_VAR: "true",
            constants.ARTIFACTS_DESTINATION_ENV_VAR: destination,
            constants.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
        }
    )
    from mlflow.server.auth import create_app
    from mlflow.server.handlers import initialize_backend_stores

    from platform_mlflow import artifacts

    artifacts.register()
    initialize_backend_stores(found.database_uri, found.database_uri, "mlflow-artifacts:/")
    return create_app()


def main() -> None:
    secrets = Path(os.environ.get("PLATFORM_SECRETS_DIR", "/run/secrets/mlflow"))
    try:
        found = platform.read()
        configure(found, secrets)
    except platform.SettingsError as error:
        sys.exit(f"serve: error: {error}")

    import uvicorn

    certificate = Certificate(Path(os.environ.get("PLATFORM_TLS_DIR", "/etc/data-platform/tls")))
    chain, key = certificate.files

    async def look() -> None:
        # In the loop that takes connections, so that none begins with half a change.
        certificate.refresh(config.ssl)

    app = application(found, os.environ["PLATFORM_ARTIFACTS_DESTINATION"])
    import mlflow.server

    config = uvicorn.Config(
        app,
        host="0.0.0.0",
        port=int(os.environ.get("PLATFORM_PORT", "5000")),
        log_config=str(Path(mlflow.server.__file__).with_name("uvicorn_log_config.yaml")),
        ssl_certfile=chain,
        ssl_keyfile=key,
        callback_notify=look,
        timeout_notify=LOOK,
        timeout_graceful_shutdown=20,
        server_header=False,
    )
    logging.getLogger("uvicorn.access").addFilter(WithoutProbes())
    uvicorn.Server(config).run()


if __name__ == "__main__":
    main()
