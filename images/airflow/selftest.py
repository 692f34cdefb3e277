"""Loads what the platform's Airflow uses, and renews a certificate under a server; the image's build runs it."""

import importlib
import os
import ssl
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path

# As the platform's values set them: nothing is asked of a database here.
os.environ |= {
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": "postgresql+psycopg://",
    "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_ASYNC": "postgresql+psycopg://",
    "AIRFLOW__CORE__AUTH_MANAGER": "airflow.providers.fab.auth_manager.fab_auth_manager.FabAuthManager",
    "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor",
    "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
}

USED = """
    airflow.api_fastapi.app airflow.cli.cli_parser airflow.dag_processing.manager
    airflow.jobs.scheduler_job_runner airflow.jobs.triggerer_job_runner
    airflow.providers.amazon.aws.hooks.s3 airflow.providers.amazon.aws.log.s3_task_handler
    airflow.providers.cncf.kubernetes.executors.kubernetes_executor
    airflow.providers.cncf.kubernetes.operators.pod airflow.providers.cncf.kubernetes.operators.spark_kubernetes
    airflow.providers.cncf.kubernetes.triggers.pod
    airflow.providers.fab.auth_manager.cli_commands.utils airflow.providers.fab.auth_manager.fab_auth_manager
    airflow.providers.postgres.hooks.postgres airflow.secrets.local_filesystem
    airflow.providers.standard.operators.bash airflow.providers.standard.operators.python
    airflow.sdk.execution_time.execute_workload
    platform_airflow.admin platform_airflow.alive platform_airflow.clean platform_airflow.migrate platform_airflow.pools platform_airflow.ready
    platform_airflow.setup platform_airflow.start platform_tasks
""".split()


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


def certify(directory: Path, serial: int) -> None:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    builder = builder.serial_number(serial).not_valid_before(now).not_valid_after(now + timedelta(hours=1))
    certificate = builder.sign(key, hashes.SHA256())
    clear = serialization.NoEncryption()
    pem, pkcs8 = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    (directory / "tls.key").write_bytes(key.private_bytes(pem, pkcs8, clear))
    (directory / "tls.crt").write_bytes(certificate.public_bytes(pem))


def serial() -> int | None:
    from cryptography import x509

    try:
        shown = ssl.get_server_certificate(("localhost", 18080), timeout=60)
    except OSError:
        return None
    return x509.load_pem_x509_certificate(shown.encode()).serial_number


def renewed() -> None:
    """The server's own TLS, around an application that answers nothing."""
    code = (
        "import uvicorn; from platform_airflow import serve; serve.PERIOD = 1\n"
        "uvicorn.run(lambda scope: None, port=18080, lifespan='off', ssl_certfile='tls.crt', ssl_keyfile='tls.key',"
        " ssl_context_factory=serve.renewing)"
    )
    with tempfile.TemporaryDirectory() as name:
        certify(Path(name), 1)
        with subprocess.Popen([sys.executable, "-c", code], cwd=name) as server:
            try:
                for wanted in (1, 2):
                    certify(Path(name), wanted)
                    until(server, f"certificate {wanted} is served", lambda wanted=wanted: serial() == wanted)
            finally:
                server.terminate()


def old_ca() -> None:
    """Clients take a CA without key usage and key identifiers, as older clusters have it."""
    import threading
    from datetime import UTC, datetime, timedelta
    from http.server import BaseHTTPRequestHandler, HTTPServer

    import urllib3
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    keys = [ec.generate_private_key(ec.SECP256R1()) for _ in range(2)]
    ca, server = (x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("old", "localhost"))
    now = datetime.now(UTC)

    def signed(subject: x509.Name, key: ec.EllipticCurvePrivateKey, extension: x509.ExtensionType) -> bytes:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(ca).public_key(key.public_key())
        builder = builder.serial_number(x509.random_serial_number()).add_extension(extension, critical=True)
        builder = builder.not_valid_before(now - timedelta(hours=1)).not_valid_after(now + timedelta(hours=1))
        return builder.sign(keys[0], hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    with tempfile.TemporaryDirectory() as name:
        pem, clear = serialization.Encoding.PEM, serialization.NoEncryption()
        Path(name, "ca.crt").write_bytes(signed(ca, keys[0], x509.BasicConstraints(ca=True, path_length=None)))
        leaf = signed(server, keys[1], x509.SubjectAlternativeName([x509.DNSName("localhost")]))
        Path(name, "tls").write_bytes(keys[1].private_bytes(pem, serialization.PrivateFormat.PKCS8, clear) + leaf)
        with HTTPServer(("localhost", 0), BaseHTTPRequestHandler) as http:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(f"{name}/tls")
            http.socket = context.wrap_socket(http.socket, server_side=True)
            threading.Thread(target=http.serve_forever, daemon=True).start()
            url = f"https://localhost:{http.server_port}/"
            pool = urllib3.PoolManager(ca_certs=f"{name}/ca.crt", retries=False)
            # It answers nothing that is asked for, but it answers.
            assert pool.request("GET", url).status == 501
            try:
                urllib3.PoolManager(retries=False).request("GET", url)
            except urllib3.exceptions.SSLError:
                pass
            else:
                raise AssertionError("a CA that nobody trusts is taken")
            http.shutdown()


def main() -> None:
    failed = []
    for name in USED:
        try:
            importlib.import_module(name)
        except Exception:
            failed.append(name)
            traceback.print_exc()
    assert not failed, failed

    from airflow import settings

    # One driver for both: no other one is installed.
    drivers = {settings.engine.dialect.driver, settings.async_engine.dialect.driver}
    assert all(driver.startswith("psycopg") and driver != "psycopg2" for driver in drivers), drivers

    import boto3

    boto3.session.Session().client("s3", region_name="us-east-1")
    renewed()
    old_ca()


if __name__ == "__main__":
    main()
