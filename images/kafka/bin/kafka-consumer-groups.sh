#!/bin/bash
# Shows consumer groups, their lag, and resets offsets.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" org.apache.kafka.tools.consumer.group.ConsumerGroupCommand "$@"
