#!/bin/sh
# Writes checks/requirements.lock again from requirements.in: exact versions, a hash for every file, no registry's address.
#   ./lock.sh            keep the versions that are locked wherever requirements.in allows them
#   ./lock.sh --upgrade  take the newest that requirements.in allows
set -eu
cd "$(dirname "$0")"
uv=${UV:-.venv/bin/uv}
"$uv" pip compile --quiet --generate-hashes --no-emit-index-url --no-emit-find-links --no-header --no-annotate \
    --python-version 3.11 --python-platform x86_64-manylinux_2_28 --output-file requirements.lock "$@" requirements.in
