#!/bin/bash
# Shows the first and last offsets of topics.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" org.apache.kafka.tools.GetOffsetShell "$@"
