"""Tries what each application may do in an external object store, and says all that is wrong at once.

S3_ENDPOINT, S3_REGION, S3_PATH_STYLE (true or false), S3_CA_FILE (a public authority without)
STORE_APPLICATIONS   JSON, a list of {name, writes, reads, others}, each of the last three {bucket: its name in the store}
STORE_CREDENTIALS    a directory an application: accessKey, secretKey; who has none is tried by the identity of this pod
STORE_ACCOUNT        this pod's account, as <namespace>/<name>
STORE_TIMEOUT        seconds to go on while nobody answers at all
"""

import json
import os
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError, SSLError

ENDPOINT = os.environ["S3_ENDPOINT"]
REGION = os.environ["S3_REGION"]
CREDENTIALS = Path(os.environ.get("STORE_CREDENTIALS", "/var/run/data-platform/store"))
ACCOUNT = os.environ.get("STORE_ACCOUNT", "")
END = time.monotonic() + float(os.environ["STORE_TIMEOUT"])
WEB_IDENTITY = ("AWS_ROLE_ARN", "AWS_WEB_IDENTITY_TOKEN_FILE")

BAD_KEY = {"InvalidAccessKeyId", "SignatureDoesNotMatch", "Unauthorized", "InvalidToken", "ExpiredToken"}
OTHER_REGION = {"PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException", "301"}
FORBIDDEN, SERVER_ERROR, NOT_IMPLEMENTED = 403, 500, 501
# A condition of a write that didn't hold, and two conditional writes at the same moment.
CONDITION = {"PreconditionFailed", "412", "ConditionalRequestConflict"}


class Refused(Exception):
    """What an application can't do, and what to do about it."""

    def __init__(self, what: str, said: str, advice: str, *, everywhere: bool = False) -> None:
        super().__init__(f"{what}: {said}: {advice}")
        # In every other bucket it would be the same.
        self.everywhere = everywhere


def client(application: str) -> Any:
    """S3 in the name of one application: by its key, or by what this pod is."""
    directory = CREDENTIALS / application
    key: dict[str, str] = {}
    if directory.is_dir():
        key = {
            "aws_access_key_id": (directory / "accessKey").read_text(encoding="utf-8"),
            "aws_secret_access_key": (directory / "secretKey").read_text(encoding="utf-8"),
        }
    elif missing := [name for name in WEB_IDENTITY if not os.environ.get(name)]:
        raise Refused(
            f"account {ACCOUNT}",
            f"the pod was given no {' and no '.join(missing)}",
            "no webhook of the cluster knows the account's annotations; install the cloud's (on EKS it is there), and see "
            f"objectStore.external.serviceAccountAnnotations.{application}",
            everywhere=True,
        )
    return botocore.session.Session().create_client(
        "s3",
        region_name=REGION,
        endpoint_url=ENDPOINT,
        verify=os.environ.get("S3_CA_FILE") or True,
        config=Config(
            signature_version="s3v4",
            s3={"addressing_style": "path" if os.environ["S3_PATH_STYLE"] == "true" else "virtual"},
            connect_timeout=5,
            read_timeout=20,
            retries={"total_max_attempts": 1},
            request_checksum_calculation="when_required",
            response_checksum_validation="when_required",
            proxies={},
        ),
        **key,
    )


def code_of(error: ClientError) -> str:
    """S3's own word for it, or the status of an answer without one."""
    return str(error.response.get("Error", {}).get("Code") or status_of(error))


def status_of(error: ClientError) -> int:
    """The status of HTTP."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def said_by(error: Exception) -> str:
    """All that the store said, in one line."""
    if isinstance(error, ClientError):
        code, message = code_of(error), error.response.get("Error", {}).get("Message", "")
        return f"{error.operation_name}: {code}" + (f" ({' '.join(str(message).split())})" if message else "")
    return " ".join(str(error).split())


# What an operation needs, in AWS' words, and of the bucket or of the objects in it.
NEEDS = {
    "ListObjectsV2": ("s3:ListBucket", ""),
    "PutObject": ("s3:PutObject", "/*"),
    "GetObject": ("s3:GetObject", "/*"),
    "DeleteObject": ("s3:DeleteObject", "/*"),
}


def bad_key(error: Exception) -> bool:
    """Whether the store doesn't know who asks. Cloudflare has no word of its own for it."""
    if not isinstance(error, ClientError):
        return False
    message = str(error.response.get("Error", {}).get("Message", "")).lower()
    return code_of(error) in BAD_KEY or (code_of(error) == "InvalidArgument" and "access key" in message)


def advice(error: Exception, application: str, bucket: str, there: str) -> str:
    """What to do about it."""
    if isinstance(error, SSLError):
        return "its certificate isn't one to trust: see objectStore.external.endpoint and .ca"
    if not isinstance(error, ClientError):
        return "see objectStore.external.endpoint and .cidrs, and whether it can be reached from this cluster"
    code = code_of(error)
    if error.operation_name == "AssumeRoleWithWebIdentity":
        return (
            f"the role {os.environ.get('AWS_ROLE_ARN')} must trust the cluster's issuer of tokens and "
            f"system:serviceaccount:{ACCOUNT.replace('/', ':')}"
        )
    if bad_key(error):
        if not (CREDENTIALS / application).is_dir():
            return "it doesn't take what the token service gives: see objectStore.external.sts"
        config = "pulumi config set --secret --path 'credentials[\"objectStore.%s\"]'"
        return f"set the key with `{config % (application + '.accessKey')}` and its secret with `{config % application}`"
    if code == "NoSuchBucket":
        return f"make the bucket {there}, or name another one in objectStore.external.bucketNames.{bucket}"
    if code in OTHER_REGION:
        headers = error.response.get("ResponseMetadata", {}).get("HTTPHeaders", {})
        region = error.response.get("Error", {}).get("Region") or headers.get("x-amz-bucket-region")
        return f"the bucket is in {f'the region {region}' if region else 'another region'}: see objectStore.region"
    if code == "RequestTimeTooSkewed":
        return "the clocks of this node and of the store differ; set them"
    if status_of(error) == FORBIDDEN:
        right, objects = NEEDS.get(error.operation_name, (error.operation_name, "/*"))
        return f"allow it {right} on arn:aws:s3:::{there}{objects}"
    return "see what the store logs, and objectStore.external"


