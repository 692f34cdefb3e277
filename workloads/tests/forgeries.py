"""What an attacker asks for, and the places where credentials can be that nobody checked."""

import base64
import time
from collections.abc import Callable

from s3_requests import FORGED, Request, stamp
from store import SECRET, ObjectStore


def put(_: ObjectStore) -> Request:
    return Request("PUT", f"/{SECRET}/kept")


def part(store: ObjectStore) -> Request:
    return Request("PUT", f"/{SECRET}/parts", {"partNumber": "1", "uploadId": store.upload})


def extract(_: ObjectStore) -> Request:
    return Request("PUT", f"/{SECRET}/archive.tar", headers={"x-amz-meta-snowball-auto-extract": "true"})


def copy(_: ObjectStore) -> Request:
    return Request("PUT", f"/{SECRET}/copied", headers={"x-amz-copy-source": f"/{SECRET}/kept"})


def copy_part(store: ObjectStore) -> Request:
    request = part(store)
    request.headers["x-amz-copy-source"] = f"/{SECRET}/kept"
    return request


def tags(_: ObjectStore) -> Request:
    body = b"<Tagging><TagSet><Tag><Key>k</Key><Value>v</Value></Tag></TagSet></Tagging>"
    return Request("PUT", f"/{SECRET}/kept", {"tagging": ""}, body=body)


def open_bucket(_: ObjectStore) -> Request:
    return Request("PUT", f"/{SECRET}", {"policy": ""})


def make_bucket(_: ObjectStore) -> Request:
    body = b"<CreateBucketConfiguration><LocationConstraint>us-east-1</LocationConstraint></CreateBucketConfiguration>"
    return Request("PUT", "/made-by-an-attacker", body=body)


def delete(_: ObjectStore) -> Request:
    return Request("DELETE", f"/{SECRET}/kept")


def begin(_: ObjectStore) -> Request:
    return Request("POST", f"/{SECRET}/parts", {"uploads": ""})


def complete(store: ObjectStore) -> Request:
    return Request("POST", f"/{SECRET}/parts", {"uploadId": store.upload})


def read(_: ObjectStore) -> Request:
    return Request("GET", f"/{SECRET}/kept")


Make = Callable[[ObjectStore], Request]
WRITES: list[Make] = [put, part, extract, copy, copy_part, tags, open_bucket, make_bucket]
OTHERS: list[Make] = [delete, begin, complete, read]


def in_header(store: ObjectStore, request: Request) -> None:
    store.wire.sign(request, store.root, signature=FORGED)


def in_query(store: ObjectStore, request: Request) -> None:
    store.wire.presign(request, store.root, signature=FORGED)


def in_query_with_an_empty_header(store: ObjectStore, request: Request) -> None:
    in_query(store, request)
    request.headers["authorization"] = ""


def in_query_with_another_header(store: ObjectStore, request: Request) -> None:
    in_query(store, request)
    request.headers["authorization"] = "Basic bm9ib2R5Om5vdGhpbmc="


def in_header_without_algorithm(store: ObjectStore, request: Request) -> None:
    in_header(store, request)
    request.headers["authorization"] = request.headers["authorization"].split(" ", 1)[1]


def in_version_2(store: ObjectStore, request: Request) -> None:
    request.headers |= {"authorization": f"AWS {store.root.access}:{FORGED}", "x-amz-date": stamp()}


def in_version_2_query(store: ObjectStore, request: Request) -> None:
    request.query |= {
        "AWSAccessKeyId": store.root.access,
        "Signature": base64.b64encode(b"0" * 20).decode(),
        "Expires": str(int(time.time()) + 600),
    }


def in_a_token(_: ObjectStore, request: Request) -> None:
    request.headers["authorization"] = "Bearer eyJhbGciOiJub25lIn0.e30."


def nowhere(_store: ObjectStore, _request: Request) -> None:
    """Give no credentials at all."""


Place = Callable[[ObjectStore, Request], None]
PLACES: list[Place] = [
    in_header,
    in_query,
    in_query_with_an_empty_header,
    in_query_with_another_header,
    in_header_without_algorithm,
    in_version_2,
    in_version_2_query,
    in_a_token,
    nowhere,
]
