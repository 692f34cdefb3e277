"""Settings from the environment, from mounted Secrets and from arguments; every mistake is reported, all at once."""

import re
import ssl
from argparse import ArgumentDefaultsHelpFormatter, ArgumentParser
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

from flights.errors import BadSettings

PROTOCOLS = ("SASL_SSL", "SSL")
MECHANISMS = ("SCRAM-SHA-512", "SCRAM-SHA-256")
# What clouds set in a pod that they know by its account.
WEB_IDENTITY = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")
TOPIC = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}")
BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
PREFIX = re.compile(r"[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*")
ADDRESS = re.compile(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:]+\]):([0-9]{1,5})")
LAST_PORT = 65535


@dataclass(frozen=True)
class KafkaSettings:
    """How to reach Kafka and as whom."""

    bootstrap: str
    protocol: str
    mechanism: str = ""
    username: str = ""
    password: str = field(default="", repr=False)
    ca_file: str = ""


@dataclass(frozen=True)
class StoreSettings:
    """How to reach the object store and as whom."""

    endpoint: str
    region: str
    # Both empty: the store knows the pod by its token.
    access_key: str
    secret_key: str = field(repr=False)
    ca_file: str = ""
    # Whether the bucket is in the path of an address, and not before the endpoint's name.
    path_style: bool = True


@dataclass(frozen=True)
class TrackingSettings:
    """How to reach the tracking server and as whom."""

    uri: str
    username: str
    password: str = field(repr=False)
    ca_file: str = ""


class Parser(ArgumentParser):
    """Arguments with every default shown; a mistake raises BadSettings instead of ending the process here."""

    def __init__(self, program: str, description: str) -> None:
        """Name the program as it is started: `python -m flights.<program>`."""
        super().__init__(
            prog=f"python -m flights.{program}",
            description=description,
            allow_abbrev=False,
            formatter_class=ArgumentDefaultsHelpFormatter,
        )

    def error(self, message: str) -> NoReturn:
        """Report a mistake in the arguments themselves."""
        raise BadSettings([f"{message}; `{self.prog} --help` lists the arguments"])