def passing(error: Exception) -> bool:
    """Whether it may pass: a store that starts, or a name that isn't known yet. A refusal stays one."""
    if isinstance(error, ClientError):
        return code_of(error) == "SlowDown" or (status_of(error) >= SERVER_ERROR and status_of(error) != NOT_IMPLEMENTED)
    return isinstance(error, (ConnectionError, HTTPClientError)) and not isinstance(error, SSLError)


def ask(application: str, bucket: str, there: str, request: Callable[[], Any]) -> Any:
    """An answer. @raise Refused"""
    while True:
        try:
            return request()
        except (ClientError, BotoCoreError, OSError) as error:
            if not passing(error) or time.monotonic() >= END:
                raise Refused(
                    f"bucket {bucket}" + ("" if there == bucket else f" ({there})"),
                    said_by(error),
                    advice(error, application, bucket, there),
                    everywhere=not isinstance(error, ClientError)
                    or bad_key(error)
                    or error.operation_name == "AssumeRoleWithWebIdentity",
                ) from error
            time.sleep(2)


def missing(s3: Any, there: str, key: str) -> None:
    """Look for an object that isn't there, which only who may read is told."""
    try:
        s3.get_object(Bucket=there, Key=key)
    except ClientError as error:
        if code_of(error) not in {"NoSuchKey", "404"}:
            raise


def refused(request: Callable[[], Any]) -> bool:
    """Whether something is refused that should be; what isn't answered was at least not allowed."""
    try:
        request()
    except (ClientError, BotoCoreError):
        return True
    return False


def overwritten(s3: Any, there: str, key: str) -> bool:
    """Whether an object is written although it may only be where there is none."""
    try:
        s3.put_object(Bucket=there, Key=key, Body=b"2", IfNoneMatch="*")
    except ClientError as error:
        if code_of(error) in CONDITION:
            return False
        raise
    return True


def try_bucket(s3: Any, name: str, bucket: str, there: str, *, writes: bool) -> str | None:
    """All that an application does in one bucket; gives what it may do besides. @raise Refused"""
    folder = f".data-platform-check/{name}/"
    key = folder + uuid.uuid4().hex

    def on(request: Callable[[], Any]) -> Any:
        return ask(name, bucket, there, request)

    on(lambda: s3.list_objects_v2(Bucket=there, Prefix=folder, MaxKeys=1))
    if not writes:
        on(lambda: missing(s3, there, key))
        if refused(lambda: s3.put_object(Bucket=there, Key=key, Body=b"")):
            return None
        refused(lambda: s3.delete_object(Bucket=there, Key=key))
        return f"bucket {bucket}: it may write there, and needs to read only"
    on(lambda: s3.put_object(Bucket=there, Key=key, Body=b"1", IfNoneMatch="*"))
    try:
        again = on(lambda: overwritten(s3, there, key))
        on(lambda: s3.get_object(Bucket=there, Key=key)["Body"].read())
    except Refused:
        refused(lambda: s3.delete_object(Bucket=there, Key=key))
        raise
    on(lambda: s3.delete_object(Bucket=there, Key=key))
    if again:
        raise Refused(
            f"bucket {bucket}",
            "PutObject with If-None-Match: * replaces an object that is there",
            "the store must know conditional writes, by which each row is written once; take a newer version of it",
            everywhere=True,
        )
    return None


def try_application(application: dict[str, Any]) -> tuple[list[str], list[str]]:
    """What an application can't do that it must, and what it can that it needn't."""
    name, wrong, odd = application["name"], [], []
    try:
        s3 = client(name)
    except Refused as error:
        return [str(error)], []
    for bucket, there in {**application["writes"], **application["reads"]}.items():
        try:
            if warning := try_bucket(s3, name, bucket, there, writes=bucket in application["writes"]):
                odd.append(warning)
        except Refused as error:
            wrong.append(str(error))
            if error.everywhere:
                return wrong, odd
    for bucket, there in application["others"].items():
        if not refused(lambda there=there: s3.list_objects_v2(Bucket=there, MaxKeys=1)):
            odd.append(f"bucket {bucket}: it may look into it, and has no business there")
    return wrong, odd


def main() -> int:
    """Try every application. The last line is the first thing that is wrong."""
    failures: list[str] = []
    for application in json.loads(os.environ["STORE_APPLICATIONS"]):
        name = application["name"]
        wrong, odd = try_application(application)
        for each in odd:
            print(f"check: warning: application {name}, {each}", flush=True)
        for each in wrong:
            print(f"check: error: application {name}, {each}", flush=True)
        if not wrong:
            print(f"check: application {name} at {ENDPOINT}: works", flush=True)
        failures += [f"application {name}, {each}" for each in wrong]
    if not failures:
        return 0
    others = f"; {len(failures) - 1} more above" if len(failures) > 1 else ""
    print(f"check: nothing was installed that needs the store{others}")
    print(f"check: error: {failures[0]}")
    return 1


sys.exit(main())
