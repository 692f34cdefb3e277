"""Starts the server as the chart does, with databases in files, and uses what the platform uses of it.

The image's build runs it: what requirements.lock leaves out, and what a new MLflow does otherwise, must fail here and
not in a cluster.
"""

import json
import os
import signal
import ssl
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

PORT = 15000
BASE = f"https://localhost:{PORT}"
# Seconds for an answer, which a busy machine may give late.
ANSWER = 1800
PASSWORDS = {name: f"{name}'s % password #1" for name in ("admin", "train", "score")}


# Seconds for which the server may stand still.
STILL = 300


def used(pid: int) -> float:
    """Seconds on a CPU so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


def until(server: subprocess.Popen, what: str, done: Callable[[], bool]) -> None:
    """Waits for as long as the server lives and moves: load can't reach such a limit, as it reaches one by the clock."""
    print(f"selftest: waiting until {what}", flush=True)
    still, before, at = 0.0, 0.0, time.monotonic()
    while not done():
        # Of one that has ended, what is asked is seen at the next look or never.
        assert server.poll() is None or done(), f"the server has ended; waited until {what}"
        time.sleep(0.5)
        now = time.monotonic()
        spent = used(server.pid) if server.poll() is None else before
        # A fiftieth of a core moves; the looks themselves cost less.
        still, before, at = max(0.0, still + now - at - 50 * (spent - before)), spent, now
        assert still < STILL, f"the server stands still, with hardly any CPU time for {STILL} s; waited until {what}"


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)


