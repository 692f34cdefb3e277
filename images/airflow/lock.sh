#!/bin/sh
# Writes requirements.lock again from requirements.in: exact versions, a hash for every file, no registry's address. Run it after
# a change there, with the uv of workloads/.venv or another one (UV=…).
#   ./lock.sh            keep the versions that are locked wherever requirements.in allows them
#   ./lock.sh --upgrade  take the newest that requirements.in allows
set -eu
cd "$(dirname "$0")"
# What packages ask for and nothing here loads: Redshift, Athena and SageMaker of the provider for AWS, traces over gRPC,
# a second driver of PostgreSQL beside psycopg 3, a command-line tool of FastAPI, and a second PyYAML for Pythons without a lock of
# their own, which libcst asks for from 3.13 on and does without.
leave="sagemaker-studio redshift-connector pyathena lxml beautifulsoup4 soupsieve scramp asn1crypto
    grpcio opentelemetry-exporter-otlp-proto-grpc
    asyncpg
    fastapi-cli rich-toolkit typer shellingham watchfiles
    pyyaml-ft"
set -- "$@" $(for name in $leave; do echo --no-emit-package "$name"; done)
../../workloads/compile.sh requirements.lock "$@" requirements.in