class Reader:
    """Reads settings and gathers what is wrong with them; `finish()` raises BadSettings if anything is."""

    def __init__(self, env: Mapping[str, str]) -> None:
        """Take the environment to read from."""
        self._env = env
        self.problems: list[str] = []

    def finish(self) -> None:
        """Raise BadSettings with all problems, if there are any."""
        if self.problems:
            raise BadSettings(self.problems)

    def _get(self, name: str, allowed: str) -> str:
        value = self._env.get(name, "").strip()
        if not value:
            self.problems.append(f"{name} is not set; allowed: {allowed}")
        return value

    def choice(self, name: str, allowed: tuple[str, ...], default: str = "") -> str:
        """Read a variable that takes one of a few values."""
        value = self._env.get(name, "").strip() or default or self._get(name, ", ".join(allowed))
        if value and value not in allowed:
            self.problems.append(f'{name} is "{value}"; allowed: {", ".join(allowed)}')
        return value

    def authority(self, name: str) -> str:
        """Read a variable that, if set, names a file with the certificates of who may sign a server's."""
        value = self._env.get(name, "").strip()
        if value:
            allowed = "allowed: a file with PEM certificates (the authority's), or unset: those of the machine"
            try:
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(value)
            except ssl.SSLError:
                self.problems.append(f'{name} is "{value}", which has no certificate; {allowed}')
            except OSError as error:
                self.problems.append(f'{name} is "{value}", which can\'t be read ({error.strerror}); {allowed}')
        return value

    def secret(self, name: str, keys: tuple[str, ...], instead: str = "") -> list[str]:
        """Read the files of a mounted Secret whose directory the variable names, one value a key."""
        wanted = f"a directory with the files {' and '.join(keys)} (a mounted Secret)"
        wanted += f", or in its place {instead}" if instead else ""
        directory = self._get(name, wanted)
        if not directory:
            return [""] * len(keys)
        if not Path(directory).is_dir():
            self.problems.append(f'{name} is "{directory}", which is no directory; allowed: {wanted}')
            return [""] * len(keys)
        return [self._secret_value(name, Path(directory, key)) for key in keys]

    def _secret_value(self, name: str, file: Path) -> str:
        try:
            # Only line ends are cut off: an editor adds them, a password may well end in a blank.
            value = file.read_text(encoding="utf-8").strip("\r\n")
        except UnicodeDecodeError:
            self.problems.append(f"{name}: {file} is not text; allowed: one line of UTF-8")
        except OSError as error:
            self.problems.append(f"{name}: {file} can't be read ({error.strerror}); allowed: a file with one value")
        else:
            if not value:
                self.problems.append(f"{name}: {file} is empty; allowed: one line with the value")
            return value
        return ""

    def kafka(self) -> KafkaSettings:
        """Read the KAFKA_* variables."""
        bootstrap = self._get("KAFKA_BOOTSTRAP", "host:port, several separated by commas")
        for address in filter(None, bootstrap.split(",")):
            match = ADDRESS.fullmatch(address.strip())
            if not match or not 0 < int(match[2]) <= LAST_PORT:
                self.problems.append(
                    f'KAFKA_BOOTSTRAP has "{address}"; allowed: host:port with a port from 1 to {LAST_PORT}'
                )
        protocol = self.choice("KAFKA_SECURITY_PROTOCOL", PROTOCOLS)
        ca_file = self.authority("KAFKA_CA_FILE")
        if not protocol.startswith("SASL_"):
            return KafkaSettings(bootstrap, protocol, ca_file=ca_file)
        mechanism = self.choice("KAFKA_SASL_MECHANISM", MECHANISMS)
        username, password = self.secret("KAFKA_CREDENTIALS_DIR", ("username", "password"))
        return KafkaSettings(bootstrap, protocol, mechanism, username, password, ca_file)

    def store(self) -> StoreSettings:
        """Read the S3_* variables."""
        wanted = "https://host:port, without a path"
        endpoint = self._get("S3_ENDPOINT", wanted)
        if endpoint and not _is_endpoint(endpoint):
            self.problems.append(f'S3_ENDPOINT is "{endpoint}"; allowed: {wanted}')
        region = self._get("S3_REGION", "the region of the store, for example us-east-1")
        # By these two the pod's cluster gives it an identity; it isn't looked for anywhere else.
        if not self._env.get("S3_CREDENTIALS_DIR") and all(self._env.get(name) for name in WEB_IDENTITY):
            access_key, secret_key = "", ""
        else:
            access_key, secret_key = self.secret(
                "S3_CREDENTIALS_DIR", ("accessKey", "secretKey"), instead=f"{' and '.join(WEB_IDENTITY)}"
            )
        ca_file = self.authority("S3_CA_FILE")
        path_style = self.choice("S3_PATH_STYLE", ("true", "false"), "true") == "true"
        return StoreSettings(endpoint.rstrip("/"), region, access_key, secret_key, ca_file, path_style)

    def tracking(self) -> TrackingSettings:
        """Read the MLFLOW_* variables."""
        wanted = "https://host:port, without a path"
        uri = self._get("MLFLOW_TRACKING_URI", wanted)
        if uri and not _is_endpoint(uri):
            self.problems.append(f'MLFLOW_TRACKING_URI is "{uri}"; allowed: {wanted}')
        username, password = self.secret("MLFLOW_CREDENTIALS_DIR", ("username", "password"))
        ca_file = self.authority("MLFLOW_TRACKING_SERVER_CERT_PATH")
        return TrackingSettings(uri.rstrip("/"), username, password, ca_file)

    def number(self, name: str, text: str, low: float, high: float) -> float:
        """Read an argument that is a number between two bounds, both allowed."""
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not low <= value <= high:
            self.problems.append(f'{name} is "{text}"; allowed: a number from {low:g} to {high:g}')
        return value

    def whole(self, name: str, text: str, low: int, high: int) -> int:
        """Read an argument that is a whole number between two bounds, both allowed."""
        if re.fullmatch(r"[0-9]{1,12}", text) and low <= int(text) <= high:
            return int(text)
        self.problems.append(f'{name} is "{text}"; allowed: a whole number from {low} to {high}')
        return low

    def topic(self, name: str, text: str) -> str:
        """Read an argument that names a topic."""
        if not TOPIC.fullmatch(text):
            self.problems.append(f'{name} is "{text}"; allowed: 1 to 249 of the characters A-Z a-z 0-9 . _ -')
        return text

    def bucket(self, name: str, text: str) -> str:
        """Read an argument that names a bucket."""
        if not BUCKET.fullmatch(text):
            self.problems.append(f'{name} is "{text}"; allowed: 3 to 63 of the characters a-z 0-9 . -')
        return text

    def prefix(self, name: str, text: str) -> str:
        """Read an argument that names a folder inside a bucket."""
        if not PREFIX.fullmatch(text):
            self.problems.append(f'{name} is "{text}"; allowed: names of A-Z a-z 0-9 _ - with / between them')
        return text


def _is_endpoint(text: str) -> bool:
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:
        return False
    plain = not parts.query and not parts.fragment and not parts.username and parts.path in {"", "/"}
    return parts.scheme == "https" and bool(parts.hostname) and port != 0 and plain
