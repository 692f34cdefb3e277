#!/bin/bash
# Shows the controllers, adds and removes them.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" org.apache.kafka.tools.MetadataQuorumCommand "$@"
