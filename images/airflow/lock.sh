#!/bin/sh
# Writes requirements.lock again from requirements.in: exact versions, a hash for every file, no registry's address. Run it after
# a change there, with the uv of workloads/.venv or another one (UV=…).
#   ./lock.sh            keep the versions that are locked wherever requirements.in allows them
#   ./lock.sh --upgrade  take the newest that requirements.in allows
set -eu
cd "$(dirname "$0")"
uv=${UV:-../../workloads/.venv/bin/uv}
# What packages ask for and nothing here loads: Redshift, Athena and SageMaker of the provider for AWS, traces over gRPC,
# a second driver of PostgreSQL beside psycopg 3, and a command-line tool of FastAPI.
leave="sagemaker-studio redshift-connector pyathena lxml beautifulsoup4 soupsieve scramp asn1crypto
    grpcio opentelemetry-exporter-otlp-proto-grpc
    asyncpg
    fastapi-cli rich-toolkit typer shellingham watchfiles"
set -- "$@" $(for name in $leave; do echo --no-emit-package "$name"; done)
"$uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
    --python-version 3.11 --python-platform x86_64-manylinux_2_28 --output-file requirements.lock "$@" requirements.in
