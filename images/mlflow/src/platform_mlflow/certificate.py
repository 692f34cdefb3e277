"""The server's certificate, taken up anew when its files change: new connections get the new one, old ones go on."""

from __future__ import annotations

import hashlib
import logging
import ssl
from pathlib import Path

logger = logging.getLogger("uvicorn.error")


class Certificate:
    """The pair of files that a server began with, and what has become of them since."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.loaded = self._fingerprint(self._pair())

    def _pair(self) -> tuple[Path, Path]:
        # A mounted Secret is links over `..data`, a link that the kubelet turns at once: seen through it, key and
        # certificate belong together.
        data = self.directory / "..data"
        base = data.resolve() if data.exists() else self.directory
        return base / "tls.crt", base / "tls.key"

    @staticmethod
    def _fingerprint(pair: tuple[Path, Path]) -> str:
        return hashlib.sha256(b"\0".join(path.read_bytes() for path in pair)).hexdigest()

    @property
    def files(self) -> tuple[str, str]:
        certificate, key = self._pair()
        return str(certificate), str(key)

    def refresh(self, context: ssl.SSLContext) -> bool:
        """Load what has changed into the server's context; what can't be loaded leaves it as it is."""
        try:
            pair = self._pair()
            fingerprint = self._fingerprint(pair)
            if fingerprint == self.loaded:
                return False
            # A key that doesn't fit leaves a context with half of both, so it is tried on another one first.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*pair)
            context.load_cert_chain(*pair)
        except (OSError, ssl.SSLError) as error:
            logger.error("The changed certificate can't be loaded, the one before goes on: %s", error)
            return False
        self.loaded = fingerprint
        logger.info("A renewed certificate is in use")
        return True
