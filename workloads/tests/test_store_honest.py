"""Honest clients of the image's own server, over TLS and with the checksums that they send by themselves."""

import io
import os
import shutil
import subprocess
import urllib.parse
from pathlib import Path

import botocore.session
import pyarrow as pa
import pyarrow.fs
import pyarrow.parquet as pq
import pytest
from lake import spark_home
from s3_requests import REGION, UNSIGNED_TRAILER, Answer, Request, archive, chunked
from store import OWN, SECRET, ObjectStore

pytestmark = pytest.mark.services

MIB = 1 << 20
DATA = os.urandom(3 * MIB)


def test_botocore_sends_a_trailing_checksum_and_is_served(store: ObjectStore) -> None:
    """The request of the advisories, signed: it must not be what is refused."""
    s3 = store.client(store.app)
    sent: list[str] = []
    s3.meta.events.register("before-send.s3.PutObject", lambda request, **_: sent.append(_payload(request)))
    for algorithm in ("CRC32", "SHA1", "SHA256"):
        s3.put_object(Bucket=OWN, Key=algorithm, Body=io.BytesIO(DATA), ChecksumAlgorithm=algorithm)
        assert s3.get_object(Bucket=OWN, Key=algorithm)["Body"].read() == DATA
    assert UNSIGNED_TRAILER in sent


def _payload(request: object) -> str:
    value = getattr(request, "headers", {}).get("X-Amz-Content-SHA256", "")
    return value.decode() if isinstance(value, bytes) else str(value)


def test_botocore_uploads_in_parts_copies_tags_and_deletes(store: ObjectStore) -> None:
    s3 = store.client(store.app)
    upload = s3.create_multipart_upload(Bucket=OWN, Key="large", ChecksumAlgorithm="CRC32")["UploadId"]
    parts = []
    for number, body in enumerate((b"a" * 5 * MIB, b"b" * MIB), start=1):
        where = {"Bucket": OWN, "Key": "large", "UploadId": upload, "PartNumber": number}
        made = s3.upload_part(**where, Body=io.BytesIO(body), ChecksumAlgorithm="CRC32")
        parts.append({"PartNumber": number, "ETag": made["ETag"], "ChecksumCRC32": made["ChecksumCRC32"]})
    s3.complete_multipart_upload(Bucket=OWN, Key="large", UploadId=upload, MultipartUpload={"Parts": parts})
    s3.copy_object(Bucket=OWN, Key="copied", CopySource={"Bucket": OWN, "Key": "large"})
    assert s3.head_object(Bucket=OWN, Key="copied")["ContentLength"] == 6 * MIB
    tags = [{"Key": "k", "Value": "v"}]
    s3.put_object_tagging(Bucket=OWN, Key="copied", Tagging={"TagSet": tags})
    assert store.s3.get_object_tagging(Bucket=OWN, Key="copied")["TagSet"] == tags
    store.s3.delete_object_tagging(Bucket=OWN, Key="copied")
    s3.put_object(Bucket=OWN, Key="tagged", Body=b"x", Tagging="k=v", Metadata={"name": "value"})
    gone = s3.delete_objects(Bucket=OWN, Delete={"Objects": [{"Key": "large"}, {"Key": "copied"}, {"Key": "tagged"}]})
    assert len(gone["Deleted"]) == 3


def followed(store: ObjectStore, link: str, method: str, body: bytes = b"") -> Answer:
    parts = urllib.parse.urlsplit(link)
    return store.wire.send(Request(method, parts.path, raw_query=parts.query, body=body))


