#!/bin/bash
# Lists, makes and changes topics.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" org.apache.kafka.tools.TopicCommand "$@"
