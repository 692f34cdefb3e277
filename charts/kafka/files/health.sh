#!/bin/bash
# A node's probes, without starting a JVM: health.sh live | ready
#
# live   its port for the other nodes takes connections, and it runs with the passwords that its Secret has now. A node that has
#        an older one is restarted: nodes with different passwords can't talk, so a rolling restart would wait forever.
# ready  its port for clients answers in Kafka's protocol, which it does once it has caught up with the cluster.
set -euo pipefail
run=${KAFKA_RUN_DIR:-/run/kafka}

die() {
    echo "$*" >&2
    exit 1
}

case ${1:-} in
    live)
        (exec 3<>/dev/tcp/127.0.0.1/9093) 2>/dev/null || die "port 9093 takes no connection"
        sha256sum -c "$run/passwords.sha256" >/dev/null 2>&1 || die "the Secret with the nodes' passwords has changed"
        ;;
    ready)
        { exec 3<>/dev/tcp/127.0.0.1/9092; } 2>/dev/null || die "port 9092 takes no connection"
        # ApiVersions, version 0: length 10, key 18, version 0, correlation 7, no client id.
        printf '\0\0\0\x0a\0\x12\0\0\0\0\0\7\xff\xff' >&3
        # The answer: its length, correlation 7, error 0, then the list that nobody needs here.
        answer=$(timeout 3 head -c 10 <&3 | od -An -v -tx1 | tr -d ' \n')
        [[ $answer == ????????000000070000 ]] || die "port 9092 doesn't answer as Kafka does: ${answer:-nothing}"
        ;;
    *) die "usage: $0 live|ready" ;;
esac
