#!/bin/bash
# Shows and changes who may do what.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" org.apache.kafka.tools.AclCommand "$@"