@pytest.mark.parametrize("version", ["s3v4", "s3"])
def test_links_that_were_signed_are_served(store: ObjectStore, version: str) -> None:
    """Version 2 is what botocore signs links with in us-east-1 by itself."""
    s3 = store.client(store.app, version)
    link = s3.generate_presigned_url("put_object", Params={"Bucket": OWN, "Key": version})
    assert followed(store, link, "PUT", b"by link").status == 200
    link = s3.generate_presigned_url("get_object", Params={"Bucket": OWN, "Key": version})
    assert followed(store, link, "GET").body == b"by link"
    # A payload with a trailer is no reason to refuse a link, if the link was signed for it.
    chunks = Request("PUT", f"/{OWN}/chunks")
    chunks.body, chunks.headers = chunked(b"in chunks")
    assert store.wire.send(store.wire.presign(chunks, store.app, payload=UNSIGNED_TRAILER)).status == 200
    assert s3.get_object(Bucket=OWN, Key="chunks")["Body"].read() == b"in chunks"


def test_an_archive_is_extracted_for_whoever_signed_it(store: ObjectStore) -> None:
    s3 = store.client(store.app)
    body = io.BytesIO(archive("inside", b"of an archive"))
    s3.put_object(Bucket=OWN, Key="a.tar", Body=body, Metadata={"snowball-auto-extract": "true"})
    assert s3.get_object(Bucket=OWN, Key="inside")["Body"].read() == b"of an archive"


def test_an_open_bucket_stays_open(store: ObjectStore) -> None:
    """What a bucket's own policy allows to everybody needs no signature, in chunks or not."""
    store.s3.create_bucket(Bucket="public")
    store.mc("anonymous", "set", "public", "s/public")
    request = Request("PUT", "/public/plain", body=b"x")
    assert store.wire.send(request).status == 200
    request = Request("PUT", "/public/chunks")
    request.body, request.headers = chunked(b"x")
    assert store.wire.send(request).status == 200
    assert store.wire.send(Request("GET", "/public/chunks")).body == b"x"


def test_pyarrow_writes_and_reads(store: ObjectStore) -> None:
    files = pyarrow.fs.S3FileSystem(
        access_key=store.app.access,
        secret_key=store.app.secret,
        region=REGION,
        endpoint_override=store.wire.host,
        scheme="https",
        tls_ca_file_path=store.minio.ca_file,
    )
    table = pa.table({"n": list(range(2_000_000))})
    pq.write_table(table, f"{OWN}/table.parquet", filesystem=files, compression="none")
    assert pq.read_table(f"{OWN}/table.parquet", filesystem=files).num_rows == 2_000_000
    with pytest.raises(OSError, match=r"ACCESS_DENIED|AccessDenied|403"):
        pq.write_table(table.slice(0, 1), f"{SECRET}/table.parquet", filesystem=files)


@pytest.fixture
def shared_credentials(store: ObjectStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The application's keys in the file of its Secret (components/aws-credentials.ts), and nowhere else."""
    file = tmp_path / "credentials"
    file.write_text(f"[default]\naws_access_key_id = {store.app.access}\naws_secret_access_key = {store.app.secret}\n")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(file))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    return file


def test_clients_of_python_find_their_keys_in_the_file(store: ObjectStore, shared_credentials: Path) -> None:
    where = {"endpoint_url": store.minio.endpoint, "region_name": REGION, "verify": store.minio.ca_file}
    s3 = botocore.session.Session().create_client("s3", **where)
    s3.put_object(Bucket=OWN, Key="by-file", Body=b"by botocore")
    files = pyarrow.fs.S3FileSystem(
        region=REGION, endpoint_override=store.wire.host, scheme="https", tls_ca_file_path=store.minio.ca_file
    )
    with files.open_input_stream(f"{OWN}/by-file") as stream:
        assert stream.read() == b"by botocore"
    shared_credentials.write_text(shared_credentials.read_text().replace(store.app.secret, "guessed-by-a-test"))
    again = botocore.session.Session().create_client("s3", **where)
    with pytest.raises(again.exceptions.ClientError, match="SignatureDoesNotMatch"):
        again.list_objects_v2(Bucket=OWN)


