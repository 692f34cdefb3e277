#!/bin/bash
# Shows the cluster's id, unregisters a node for good.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" org.apache.kafka.tools.ClusterTool "$@"
