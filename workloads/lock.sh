#!/bin/sh
# Writes the lock files again from pyproject.toml: exact versions, a hash for every file, no registry's address.
#   ./lock.sh            keep the versions that are locked wherever pyproject.toml allows them
#   ./lock.sh --upgrade  take the newest that pyproject.toml allows
set -eu
cd "$(dirname "$0")"
uv=${UV:-.venv/bin/uv}
lock() {
    output=$1
    shift
    "$uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
        --python-version 3.11 --python-platform x86_64-manylinux_2_28 --output-file "$output" "$@"
}
lock requirements.lock "$@" pyproject.toml
lock requirements-ml.lock "$@" --constraint requirements.lock --group ml
lock requirements-dev.lock "$@" --constraint requirements.lock --constraint requirements-ml.lock --group dev --group tools pyproject.toml
lock requirements-data.lock "$@" --no-deps --group data
lock requirements-data-build.lock "$@" --group data-build
lock requirements-tools.lock "$@" --group tools
lock tests-dags/requirements.lock "$@" --constraint requirements-dev.lock --constraint ../images/airflow/requirements.lock \
    tests-dags/requirements.in
