#!/bin/bash
# The server's probes: health.sh live | ready
#
# live   it answers at all, also while it recovers from a crash
# ready  it takes sessions over TLS, by a certificate that clients will accept
set -uo pipefail
run=${POSTGRESQL_RUN:-/run/postgresql}
port=${POSTGRESQL_PORT:-5432}

die() {
    echo "$*" >&2
    exit 1
}

case ${1:-} in
    live)
        pg_isready --quiet --host "$run" --port "$port" --timeout 4
        # 1: it answers that it takes nobody yet, or no more.
        [ $? -le 1 ] || die "no answer through the socket"
        ;;
    ready)
        openssl x509 -checkend 0 -noout -in "$run/tls.crt" >/dev/null ||
            die "the certificate is valid until $(openssl x509 -noout -enddate -in "$run/tls.crt" | cut -d= -f2) only; see why cert-manager has not renewed it"
        pg_isready --quiet --timeout 4 --dbname "host=127.0.0.1 port=$port user=postgres dbname=postgres sslmode=require" ||
            die "port $port takes no session over TLS"
        ;;
    *) die "usage: $0 live|ready" ;;
esac