def test_mc_copies_mirrors_and_shares(store: ObjectStore, tmp_path: Path) -> None:
    (tmp_path / "tree" / "deep").mkdir(parents=True)
    (tmp_path / "tree" / "deep" / "small").write_bytes(b"x")
    (tmp_path / "tree" / "large").write_bytes(os.urandom(20 * MIB))
    store.mc("mirror", str(tmp_path / "tree"), f"s/{OWN}/mirrored")
    store.mc("cp", "--attr", "k=v", "--tags", "a=b", str(tmp_path / "tree" / "large"), f"s/{OWN}/large")
    store.mc("mirror", f"s/{OWN}/mirrored", str(tmp_path / "back"))
    assert (tmp_path / "back" / "large").read_bytes() == (tmp_path / "tree" / "large").read_bytes()
    assert store.mc("cat", f"s/{OWN}/mirrored/deep/small") == "x"
    # A form, as `mc share upload` gives it out.
    share = store.mc("share", "upload", f"s/{OWN}/shared").splitlines()
    command = next(line.split("curl ", 1)[1] for line in share if "curl " in line)
    field = command.replace("<FILE>", str(tmp_path / "tree" / "deep" / "small")).split()
    curl = shutil.which("curl")
    assert curl, "this test needs curl"
    done = subprocess.run([curl, "-sf", "--cacert", store.minio.ca_file, *field], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    assert store.mc("cat", f"s/{OWN}/shared") == "x"


def test_s3a_writes_and_reads(store: ObjectStore, shared_credentials: Path, tmp_path: Path) -> None:
    """Hadoop's client out of the image of Spark: as Spark writes its tables, with keys out of a file."""
    jars = f"{spark_home()}/jars/*"
    java = shutil.which("java", path=f"{os.environ['JAVA_HOME']}/bin" if os.environ.get("JAVA_HOME") else None)
    assert java, "`make test` provides a JVM"
    settings = {
        "fs.s3a.endpoint": store.minio.endpoint,
        "fs.s3a.endpoint.region": REGION,
        "fs.s3a.path.style.access": "true",
        # As components/spark/conf.ts says it.
        "fs.s3a.aws.credentials.provider": "software.amazon.awssdk.auth.credentials.ProfileCredentialsProvider",
        "fs.s3a.multipart.size": "5M",
        "fs.s3a.multipart.threshold": "5M",
    }
    properties = "".join(f"<property><name>{k}</name><value>{v}</value></property>" for k, v in settings.items())
    (tmp_path / "core-site.xml").write_text(f"<configuration>{properties}</configuration>")
    trust = tmp_path / "trust.p12"
    keytool = Path(java).resolve().with_name("keytool")
    importing = ["-importcert", "-noprompt", "-file", store.minio.ca_file, "-keystore", str(trust)]
    subprocess.run([keytool, *importing, "-storepass", "changeit"], check=True, capture_output=True)
    (tmp_path / "large").write_bytes(os.urandom(12 * MIB))

    def fs(*args: str) -> str:
        trusted = [f"-Djavax.net.ssl.trustStore={trust}", "-Djavax.net.ssl.trustStorePassword=changeit"]
        command = [java, "-Xmx512m", *trusted, "-cp", f"{tmp_path}:{jars}", "org.apache.hadoop.fs.FsShell", *args]
        env = {"PATH": os.environ["PATH"], "AWS_SHARED_CREDENTIALS_FILE": str(shared_credentials)}
        done = subprocess.run(command, capture_output=True, text=True, check=False, env=env)
        assert done.returncode == 0, done.stderr
        return done.stdout

    fs("-put", str(tmp_path / "large"), f"s3a://{OWN}/by-s3a")
    fs("-mv", f"s3a://{OWN}/by-s3a", f"s3a://{OWN}/moved-by-s3a")
    fs("-get", f"s3a://{OWN}/moved-by-s3a", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == (tmp_path / "large").read_bytes()
