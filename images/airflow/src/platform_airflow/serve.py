"""`airflow api-server` over TLS that takes up a renewed certificate without a restart.

cert-manager renews a certificate in place, and a server that has read it once would go on with the old one until that
expires. A loaded context is what every new connection asks, so it is given the new files.
"""

import functools
import logging
import os
import ssl
import sys
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import uvicorn

if TYPE_CHECKING:
    from uvicorn.config import Config

log = logging.getLogger("platform_airflow.serve")
PERIOD = 10


def stamp(*paths: str) -> list[tuple[int, int]]:
    """Another one when a file is another one: the kubelet swaps a link."""
    return [((found := os.stat(path)).st_ino, found.st_mtime_ns) for path in paths]


def watch(context: ssl.SSLContext, certificate: str, key: str, known: list[tuple[int, int]]) -> None:
    while True:
        time.sleep(PERIOD)
        try:
            if (found := stamp(certificate, key)) == known:
                continue
            # Tried apart first: a certificate and a key that don't belong together would spoil the context in use.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(certificate, key)
            context.load_cert_chain(certificate, key)
            known = found
            log.warning("took up the renewed certificate %s", certificate)
        except (OSError, ssl.SSLError) as error:
            log.warning("certificate %s can't be taken up yet: %s", certificate, error)


def renewing(config: "Config", make: Callable[[], ssl.SSLContext]) -> ssl.SSLContext:
    certificate, key = str(config.ssl_certfile), str(config.ssl_keyfile)
    known = stamp(certificate, key)
    context = make()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    threading.Thread(target=watch, args=(context, certificate, key, known), daemon=True).start()
    return context


def main() -> None:
    from airflow.__main__ import main as airflow
    from platform_airflow import serve

    # By the module's name, so that a worker process finds it too.
    uvicorn.run = functools.partial(uvicorn.run, ssl_context_factory=serve.renewing)
    sys.argv = ["airflow", "api-server", *sys.argv[1:]]
    airflow()


if __name__ == "__main__":
    main()
