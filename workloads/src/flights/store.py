"""The object store: four requests, repeated while the store doesn't answer, and its refusals in words."""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import urlsplit

import botocore.session
from botocore.config import Config
from botocore.exceptions import ClientError, ConnectionError, HTTPClientError, IncompleteReadError, SSLError  # noqa: A004
from botocore.parsers import ResponseParserError

from flights.errors import Failure
from flights.outage import Outage
from flights.settings import StoreSettings
from flights.stop import Stop
from flights.trust import advice, distrust

Answer = TypeVar("Answer")

CONNECT_SECONDS = 5
READ_SECONDS = 30
HTTPS_PORT = 443
NO_ANSWER = (ConnectionError, HTTPClientError, IncompleteReadError, OSError)
BAD_KEY = {"InvalidAccessKeyId", "SignatureDoesNotMatch"}

log = logging.getLogger("flights")


@dataclass(frozen=True)
class Entry:
    """An object in a listing."""

    key: str
    # Size in bytes.
    size: int


class Store:
    """One bucket of an S3 store."""

    def __init__(self, settings: StoreSettings, bucket: str, outage: Outage, stop: Stop) -> None:
        """Make the client; nothing is asked yet. Credentials come from the settings or the pod's token alone."""
        self.bucket = bucket
        self._settings = settings
        self._outage = outage
        self._stop = stop
        self._client: Any = botocore.session.Session().create_client(
            "s3",
            region_name=settings.region,
            endpoint_url=settings.endpoint,
            # Without: what the pod's token is good for.
            aws_access_key_id=settings.access_key or None,
            aws_secret_access_key=settings.secret_key or None,
            verify=settings.ca_file or True,
            config=Config(
                signature_version="s3v4",
                s3={"addressing_style": "path" if settings.path_style else "virtual"},
                connect_timeout=CONNECT_SECONDS,
                read_timeout=READ_SECONDS,
                # Trying again is the outage's business: it knows the limit and tells what it does.
                retries={"total_max_attempts": 1},
                request_checksum_calculation="when_required",
                response_checksum_validation="when_required",
                # A proxy of the machine is for addresses outside; the store is named by its own.
                proxies={},
            ),
        )

    def put_if_absent(self, key: str, body: bytes, metadata: Mapping[str, str]) -> bool:
        """Write an object unless there is one of that name; returns whether it was written by this call."""

        def put() -> bool:
            try:
                self._client.put_object(
                    Bucket=self.bucket, Key=key, Body=body, Metadata=dict(metadata), IfNoneMatch="*"
                )
            except ClientError as error:
                if _status(error) == HTTPStatus.PRECONDITION_FAILED:
                    return False
                raise
            return True

        return self._ask(f"write {key}", put)

    def put(self, key: str, body: bytes) -> None:
        """Write an object; one of that name is replaced, at once and as a whole."""
        self._ask(f"write {key}", lambda: self._client.put_object(Bucket=self.bucket, Key=key, Body=body))

    def find(self, key: str) -> bytes | None:
        """Read a whole object, None if there is none of that name."""

        def get() -> bytes | None:
            try:
                body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    return None
                raise
            return body

        return self._ask(f"read {key}", get)

    def metadata(self, key: str) -> dict[str, str]:
        """Give the metadata of an object that is known to be there."""

        def head() -> dict[str, str]:
            return dict(self._client.head_object(Bucket=self.bucket, Key=key)["Metadata"])

        return self._ask(f"look at {key}", head)

    def read(self, key: str) -> bytes:
        """Read a whole object."""

        def get() -> bytes:
            body: bytes = self._client.get_object(Bucket=self.bucket, Key=key)["Body"].read()
            return body

        return self._ask(f"read {key}", get)

    def list(self, prefix: str) -> Iterator[Entry]:
        """Give the objects whose key starts with the prefix, in the order of their keys."""
        after = ""
        while True:
            page = self._page(prefix, after)
            for found in page.get("Contents", []):
                after = found["Key"]
                yield Entry(after, found["Size"])
            if not page.get("IsTruncated"):
                return

    def _page(self, prefix: str, after: str) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            answer: dict[str, Any] = self._client.list_objects_v2(Bucket=self.bucket, Prefix=prefix, StartAfter=after)
            return answer

        return self._ask(f"list {prefix}", ask)

    def _ask(self, what: str, request: Callable[[], Answer]) -> Answer:
        """Make a request until it is answered, up to the limit; a refusal is final at once."""
        while True:
            try:
                with self._stop.interruptible():
                    answer = request()
            except ClientError as error:
                if not _passing(error):
                    raise Failure(self._refusal(what, error)) from error
                self._outage.failed(_trouble(error, what))
            except ResponseParserError:
                self._outage.failed("its answer is not that of an S3 store")
            except SSLError as error:
                self._distrusted(" ".join(str(error).split()))
            except NO_ANSWER as error:
                self._outage.failed(" ".join(str(error).split()))
            else:
                self._outage.recovered()
                return answer

    def _distrusted(self, said: str) -> None:
        address = urlsplit(self._settings.endpoint)
        if reason := distrust(address.hostname or "", address.port or HTTPS_PORT, self._settings.ca_file):
            self._outage.refused(f"its certificate isn't accepted: {reason}", advice(reason, "S3_CA_FILE"))
        else:
            self._outage.failed(said)

    def _refusal(self, what: str, error: ClientError) -> str:
        code = _code(error)
        where = f"{self._outage.service}, request to {what} in bucket {self.bucket}"
        if error.operation_name == "AssumeRoleWithWebIdentity":
            return f"{where}: no role is given for the pod's token ({code}); check whom the role of AWS_ROLE_ARN trusts"
        if code == "NoSuchBucket":
            return f'{where}: there is no bucket "{self.bucket}"; create it first'
        if code in BAD_KEY:
            return f"{where}: the access key or its secret is not accepted; check the files in S3_CREDENTIALS_DIR"
        if _status(error) == HTTPStatus.FORBIDDEN:
            return f"{where}: not allowed for this access key ({code}); check the user's policy"
        message = error.response.get("Error", {}).get("Message", "")
        return f"{where}: {code}: {message}".rstrip(": ")


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "an answer without a code"))


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _trouble(error: ClientError, what: str) -> str:
    code = _code(error)
    message = str(error.response.get("Error", {}).get("Message", ""))
    if _status(error) == HTTPStatus.INSUFFICIENT_STORAGE or "no space left" in message:
        return f"it is full ({code}) and can't {what}; free some space or make its volume larger"
    return f"{code} on the request to {what}"


def _passing(error: ClientError) -> bool:
    """Tell trouble of the store that may pass from a refusal. 409: two conditional writes at the same moment."""
    status = _status(error)
    busy = {HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.CONFLICT, HTTPStatus.TOO_MANY_REQUESTS}
    return status in busy or (status >= HTTPStatus.INTERNAL_SERVER_ERROR and status != HTTPStatus.NOT_IMPLEMENTED)
