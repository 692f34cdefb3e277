"""A MinIO server with two buckets, an application that may use one of them, and a look at all that lies there."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import botocore.session
from botocore.config import Config
from brokers import Minio
from s3_requests import REGION, Key, Wire

OWN, SECRET = "own", "secret"
PLANTED = {OWN: {"there": b"what the application wrote"}, SECRET: {"kept": b"nobody else's", "archive.tar": b"not yet"}}
POLICY = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetBucketLocation"], "Resource": [f"arn:aws:s3:::{OWN}"]},
        {
            "Effect": "Allow",
            "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectTagging"],
            "Resource": [f"arn:aws:s3:::{OWN}/*"],
        },
    ],
}


class ObjectStore:
    """What the tests of requests need of one server."""

    def __init__(self, minio: Minio, directory: Path) -> None:
        self.minio = minio
        self.wire = Wire(minio.endpoint, minio.ca_file)
        self.root = Key(minio.access_key, minio.secret_key)
        self.app = Key("key-of-an-application", "secret-of-an-application")
        self._directory = directory
        self.s3 = self.client(self.root)
        for bucket, objects in PLANTED.items():
            self.s3.create_bucket(Bucket=bucket)
            for key, body in objects.items():
                self.s3.put_object(Bucket=bucket, Key=key, Body=body)
        self.upload = self.s3.create_multipart_upload(Bucket=SECRET, Key="parts")["UploadId"]
        certificates = directory / "mc" / "certs" / "CAs"
        certificates.mkdir(parents=True)
        (certificates / "ca.crt").write_bytes(Path(minio.ca_file).read_bytes())
        self.mc("alias", "set", "s", minio.endpoint, text=f"{self.root.access}\n{self.root.secret}\n")
        (directory / "policy.json").write_text(json.dumps(POLICY))
        self.mc("admin", "policy", "create", "s", "app", str(directory / "policy.json"))
        self.mc("admin", "user", "add", "s", text=f"{self.app.access}\n{self.app.secret}\n")
        self.mc("admin", "policy", "attach", "s", "app", "--user", self.app.access)

    def client(self, key: Key, version: str = "s3v4") -> Any:  # noqa: ANN401 - botocore makes its clients at run time
        return botocore.session.Session().create_client(
            "s3",
            region_name=REGION,
            endpoint_url=self.minio.endpoint,
            aws_access_key_id=key.access,
            aws_secret_access_key=key.secret,
            verify=self.minio.ca_file,
            config=Config(signature_version=version),
        )

    def mc(self, *args: str, text: str = "") -> str:
        """Run the client of the same image."""
        program = Path(os.environ["MINIO_BIN"]).with_name("mc")
        env = {"HOME": str(self._directory), "MC_CONFIG_DIR": str(self._directory / "mc"), "PATH": os.environ["PATH"]}
        command = [str(program), "--no-color", *args]
        done = subprocess.run(command, env=env, input=text, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def state(self) -> dict[str, Any]:
        """All that a request could have changed."""
        found: dict[str, Any] = {"buckets": sorted(b["Name"] for b in self.s3.list_buckets()["Buckets"])}
        for bucket in found["buckets"]:
            objects = self.s3.list_objects_v2(Bucket=bucket).get("Contents", [])
            found[bucket] = {o["Key"]: (o["ETag"], o["LastModified"], self._head(bucket, o["Key"])) for o in objects}
            uploads = self.s3.list_multipart_uploads(Bucket=bucket, Prefix="parts").get("Uploads", [])
            found[f"uploads of {bucket}"] = sorted(u["UploadId"] for u in uploads)
        parts = self.s3.list_parts(Bucket=SECRET, Key="parts", UploadId=self.upload).get("Parts", [])
        found["parts"] = [(part["PartNumber"], part["ETag"]) for part in parts]
        return found

    def _head(self, bucket: str, key: str) -> Any:  # noqa: ANN401 - as botocore gives it
        return self.s3.head_object(Bucket=bucket, Key=key)["Metadata"]
