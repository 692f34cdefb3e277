"""Lets clients take CAs that lack what RFC 5280 wants of them (key usage, key identifiers), as every Python before 3.13 did.

The API server's certificate is the cluster's own affair: EKS' has no authority key identifier, older clusters' CAs have no key
usage, and Airflow's Kubernetes client has no switch for it (kubernetes-client/python#2394). Chain, name and dates are verified as
ever. A .pth file of the image loads this at each start of Python.
"""

import ssl

_strict = ssl.VERIFY_X509_STRICT
_create_default_context = ssl.create_default_context


def _lenient(*args: object, **kwargs: object) -> ssl.SSLContext:
    context = _create_default_context(*args, **kwargs)  # type: ignore[arg-type]
    context.verify_flags &= ~_strict
    return context


ssl.create_default_context = _lenient
# What urllib3 adds to its own contexts.
ssl.VERIFY_X509_STRICT = ssl.VerifyFlags(0)
