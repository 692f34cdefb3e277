#!/usr/bin/env python3
"""Makes a directory of Spark's jars small: slim.py <directory>

What goes is what no job in a cluster uses: Hive and its metastore, Spark Connect, the shells, YARN, MLlib (which PySpark offers
only together with NumPy), libraries for other systems, and of the AWS SDK everything but S3 and signing in. What stays runs SQL,
streaming, Parquet, ORC, Avro, Kafka, S3A, Kubernetes and the history server.
"""

import fnmatch
import os
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

# Each pattern must match: one that doesn't is a sign that an upgrade needs a look.
UNUSED = [
    # Hive: its metastore, its server, its shells. hive-storage-api stays, ORC is written with it.
    "spark-hive_*", "spark-hive-thriftserver_*", "hive-beeline-*", "hive-cli-*", "hive-common-*", "hive-exec-*", "hive-jdbc-*",
    "hive-metastore-*", "hive-serde-*", "hive-service-rpc-*", "hive-shims-*", "datanucleus-*", "derby*", "javax.jdo-*", "jdo-api-*",
    "jta-*", "transaction-api-*", "HikariCP-*", "commons-dbcp-*", "commons-pool-1*", "libfb303-*", "libthrift-*", "ST4-*",
    "antlr-runtime-*", "jpam-*", "super-csv-*", "opencsv-*", "json-1.8*", "stax-api-*", "javolution-*", "oro-*",
    # Spark Connect's server; its client comes in a directory of its own, which isn't taken over at all.
    "spark-connect_*",
    # The shells.
    "spark-repl_*", "scala-compiler-*", "jline-*",
    # Another cluster manager.
    "spark-yarn_*",
    # MLlib and GraphX.
    "spark-mllib_*", "spark-mllib-local_*", "spark-graphx_*", "breeze*", "spire*", "algebra_*", "cats-kernel_*", "arpack*", "lapack-*",
    "blas-*", "JTransforms-*", "JLargeArrays-*",
    # Other systems.
    "*-osx-*.jar", "*-windows-*.jar", "*-linux-riscv64.jar",
]  # fmt: skip

AWS_SERVICES = {"s3", "s3control", "sts", "sso", "ssooidc", "kms"}


def aws(entry: str) -> bool:
    """Whether an entry of the AWS SDK's bundle is needed."""
    parts = entry.split("/")
    if parts[:3] == ["software", "amazon", "awssdk"] and len(parts) > 4 and parts[3] == "services":
        # Classes directly below `services` are shared; a service's own are in a package of its name.
        return len(parts) == 5 or parts[4] in AWS_SERVICES
    if parts[0] in ("codegen-resources", "customization"):
        return False
    return not (parts[0] == "META-INF" and "maven" in parts)


def rocksdb(entry: str) -> bool:
    """Whether an entry of RocksDB's jar is needed: its libraries are for every system there is, 10 MB each."""
    library = fnmatch.fnmatch(entry, "librocksdbjni*")
    return not library or entry in ("librocksdbjni-linux64.so", "librocksdbjni-linux-aarch64.so")


def rewrite(jar: Path, wanted: Callable[[str], bool]) -> None:
    """Leaves those entries of a jar that are wanted, each as it was."""
    slim = jar.with_suffix(".slim")
    with zipfile.ZipFile(jar) as old, zipfile.ZipFile(slim, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            if wanted(entry.filename):
                new.writestr(entry, old.read(entry), zipfile.ZIP_DEFLATED)
    before, after = jar.stat().st_size, slim.stat().st_size
    slim.replace(jar)
    print(f"{jar.name}: {before >> 20} MiB -> {after >> 20} MiB")


def only(directory: Path, pattern: str) -> Path:
    """The one file that matches."""
    found = list(directory.glob(pattern))
    if len(found) != 1:
        sys.exit(f"slim.py: {pattern} matches {len(found)} files of {directory}")
    return found[0]


def main(directory: Path) -> None:
    for pattern in UNUSED:
        matches = list(directory.glob(pattern))
        if not matches:
            sys.exit(f"slim.py: nothing matches {pattern} any more; see what became of it and correct the list")
        for jar in matches:
            jar.unlink()
    rewrite(only(directory, "bundle-*.jar"), aws)
    rewrite(only(directory, "rocksdbjni-*.jar"), rocksdb)
    jars = list(directory.glob("*.jar"))
    for jar in jars:
        # One time for all, so that the layer is the same each time it is made.
        os.utime(jar, (0, 0))
        jar.chmod(0o644)
    print(f"{len(jars)} jars, {sum(jar.stat().st_size for jar in jars) >> 20} MiB")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
