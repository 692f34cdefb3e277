#!/bin/sh
# What the chart's containers name: a command, or the words after `airflow`.
set -eu
if [ "$#" -gt 0 ] && command -v "$1" > /dev/null 2>&1; then
    exec "$@"
fi
exec airflow "$@"