def certify(directory: Path, serial: int) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - timedelta(minutes=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    write(directory / "tls.crt", certificate.public_bytes(pem).decode())
    clear = serialization.NoEncryption()
    write(directory / "tls.key", key.private_bytes(pem, serialization.PrivateFormat.PKCS8, clear).decode())


def call(user: str, method: str, path: str, want: int = 200, **more: object) -> requests.Response:
    answer = requests.request(
        method, f"{BASE}{path}", auth=(user, PASSWORDS[user]), verify=os.environ["CA"], timeout=ANSWER, **more
    )
    assert answer.status_code == want, f"{user} {method} {path}: {answer.status_code} instead of {want}: {answer.text}"
    return answer


def post(user: str, path: str, body: dict, want: int = 200, method: str = "POST") -> dict:
    answer = call(user, method, f"/api/2.0/mlflow/{path}", want, json=body)
    return answer.json() if want == 200 else {}


def use() -> None:
    """What train and score do, in the calls of MLflow's client."""
    experiment = post("train", "experiments/create", {"name": "delays"})["experiment_id"]
    run = post("train", "runs/create", {"experiment_id": experiment, "start_time": 1})["run"]["info"]
    post("train", "runs/log-metric", {"run_id": run["run_id"], "key": "mae", "value": 1.5, "timestamp": 1})
    artifact = (
        f"/api/2.0/mlflow-artifacts/artifacts/{run['artifact_uri'].removeprefix('mlflow-artifacts:/')}/model/MLmodel"
    )
    call("train", "PUT", artifact, data=b"flavors: {}")
    model = {"name": "delays"}
    post("train", "registered-models/create", model)
    post("train", "model-versions/create", {**model, "source": f"{run['artifact_uri']}/model", "run_id": run["run_id"]})
    post("train", "registered-models/alias", {**model, "alias": "best", "version": "1"})

    assert call("score", "GET", artifact).content == b"flavors: {}"
    by_alias = call("score", "GET", "/api/2.0/mlflow/registered-models/alias?name=delays&alias=best").json()
    assert by_alias["model_version"]["version"] == "1"
    found = post("score", "runs/search", {"experiment_ids": [experiment], "order_by": ["metrics.mae"]})
    assert found["runs"][0]["data"]["metrics"][0]["value"] == 1.5
    # Who may read may not write.
    call("score", "PUT", artifact, 403, data=b"")
    post("score", "runs/create", {"experiment_id": experiment, "start_time": 1}, 403)
    post("score", "registered-models/delete", model, 403, "DELETE")
    post("score", "users/create", {"username": "friend", "password": "a friend's password"}, 403)
    assert "<html" in call("admin", "GET", "/").text.lower()


def closed() -> None:
    """What must not work."""
    health = requests.get(f"{BASE}/health", verify=os.environ["CA"], timeout=ANSWER)
    assert health.status_code == 200, health.text
    path = "/api/2.0/mlflow/experiments/search?max_results=1"
    for login in (None, ("admin", "wrong"), ("admin", "password1234")):
        assert requests.get(BASE + path, auth=login, verify=os.environ["CA"], timeout=ANSWER).status_code == 401
    call("admin", "GET", path, 403, headers={"Host": "elsewhere.example"})
    call("admin", "POST", "/api/2.0/mlflow/experiments/create", 403, headers={"Origin": "https://elsewhere.example"})
    try:
        requests.get(f"http://localhost:{PORT}/health", timeout=ANSWER)
    except requests.ConnectionError:
        return
    raise AssertionError("plain HTTP is answered")


def through_the_server() -> None:
    """MLflow tells clients what to do by what the repository of its destination is."""
    from mlflow.store.artifact import artifact_repo
    from mlflow.store.artifact.artifact_repository_registry import get_artifact_repository

    from platform_mlflow import artifacts

    artifacts.register()
    repository = get_artifact_repository("s3://models")
    for name in ("MultipartUploadMixin", "MultipartDownloadMixin", "PresignedUploadMixin"):
        assert not isinstance(repository, getattr(artifact_repo, name)), name
    missing = set(vars(artifact_repo.ArtifactRepository)) & set(vars(type(repository.s3))) - set(vars(type(repository)))
    assert not {name for name in missing if not name.startswith("__") and name != "_abc_impl"}, missing


def answers() -> bool:
    try:
        requests.get(f"{BASE}/health", verify=os.environ["CA"], timeout=ANSWER)
    except requests.ConnectionError:
        return False
    return True


def renewed(server: subprocess.Popen, directory: Path) -> None:
    certify(directory, 2)

    def taken_up() -> bool:
        shown = ssl.get_server_certificate(("localhost", PORT))
        return x509.load_pem_x509_certificate(shown.encode()).serial_number == 2

    until(server, "a renewed certificate is taken up", taken_up)


def main() -> None:
    with tempfile.TemporaryDirectory() as name:
        place = Path(name)
        secrets, tls = place / "secrets", place / "tls"
        for key in ("database", "auth-database"):
            write(secrets / key / "uri", f"sqlite:///{place}/{key}%20.db")
        write(secrets / "keys/flaskSecretKey", "k" * 32)
        write(secrets / "store/credentials", "[default]\naws_access_key_id = a\naws_secret_access_key = b\n")
        for user, password in PASSWORDS.items():
            where = secrets / ("admin" if user == "admin" else f"users/{user}")
            write(where / "username", user)
            write(where / "password", password)
        certify(tls, 1)
        os.environ["CA"] = str(tls / "tls.crt")
        environment = {
            **os.environ,
            "PLATFORM_SECRETS_DIR": str(secrets),
            "PLATFORM_TLS_DIR": str(tls),
            "PLATFORM_AUTH_CONFIG": str(place / "basic_auth.ini"),
            "PLATFORM_PORT": str(PORT),
            "PLATFORM_ARTIFACTS_DESTINATION": str(place / "artifacts"),
            "PLATFORM_USERS": json.dumps(
                [{"name": "train", "permission": "EDIT"}, {"name": "score", "permission": "READ"}]
            ),
            "MLFLOW_SERVER_ALLOWED_HOSTS": "localhost:*",
        }
        python = [sys.executable, "-W", "ignore", "-m"]
        subprocess.run([*python, "platform_mlflow.prepare"], env=environment, check=True)
        through_the_server()
        server = subprocess.Popen([*python, "platform_mlflow.serve"], env=environment)
        try:
            until(server, "it answers", answers)
            closed()
            use()
            renewed(server, tls)
            memory = Path(f"/proc/{server.pid}/status").read_text().split("VmRSS:")[1].split("\n")[0].strip()
        finally:
            server.terminate()
        # uvicorn shuts down in order and then dies of the same signal.
    until(server, "it has ended, as it was asked to", lambda: server.poll() is not None)
    assert server.returncode in (0, -signal.SIGTERM), "the server doesn't end in order when asked to"
    print(f"selftest: all well; the server took {memory}")


if __name__ == "__main__":
    main()
