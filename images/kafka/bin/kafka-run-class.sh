#!/bin/bash
# Runs one of Kafka's classes: kafka-run-class.sh <class> [argument…]. The launchers beside it call it.
#
# It takes the same variables as upstream's script of this name: KAFKA_HEAP_OPTS, KAFKA_JVM_PERFORMANCE_OPTS, KAFKA_LOG4J_OPTS
# and KAFKA_OPTS. There is no JMX and no garbage-collection log unless KAFKA_OPTS asks for it.
set -eu
if [ $# -lt 1 ]; then
    echo "usage: $0 <class> [argument…]" >&2
    exit 2
fi
home=$(cd "${BASH_SOURCE[0]%/*}/.." && pwd -P)

# The same order everywhere: a class-data archive is only good for the exact class path that it was made with.
LC_ALL=C
printf -v classpath ':%s' "$home"/libs/*.jar

if [ "$1" = kafka.Kafka ]; then
    archive=server
    : "${KAFKA_HEAP_OPTS:=-Xms1g -Xmx1g}"
    : "${KAFKA_JVM_PERFORMANCE_OPTS:=-XX:+UseG1GC -XX:MaxGCPauseMillis=20 -XX:InitiatingHeapOccupancyPercent=35 -XX:+ExplicitGCInvokesConcurrent}"
    : "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=$home/config/log4j2.properties}"
else
    # A tool lives for a second: no time for the optimising compiler or for a collector with threads to pay off.
    archive=tools
    : "${KAFKA_HEAP_OPTS:=-Xmx256m}"
    : "${KAFKA_JVM_PERFORMANCE_OPTS:=-XX:+UseSerialGC -XX:TieredStopAtLevel=1}"
    : "${KAFKA_LOG4J_OPTS:=-Dlog4j2.configurationFile=$home/config/tools-log4j2.properties}"
fi

# Classes read and verified when the image was made (train.sh). The JVM goes without where the archive doesn't fit, and must not
# say so among a tool's own output: -Xlog.
archive=$home/cds/$archive.jsa
share=(-Xlog:disable -Xlog:all=error:stderr)
if [ -n "${KAFKA_CDS_DUMP:-}" ]; then
    share+=("-XX:ArchiveClassesAtExit=$archive")
elif [ -r "$archive" ]; then
    share+=("-XX:SharedArchiveFile=$archive")
fi

# Options in variables are lists of words: no quotes there.
# shellcheck disable=SC2086
exec java $KAFKA_HEAP_OPTS $KAFKA_JVM_PERFORMANCE_OPTS "${share[@]}" -Djava.awt.headless=true $KAFKA_LOG4J_OPTS \
    -cp "${classpath#:}" ${KAFKA_OPTS:-} "$@"
