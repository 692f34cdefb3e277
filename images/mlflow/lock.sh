#!/bin/sh
# Writes requirements.lock again from requirements.in: exact versions, a hash for every file, no registry's address. Run it after
# a change there, with the uv of workloads/.venv or another one (UV=…).
#   ./lock.sh            keep the versions that are locked wherever requirements.in allows them
#   ./lock.sh --upgrade  take the newest that requirements.in allows
set -eu
cd "$(dirname "$0")"
# What MLflow asks for and its server never loads: training and plots (scikit-learn …), columns (pyarrow), its jobs (huey), which
# are off, other servers (gunicorn), and clients of Docker and git. Two thirds of the image, and a quarter of the
# memory. test.sh, which the image's build runs, proves that the server does without.
leave="scikit-learn scipy skops joblib threadpoolctl narwhals prettytable
    matplotlib contourpy cycler fonttools kiwisolver pillow pyparsing
    pyarrow huey gunicorn docker
    gitpython gitdb smmap"
set -- "$@" $(for name in $leave; do echo --no-emit-package "$name"; done)
../../workloads/compile.sh requirements.lock "$@" requirements.in
# The uv that the image is built with, the same as the workloads'.
cp ../../workloads/requirements-tools.lock requirements-tools.lock
