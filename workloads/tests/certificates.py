"""An authority for the tests: what cert-manager is in a cluster, by openssl."""

import subprocess
from pathlib import Path

CURVE = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
LOCAL = "DNS:localhost,IP:127.0.0.1"


class Authority:
    """Signs certificates of servers on this machine."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.file = directory / "ca.crt"
        self._key = directory / "ca.key"
        self._openssl(
            "req", "-x509", *CURVE, "-keyout", self._key, "-out", self.file, "-subj", "/CN=authority", "-days", "2"
        )

    def issue(self, name: str, names: str = LOCAL, days: int = 2) -> tuple[Path, Path]:
        """Make a certificate and its key (PKCS#8); with 0 days it has expired a second later."""
        request, certificate, key = (self.directory / f"{name}.{kind}" for kind in ("csr", "crt", "key"))
        names = f"subjectAltName={names}"
        self._openssl("req", *CURVE, "-keyout", key, "-out", request, "-subj", f"/CN={name}", "-addext", names)
        sign = ["-CA", self.file, "-CAkey", self._key, "-days", days, "-copy_extensions", "copy"]
        self._openssl("x509", "-req", "-in", request, "-out", certificate, *sign)
        return certificate, key

    def _openssl(self, *args: object) -> None:
        subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)  # noqa: S607 - the machine's own
