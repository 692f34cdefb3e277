"""The headers by which servers replicate, from somebody who may write but not replicate: 403, or without a meaning."""

import base64
import json
from collections.abc import Iterator

import pytest
from s3_requests import Answer, Request, archive, chunked, form, scope, signature_of, stamp
from store import OWN, ObjectStore

pytestmark = pytest.mark.services

SEAL = {
    "x-minio-replication-server-side-encryption-sealed-key": base64.b64encode(b"k" * 64).decode(),
    "x-minio-replication-server-side-encryption-seal-algorithm": "DAREv2-HMAC-SHA256",
    "x-minio-replication-server-side-encryption-iv": base64.b64encode(b"i" * 32).decode(),
}
ONES = [
    SEAL,
    {"x-minio-replication-encrypted-multipart": ""},
    {"x-minio-replication-actual-object-size": "1"},
    {"x-minio-replication-ssec-crc": "AAAA"},
    {"x-minio-source-etag": "0" * 32},
    {"x-minio-source-mtime": "2001-01-01T00:00:00Z"},
    {"x-minio-source-replication-request": "true"},
    {"x-minio-source-proxy-request": "true"},
    {"x-minio-source-deletemarker": "true"},
    {"x-amz-replication-status": "REPLICA"},
    {**SEAL, "x-minio-source-replication-request": "true", "x-amz-replication-status": "REPLICA"},
]


@pytest.fixture(autouse=True)
def listed(store: ObjectStore) -> Iterator[None]:
    """The bucket can be listed and each object read, by the application too."""
    yield
    app = store.client(store.app)
    for found in app.list_objects_v2(Bucket=OWN).get("Contents", []):
        app.get_object(Bucket=OWN, Key=found["Key"])["Body"].read()


def denied(answer: Answer) -> None:
    assert (answer.status, answer.code) == (403, "AccessDenied"), answer


@pytest.mark.parametrize("names", ONES, ids=lambda names: ",".join(names)[:60])
@pytest.mark.parametrize("method", ["PUT", "POST", "GET", "DELETE"])
def test_a_header_is_refused(store: ObjectStore, names: dict[str, str], method: str) -> None:
    before = store.state()
    query = {"uploads": ""} if method == "POST" else {}
    for signed in (True, False):
        request = Request(method, f"/{OWN}/there", query, body=b"x" if method == "PUT" else b"")
        if signed:
            request.headers |= names
        store.wire.sign(request, store.app)
        request.headers |= names
        answer = store.wire.send(request)
        if answer.status != 403 or answer.code != "AccessDenied":
            pytest.fail(f"{answer}")
    if method == "PUT":
        # With the payload of SDKs, and presigned: in the query as well as in a header.
        request = Request("PUT", f"/{OWN}/there")
        request.body, headers = chunked(b"x")
        request.headers |= headers | names
        denied(store.wire.send(store.wire.sign(request, store.app)))
        denied(store.wire.send(store.wire.presign(Request("PUT", f"/{OWN}/there", dict(names), body=b"x"), store.app)))
        request = Request("PUT", f"/{OWN}/there", headers=dict(names), body=b"x")
        denied(store.wire.send(store.wire.presign(request, store.app)))
        request = Request("PUT", f"/{OWN}/again", headers={**names, "x-amz-copy-source": f"/{OWN}/there"})
        denied(store.wire.send(store.wire.sign(request, store.app)))
    assert store.state() == before


def test_a_part_with_such_a_header_is_refused(store: ObjectStore) -> None:
    app = store.client(store.app)
    upload = app.create_multipart_upload(Bucket=OWN, Key="parts")["UploadId"]
    for names in ONES:
        request = Request("PUT", f"/{OWN}/parts", {"partNumber": "1", "uploadId": upload}, dict(names), b"x")
        denied(store.wire.send(store.wire.sign(request, store.app)))
    store.s3.abort_multipart_upload(Bucket=OWN, Key="parts", UploadId=upload)


def test_in_an_archive_they_mean_nothing(store: ObjectStore) -> None:
    records = {f"minio.metadata.{name}": value for names in ONES for name, value in names.items() if value}
    request = Request("PUT", f"/{OWN}/a.tar", headers={"x-amz-meta-snowball-auto-extract": "true"})
    request.body = archive("unpacked", b"plain", records)
    assert store.wire.send(store.wire.sign(request, store.app)).status == 200
    found = store.client(store.app).get_object(Bucket=OWN, Key="unpacked")
    assert found["Body"].read() == b"plain"
    assert found["ETag"] != f'"{"0" * 32}"'
    assert "ReplicationStatus" not in found


def test_in_a_form_they_mean_nothing(store: ObjectStore) -> None:
    now = stamp()
    policy = {"expiration": "2099-01-01T00:00:00Z", "conditions": [["starts-with", "$key", ""], {"bucket": OWN}]}
    for names in ONES:
        policy["conditions"] += [["starts-with", f"${name}", ""] for name in names]  # type: ignore[operator]
    text = base64.b64encode(json.dumps(policy).encode()).decode()
    fields = {name: value for names in ONES for name, value in names.items()} | {
        "key": "posted",
        "policy": text,
        "x-amz-algorithm": "AWS4-HMAC-SHA256",
        "x-amz-credential": f"{store.app.access}/{scope(now)}",
        "x-amz-date": now,
        "x-amz-signature": signature_of(store.app.secret, now, text),
    }
    body, headers = form(fields, b"plain")
    answer = store.wire.send(Request("POST", f"/{OWN}", headers=headers, body=body))
    if answer.status == 204:
        found = store.client(store.app).get_object(Bucket=OWN, Key="posted")
        assert found["Body"].read() == b"plain"
        assert found["ETag"] != f'"{"0" * 32}"'
    else:
        denied(answer)


def test_whoever_may_replicate_is_heard(store: ObjectStore) -> None:
    """The administrator may do all: an ETag of another server's is kept."""
    etag = "0123456789abcdef0123456789abcdef"
    names = {"x-minio-source-etag": etag, "x-minio-source-replication-request": "true"}
    request = Request(
        "PUT", f"/{OWN}/replica", headers=names | {"x-minio-source-mtime": "2001-01-01T00:00:00Z"}, body=b"x"
    )
    assert store.wire.send(store.wire.sign(request, store.root)).status == 200
    found = store.s3.head_object(Bucket=OWN, Key="replica")
    assert (found["ETag"], found["LastModified"].year) == (f'"{etag}"', 2001)
    forged = Request("PUT", f"/{OWN}/replica", headers=dict(names), body=b"y")
    denied_or_unsigned = store.wire.send(store.wire.sign(forged, store.root, signature="0" * 64))
    assert denied_or_unsigned.code == "SignatureDoesNotMatch"
