#!/bin/bash
# A node's probes, without starting a JVM: health.sh live | ready
#
# live   its port for the other nodes takes connections, and it runs with the passwords, the authority and the certificate that its
#        Secrets have now. A node that has older passwords is restarted: nodes with different ones can't talk, so a rolling restart
#        would wait forever. One that can't take up a renewed certificate while it runs is restarted too, in its turn.
# ready  its port for clients answers in Kafka's protocol, over TLS, which it does once it has caught up with the cluster.
set -euo pipefail
tls=${KAFKA_TLS_DIR:-/etc/data-platform/tls}
run=${KAFKA_RUN_DIR:-/run/kafka}

die() {
    echo "$*" >&2
    exit 1
}

# Each node in its own two minutes, long enough to fail three times and to start anew: never two at once.
in_turn() { [ $(($(date +%s) / 120 % ${KAFKA_NODES:-1})) = "$((${POD_NAME##*-} % ${KAFKA_NODES:-1}))" ]; }

case ${1:-} in
    live)
        (exec 3<>/dev/tcp/127.0.0.1/9095) 2>/dev/null || die "port 9095 takes no connection"
        sha256sum -c "$run/secrets.sha256" >/dev/null 2>&1 || die "the Secret with the nodes' passwords or the authority has changed"
        [ "$(cat "$tls/tls.crt" "$tls/tls.key" | sha256sum | cut -d' ' -f1)" = "$(<"$run/certificate.sum")" ] ||
            { ! in_turn || die "the certificate was renewed, and the node hasn't taken it up"; }
        ;;
    ready)
        # Whether the certificate is good is the clients' question; the answer here is whether anybody answers.
        coproc session { exec timeout 3 openssl s_client -quiet -connect 127.0.0.1:9093 2>/dev/null; }
        # ApiVersions, version 0: length 10, key 18, version 0, correlation 7, no client id.
        printf '\0\0\0\x0a\0\x12\0\0\0\0\0\7\xff\xff' >&"${session[1]}" || die "port 9093 takes no connection"
        # The answer: its length, correlation 7, error 0, then the list that nobody needs here.
        exec 3<&"${session[0]}"
        answer=$(head -c 10 <&3 | od -An -v -tx1 | tr -d ' \n')
        kill "$session_PID" 2>/dev/null || true
        [[ $answer == ????????000000070000 ]] || die "port 9093 doesn't answer as Kafka does over TLS: ${answer:-nothing}"
        ;;
    *) die "usage: $0 live|ready" ;;
esac
