"""Why a server's certificate isn't accepted, in words: the Kafka client says only that it is so."""

import socket
import ssl

CONNECT_SECONDS = 5


def distrust(host: str, port: int, ca_file: str) -> str | None:
    """Ask a server for its certificate and say what is wrong with it; None if it is fine or the server doesn't answer.

    Without a file of authorities those of the machine are asked.
    """
    context = ssl.create_default_context(cafile=ca_file or None)
    try:
        with socket.create_connection((host, port), timeout=CONNECT_SECONDS) as connection:
            context.wrap_socket(connection, server_hostname=host).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message.rstrip(".")
    except OSError:
        return None
    return None


def advice(reason: str, ca_variable: str) -> str:
    """Say what to do about a certificate that isn't accepted."""
    if "expired" in reason or "not yet valid" in reason:
        return "it must be renewed, or a clock is wrong"
    if "ostname" in reason or "IP address" in reason:
        return "the address must be one of the names in the certificate"
    return f"{ca_variable} must name the authority that signed it"
