#!/bin/sh
# Writes the lock files again from pyproject.toml: exact versions, a hash for every file, no registry's address.
#   ./lock.sh            keep the versions that are locked wherever pyproject.toml allows them
#   ./lock.sh --upgrade  take the newest that pyproject.toml allows
set -eu
cd "$(dirname "$0")"
./compile.sh requirements.lock "$@" pyproject.toml
./compile.sh requirements-ml.lock "$@" --constraint requirements.lock --group ml
./compile.sh requirements-dev.lock "$@" --constraint requirements.lock --constraint requirements-ml.lock --group dev --group tools pyproject.toml
./compile.sh requirements-data.lock "$@" --no-deps --group data
./compile.sh requirements-data-build.lock "$@" --group data-build
./compile.sh requirements-tools.lock "$@" --group tools
./compile.sh tests-dags/requirements.lock "$@" --constraint requirements-dev.lock --constraint ../images/airflow/requirements.lock \
    tests-dags/requirements.in
