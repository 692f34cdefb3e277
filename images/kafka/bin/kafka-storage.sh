#!/bin/bash
# Prepares the data directory of a node, once.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" kafka.tools.StorageTool "$@"
