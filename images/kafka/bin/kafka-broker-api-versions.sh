#!/bin/bash
# Asks each node what it can do; succeeds when they answer.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" org.apache.kafka.tools.BrokerApiVersionsCommand "$@"
