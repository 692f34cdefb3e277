#!/bin/bash
# Gives a node its certificate: certificate.sh take | watch <process>
#
# take   makes the one file that Kafka reads of the Secret's two. Before the node starts.
# watch  looks for a renewed certificate and has the running node take it up. Beside the node, for as long as that process runs.
#
# KAFKA_HOME, KAFKA_SETTINGS_DIR, KAFKA_TLS_DIR, KAFKA_RUN_DIR   where things are
# POD_NAME                    ends with the node's number
# KAFKA_WATCH_SECONDS         between two looks
set -euo pipefail

home=${KAFKA_HOME:-/opt/kafka}
settings=${KAFKA_SETTINGS_DIR:-/etc/kafka}
tls=${KAFKA_TLS_DIR:-/etc/data-platform/tls}
run=${KAFKA_RUN_DIR:-/run/kafka}
umask 077

say() { echo "certificate: $*"; }
die() {
    echo "certificate: error: $*" >&2
    exit 1
}

sum() { cat "$tls/tls.crt" "$tls/tls.key" | sha256sum | cut -d' ' -f1; }

take() {
    local key
    for key in tls.crt tls.key; do [ -s "$tls/$key" ] || die "the Secret with the certificate has no key \"$key\""; done
    grep -q 'BEGIN PRIVATE KEY' "$tls/tls.key" ||
        die "tls.key isn't in PKCS#8 (\"BEGIN PRIVATE KEY\"), the only form that Kafka reads; with cert-manager set privateKey.encoding: PKCS8"
    cat "$tls/tls.key" "$tls/tls.crt" >"$run/keystore.pem.new"
    # In one step: the node may read it at any time.
    mv "$run/keystore.pem.new" "$run/keystore.pem"
}

# The setting stays in Kafka's own data and then stands above the one in server.properties: the file must never have another name.
# Kafka reads the file anew when the setting that names it is set again, to the same value too. The listeners one by one: what is
# set for all would not reach those.
reload() {
    local listener location=$run/keystore.pem changes=()
    for listener in client internal controller; do changes+=("listener.name.$listener.ssl.keystore.location=$location"); done
    local IFS=,
    KAFKA_OPTS='' KAFKA_LOG4J_OPTS='' KAFKA_HEAP_OPTS=-Xmx96m KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1' \
        "$home/bin/kafka-configs.sh" --bootstrap-server localhost:9094 --command-config "$settings/admin.properties" \
        --alter --entity-type brokers --entity-name "${POD_NAME##*-}" --add-config "${changes[*]}" 2>&1
}

# Whether all listeners answer with what the Secret has. Kafka's tool doesn't say: it has only noted the wish.
taken() {
    local port wanted
    wanted=$(openssl x509 -in "$tls/tls.crt" -noout -fingerprint -sha256)
    for port in 9093 9094 9095; do
        [ "$(timeout 5 openssl s_client -connect "127.0.0.1:$port" </dev/null 2>/dev/null | openssl x509 -noout -fingerprint -sha256 2>/dev/null)" = "$wanted" ] ||
            return 1
    done
}

wait_until_taken() {
    local try
    for try in 1 2 3 4 5; do
        ! taken || return 0
        sleep "$try"
    done
    echo "the node goes on with the old one: see its log above"
    return 1
}

# What the node has is noted by its sum. Where it can't take up what the Secret has (because the one that it has is no longer
# valid, or the new one is for fewer names), the liveness probe sees the difference, and the node starts anew.
watch() { # process
    local now answer
    while sleep "${KAFKA_WATCH_SECONDS:-10}" && kill -0 "$1" 2>/dev/null; do
        now=$(sum) || continue
        [ "$now" != "$(<"$run/certificate.sum")" ] || continue
        if answer=$(take 2>&1) && answer=$(reload) && answer=$(wait_until_taken); then
            echo "$now" >"$run/certificate.sum"
            say "renewed, and taken up by the running node"
        else
            say "renewed, but not taken up: $(grep -v '^[[:space:]]*at ' <<<"$answer" | tail -n 2)"
        fi
    done
}

case ${1:-} in
    take)
        take
        sum >"$run/certificate.sum"
        ;;
    watch) watch "${2:?which process?}" ;;
    *) die "usage: $0 take|watch <process>" ;;
esac
