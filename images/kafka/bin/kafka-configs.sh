#!/bin/bash
# Shows and changes settings of topics, users and brokers.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" kafka.admin.ConfigCommand "$@"
