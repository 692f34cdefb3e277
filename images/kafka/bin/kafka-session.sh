#!/bin/bash
# Runs any number of the tools beside it in one JVM, one after the other. A request on standard input is words, each ended by a zero
# byte: how many follow, the file for the tool's output, the one for its errors, the tool (kafka-topics.sh, …), its arguments. The
# answer is a line with the exit status.
exec "${BASH_SOURCE[0]%/*}/kafka-run-class.sh" dataplatform.Session "$@"
