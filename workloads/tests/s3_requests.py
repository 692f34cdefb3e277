"""Requests to an S3 server as bytes on the wire, signed by hand: a client that forges has no library that helps."""

import base64
import datetime as dt
import hashlib
import hmac
import io
import ssl
import tarfile
import urllib.parse
import xml.etree.ElementTree as ET
import zlib
from dataclasses import dataclass, field
from http.client import HTTPSConnection

ALGORITHM = "AWS4-HMAC-SHA256"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
SIGNED_CHUNKS = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
FORGED = "0" * 64
REGION = "us-east-1"


@dataclass
class Request:
    """One request; `sign` and `presign` add the credentials."""

    method: str
    path: str
    query: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    #: What goes before the query, as it is.
    raw_query: str = ""

    def target(self) -> str:
        query = [part for part in (self.raw_query, canonical_query(self.query)) if part]
        return urllib.parse.quote(self.path) + ("?" + "&".join(query) if query else "")


@dataclass(frozen=True)
class Answer:
    status: int
    body: bytes

    @property
    def code(self) -> str:
        """S3's own word for what is wrong."""
        if not self.body.lstrip().startswith(b"<"):
            return ""
        return ET.fromstring(self.body).findtext("Code") or ""  # noqa: S314 - of a server of the test's own


@dataclass(frozen=True)
class Key:
    access: str
    secret: str


class Wire:
    """A server's address, and what verifies it."""

    def __init__(self, endpoint: str, ca_file: str) -> None:
        self.host = endpoint.removeprefix("https://")
        self._trust = ssl.create_default_context(cafile=ca_file)

    def send(self, request: Request) -> Answer:
        connection = HTTPSConnection(self.host, timeout=60, context=self._trust)
        try:
            connection.request(request.method, request.target(), request.body or None, request.headers)
            answer = connection.getresponse()
            return Answer(answer.status, answer.read())
        finally:
            connection.close()

    def sign(self, request: Request, key: Key, *, signature: str = "", unsigned: tuple[str, ...] = ()) -> Request:
        """Put credentials into the header: a good signature, or the one that is given."""
        now = stamp()
        request.headers.setdefault("x-amz-content-sha256", hashlib.sha256(request.body).hexdigest())
        request.headers["x-amz-date"] = now
        names = self._names(request, unsigned)
        made = signature or self._signature(request, key, names, now, request.headers["x-amz-content-sha256"])
        credential = f"Credential={key.access}/{scope(now)}"
        request.headers["authorization"] = (
            f"{ALGORITHM} {credential}, SignedHeaders={';'.join(names)}, Signature={made}"
        )
        return request

    def presign(self, request: Request, key: Key, *, signature: str = "", payload: str = "UNSIGNED-PAYLOAD") -> Request:
        """Put credentials into the query; headers that are there by then are signed."""
        now = stamp()
        names = self._names(request, ())
        request.query |= {
            "X-Amz-Algorithm": ALGORITHM,
            "X-Amz-Credential": f"{key.access}/{scope(now)}",
            "X-Amz-Date": now,
            "X-Amz-Expires": "600",
            "X-Amz-SignedHeaders": ";".join(names),
        }
        request.query["X-Amz-Signature"] = signature or self._signature(request, key, names, now, payload)
        return request

    def _names(self, request: Request, unsigned: tuple[str, ...]) -> list[str]:
        return sorted({"host", *(name.lower() for name in request.headers if name.lower() not in unsigned)})

    def _signature(self, request: Request, key: Key, names: list[str], now: str, payload: str) -> str:
        values = {name.lower(): value for name, value in request.headers.items()} | {"host": self.host}
        canonical = "\n".join(
            [
                request.method,
                urllib.parse.quote(request.path),
                canonical_query(request.query),
                *(f"{name}:{' '.join(values[name].split())}" for name in names),
                "",
                ";".join(names),
                payload,
            ]
        )
        text = "\n".join([ALGORITHM, now, scope(now), hashlib.sha256(canonical.encode()).hexdigest()])
        return signature_of(key.secret, now, text)


def signature_of(secret: str, now: str, text: str) -> str:
    derived = f"AWS4{secret}".encode()
    for part in scope(now).split("/"):
        derived = hmac.new(derived, part.encode(), "sha256").digest()
    return hmac.new(derived, text.encode(), "sha256").hexdigest()


def canonical_query(query: dict[str, str]) -> str:
    return "&".join(f"{quote(name)}={quote(value)}" for name, value in sorted(query.items()))


def quote(text: str) -> str:
    return urllib.parse.quote(text, safe="-_.~")


def stamp() -> str:
    return dt.datetime.now(dt.UTC).strftime("%Y%m%dT%H%M%SZ")


def scope(now: str) -> str:
    return f"{now[:8]}/{REGION}/s3/aws4_request"


def chunked(data: bytes) -> tuple[bytes, dict[str, str]]:
    """A payload in unsigned chunks with its checksum behind, as SDKs send it over TLS, and the headers that say so."""
    checksum = base64.b64encode(zlib.crc32(data).to_bytes(4, "big"))
    body = b"%x\r\n%s\r\n0\r\nx-amz-checksum-crc32:%s\r\n\r\n" % (len(data), data, checksum)
    return body, {
        "x-amz-content-sha256": UNSIGNED_TRAILER,
        "x-amz-decoded-content-length": str(len(data)),
        "x-amz-trailer": "x-amz-checksum-crc32",
        "content-encoding": "aws-chunked",
    }


def archive(name: str, data: bytes, records: dict[str, str] | None = None) -> bytes:
    """A tar of one file."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w", format=tarfile.PAX_FORMAT, pax_headers={}) as tar:
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.pax_headers = len(data), 1_700_000_000, records or {}
        tar.addfile(info, io.BytesIO(data))
    return made.getvalue()


def form(fields: dict[str, str], data: bytes) -> tuple[bytes, dict[str, str]]:
    """A form as browsers post it, the file last."""
    edge = "edge-of-a-test"
    parts = [
        f'--{edge}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    head = f'--{edge}\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'.encode()
    body = b"".join([*parts, head, data, f"\r\n--{edge}--\r\n".encode()])
    return body, {"content-type": f"multipart/form-data; boundary={edge}"}
