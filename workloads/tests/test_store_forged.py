"""Requests that nobody signed, or that were changed after they were signed: the image's server refuses them.

Each test leaves the store as it was; without the patches of images/minio they are red.
"""

import base64
import hmac
import json
import time
import urllib.parse
from collections.abc import Iterator

import pytest
from forgeries import OTHERS, PLACES, WRITES, Make, Place, extract, in_header, in_query, part, put
from s3_requests import (
    FORGED,
    SIGNED_CHUNKS,
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    Answer,
    Key,
    Request,
    archive,
    chunked,
    form,
    quote,
    scope,
    signature_of,
    stamp,
)
from store import OWN, SECRET, ObjectStore

pytestmark = pytest.mark.services

# What S3 answers to a request whose credentials aren't good, 403, or that can't be read as a signed one, 400.
REFUSALS = {
    403: {"AccessDenied", "SignatureDoesNotMatch", "InvalidAccessKeyId", ""},
    400: {
        "AccessDenied",
        "AuthorizationHeaderMalformed",
        "AuthorizationQueryParametersError",
        "InvalidRequest",
        "InvalidArgument",
        "MissingFields",
        "XAmzContentSHA256Mismatch",
    },
    # Where there is no handler for it at all.
    405: {"MethodNotAllowed"},
}
DATA = b"an attacker's"


@pytest.fixture
def untouched(store: ObjectStore) -> Iterator[None]:
    """Whatever a request was answered: nothing is there that wasn't, and everything can still be listed."""
    before = store.state()
    yield
    assert store.state() == before


def refused(answer: Answer, *statuses: int) -> None:
    assert answer.status in (statuses or REFUSALS), answer
    assert answer.code in REFUSALS[answer.status], answer


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("make", [*WRITES, *OTHERS])
def test_a_forged_request_is_refused(store: ObjectStore, make: Make, place: Place) -> None:
    data = archive("planted", DATA) if make is extract else make(store).body or DATA
    for payload in (UNSIGNED_TRAILER, SIGNED_CHUNKS, SIGNED_TRAILER, "UNSIGNED-PAYLOAD", "hash"):
        request = make(store)
        request.body = data
        if payload == UNSIGNED_TRAILER:
            request.body, headers = chunked(data)
            request.headers |= headers
        elif payload != "hash":
            request.headers |= {"x-amz-content-sha256": payload, "x-amz-decoded-content-length": str(len(data))}
        place(store, request)
        refused(store.wire.send(request))


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("make", [put, part, extract])
@pytest.mark.parametrize("place", [in_header, in_query])
def test_the_requests_of_the_advisories_are_403(store: ObjectStore, make: Make, place: Place) -> None:
    """CVE-2026-40344, CVE-2026-41145: the name of the administrator's key is all that is known."""
    request = make(store)
    request.body, headers = chunked(archive("planted", DATA))
    request.headers |= headers
    place(store, request)
    answer = store.wire.send(request)
    assert (answer.status, answer.code) == (403, "SignatureDoesNotMatch")


@pytest.mark.usefixtures("untouched")
def test_an_unknown_key_is_403(store: ObjectStore) -> None:
    request = put(store)
    request.body, headers = chunked(DATA)
    request.headers |= headers
    answer = store.wire.send(store.wire.sign(request, Key("nobody", "nothing"), signature=FORGED))
    assert (answer.status, answer.code) == (403, "InvalidAccessKeyId")


def posted(store: ObjectStore, **fields: str) -> Answer:
    body, headers = form({"key": "posted", **fields}, DATA)
    return store.wire.send(Request("POST", f"/{SECRET}", headers=headers, body=body))


@pytest.mark.usefixtures("untouched")
def test_a_forged_form_is_refused(store: ObjectStore) -> None:
    now = stamp()
    policy = {"expiration": "2099-01-01T00:00:00Z", "conditions": [["starts-with", "$key", ""]]}
    text = base64.b64encode(json.dumps(policy).encode()).decode()
    four = {"x-amz-algorithm": "AWS4-HMAC-SHA256", "x-amz-credential": f"{store.root.access}/{scope(now)}"}
    four |= {"x-amz-date": now, "policy": text}
    refused(posted(store, **four, **{"x-amz-signature": FORGED}), 403)
    # The application signs, for the administrator, or for a bucket that isn't its own.
    refused(posted(store, **four, **{"x-amz-signature": signature_of(store.app.secret, now, text)}), 403)
    own = four | {"x-amz-credential": f"{store.app.access}/{scope(now)}"}
    refused(posted(store, **own, **{"x-amz-signature": signature_of(store.app.secret, now, text)}), 403)
    two = base64.b64encode(hmac.new(store.app.secret.encode(), text.encode(), "sha1").digest()).decode()
    refused(posted(store, AWSAccessKeyId=store.root.access, signature=two, policy=text), 400, 403)
    refused(posted(store, policy=text), 400, 403)
    refused(posted(store), 400, 403)


@pytest.mark.usefixtures("untouched")
def test_an_application_is_nobody_else_by_naming_two_keys(store: ObjectStore) -> None:
    """Signature version 2: the first key's rights, the last key's signature."""
    expires = str(int(time.time()) + 600)
    text = f"PUT\n\n\n{expires}\n/{SECRET}/kept"
    good = base64.b64encode(hmac.new(store.app.secret.encode(), text.encode(), "sha1").digest()).decode()
    raw = "&".join(f"AWSAccessKeyId={quote(key)}" for key in (store.root.access, store.app.access))
    raw += f"&Expires={expires}&Signature={urllib.parse.quote(good, safe='')}"
    refused(store.wire.send(Request("PUT", f"/{SECRET}/kept", raw_query=raw, body=DATA)), 400, 403)
    # In version 4: a good signature in the header, the administrator in the query.
    request = store.wire.sign(Request("PUT", f"/{SECRET}/kept", body=DATA), store.app)
    request.query = {"X-Amz-Credential": f"{store.root.access}/{scope(stamp())}"}
    refused(store.wire.send(request), 400, 403)


@pytest.mark.usefixtures("untouched")
def test_a_presigned_upload_is_no_copy(store: ObjectStore) -> None:
    """A header that was added to a signed request, in the query and in the header."""
    link = store.wire.presign(Request("PUT", f"/{OWN}/there"), store.root)
    link.headers["x-amz-copy-source"] = f"/{SECRET}/kept"
    refused(store.wire.send(link), 403)
    request = store.wire.sign(Request("PUT", f"/{OWN}/there", body=b""), store.root)
    request.headers["x-amz-copy-source"] = f"/{SECRET}/kept"
    refused(store.wire.send(request), 403)
    request = store.wire.sign(Request("PUT", f"/{OWN}/there", body=b""), store.root)
    request.headers["x-amz-tagging"] = "added=1"
    refused(store.wire.send(request), 403)
