#!/usr/bin/env python3
"""Writes a Java key store out of PEM files: truststore.py <output> <pem file>...

For what keytool would do, without the second that a Java machine takes to start: each pod of a job does this once. The format is
"JKS" version 2 with certificates only, which every Java reads; they are public, so the password "changeit" guards nothing.
"""

import base64
import hashlib
import re
import struct
import sys
from pathlib import Path

PASSWORD = "changeit"
CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)


def certificates(pem: bytes) -> list[bytes]:
    """The certificates of a PEM file, in DER."""
    return [base64.b64decode(b"".join(body.split()), validate=True) for body in CERTIFICATE.findall(pem)]


def text(value: str) -> bytes:
    """A string as Java's DataOutput writes it."""
    encoded = value.encode()
    return struct.pack(">H", len(encoded)) + encoded


def key_store(ders: list[bytes]) -> bytes:
    """A key store that trusts these certificates."""
    entries = [
        # 2: a trusted certificate; its time of entry doesn't matter.
        struct.pack(">I", 2) + text(f"ca-{number}") + struct.pack(">Q", 0) + text("X.509") + struct.pack(">I", len(der)) + der
        for number, der in enumerate(ders)
    ]
    store = struct.pack(">III", 0xFEEDFEED, 2, len(entries)) + b"".join(entries)
    return store + hashlib.sha1(PASSWORD.encode("utf-16-be") + b"Mighty Aphrodite" + store).digest()


def main(output: Path, sources: list[Path]) -> int:
    ders: dict[bytes, None] = {}
    for source in sources:
        found = certificates(source.read_bytes())
        if not found:
            print(f"{source} holds no certificate in PEM form", file=sys.stderr)
            return 1
        # Each once, in their order.
        ders.update(dict.fromkeys(found))
    output.write_bytes(key_store(list(ders)))
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), [Path(arg) for arg in sys.argv[2:]]))
