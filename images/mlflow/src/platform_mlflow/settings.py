"""What the chart says: names by variables, secrets by files, so that no password stands in a pod's description."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PERMISSIONS = ("READ", "EDIT", "MANAGE")

# Where MLflow looks for the settings of its basic auth; in memory, because the database's password is in there.
AUTH_CONFIG = "/run/mlflow/basic_auth.ini"


class SettingsError(Exception):
    """What the chart mounted or said can't be right; the message is for people."""


@dataclass(frozen=True)
class Login:
    """A user name and its password."""

    username: str
    password: str


@dataclass(frozen=True)
class User:
    """An application: who it is and what it may do with experiments and models of others."""

    login: Login
    permission: str


@dataclass(frozen=True)
class Settings:
    """Everything that both programs need to know."""

    database_uri: str
    auth_database_uri: str
    admin: Login
    users: tuple[User, ...]
    default_permission: str
    auth_config: Path
    timeout: int


def secret(directory: Path, name: str, key: str) -> str:
    """The value of one key of a mounted Secret."""
    path = directory / name / key
    try:
        value = path.read_text(encoding="utf-8").rstrip("\n")
    except OSError as error:
        raise SettingsError(f"{name}: its Secret has no key {key} that can be read ({error.strerror})") from error
    if not value or "\n" in value or "\r" in value:
        raise SettingsError(f"{name}: key {key} of its Secret must have one line that isn't empty")
    return value


def check_store(directory: Path, environ: Mapping[str, str]) -> None:
    """Refuse a pod that has neither the file with the object store's key nor a token by which the store knows it."""
    if (directory / "store").exists():
        if not (directory / "store" / "credentials").is_file():
            raise SettingsError("store: its Secret has no key credentials, AWS' file of credentials")
        return
    missing = [name for name in ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE") if not environ.get(name)]
    if missing:
        raise SettingsError(
            f"store: there is no Secret with a key, and of the token in its place there is no {' and no '.join(missing)}: "
            "the cluster's webhook, which sets them, doesn't know this ServiceAccount"
        )


def sqlalchemy_uri(uri: str) -> str:
    """The same URI with its driver named: without, SQLAlchemy 2.1 takes one that the image doesn't have."""
    for scheme in ("postgresql://", "postgres://"):
        if uri.startswith(scheme):
            return "postgresql+psycopg2://" + uri[len(scheme) :]
    return uri


def login(directory: Path, name: str) -> Login:
    """The two keys of a mounted Secret."""
    return Login(secret(directory, name, "username"), secret(directory, name, "password"))


def password_of(found: Login, name: str) -> Login:
    """MLflow takes no password of less than twelve characters, and says so without the name."""
    if len(found.password) < 12:
        raise SettingsError(
            f"{name}: key password of its Secret has {len(found.password)} characters; MLflow wants 12 or more"
        )
    return found


def read(environ: Mapping[str, str] = os.environ, *, with_users: bool = False) -> Settings:
    """All settings. The server doesn't get the users' Secrets, so it doesn't ask for them."""
    directory = Path(environ.get("PLATFORM_SECRETS_DIR", "/run/secrets/mlflow"))
    declared = json.loads(environ.get("PLATFORM_USERS", "[]")) if with_users else []
    users = []
    for user in declared:
        name, permission = user["name"], user["permission"]
        if permission not in PERMISSIONS:
            raise SettingsError(f"user {name}: {permission} is none of {', '.join(PERMISSIONS)}")
        users.append(User(password_of(login(directory / "users", name), f"user {name}"), permission))
    admin = password_of(login(directory, "admin"), "admin")
    if admin.username in {user.login.username for user in users}:
        raise SettingsError(f"user {admin.username}: the administrator has the same name")
    return Settings(
        database_uri=sqlalchemy_uri(secret(directory, "database", "uri")),
        auth_database_uri=sqlalchemy_uri(secret(directory, "auth-database", "uri")),
        admin=admin,
        users=tuple(users),
        default_permission=environ.get("PLATFORM_DEFAULT_PERMISSION", "NO_PERMISSIONS"),
        auth_config=Path(environ.get("PLATFORM_AUTH_CONFIG", AUTH_CONFIG)),
        timeout=int(environ.get("PLATFORM_TIMEOUT", "240")),
    )


def write_auth_config(settings: Settings) -> None:
    """Write the file of basic auth, the only way to name its database. A password may have any character."""
    # configparser reads % as the beginning of a variable.
    uri = settings.auth_database_uri.replace("%", "%%")
    lines = [
        "[mlflow]",
        f"default_permission = {settings.default_permission}",
        f"database_uri = {uri}",
        "authorization_function = mlflow.server.auth:authenticate_request_basic_auth",
        # A password's hash takes 32 MiB and a tenth of a second to compute, at each request. So one that was right is
        # right for half a minute; who changes passwords through the chart restarts the server.
        "auth_cache_ttl_seconds = 30",
    ]
    path = settings.auth_config
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def environment(settings: Settings) -> dict[str, str]:
    """What MLflow reads from its environment, of this process only. To be set before MLflow is imported."""
    return {
        "MLFLOW_AUTH_CONFIG_PATH": str(settings.auth_config),
        "MLFLOW_AUTH_ADMIN_USERNAME": settings.admin.username,
        "MLFLOW_AUTH_ADMIN_PASSWORD": settings.admin.password,
        # Jobs of its own need three more processes and as much memory again; the gateway calls services elsewhere.
        "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
        "MLFLOW_ENABLE_AI_GATEWAY": "false",
        "MLFLOW_DISABLE_TELEMETRY": "true",
    }
