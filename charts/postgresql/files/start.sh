#!/bin/bash
# Runs PostgreSQL on a volume that may be empty, and stays beside it: a renewed certificate and a changed password of the
# administrator are taken up by themselves within seconds.
#
# POSTGRESQL_VOLUME    the volume
# POSTGRESQL_CONFIG    postgresql.conf and pg_hba.conf
# POSTGRESQL_TLS       tls.crt and tls.key
# POSTGRESQL_PASSWORD  file with the administrator's password
# POSTGRESQL_RUN       in memory: the socket and the server's own copy of its key
# POSTGRESQL_PORT      5432
# POSTGRESQL_INTERVAL  seconds between two looks at certificate and password
set -euo pipefail

volume=${POSTGRESQL_VOLUME:-/var/lib/postgresql}
config=${POSTGRESQL_CONFIG:-/etc/postgresql}
tls=${POSTGRESQL_TLS:-/etc/data-platform/tls}
password=${POSTGRESQL_PASSWORD:-/run/secrets/postgresql/password}
run=${POSTGRESQL_RUN:-/run/postgresql}
port=${POSTGRESQL_PORT:-5432}
interval=${POSTGRESQL_INTERVAL:-10}
cluster=$volume/cluster
umask 077

say() { echo "start: $*"; }
die() {
    echo "start: error: $*" >&2
    exit 1
}

# A server that was killed leaves notes of its process id, and in a new container another process has that id: PostgreSQL would
# not start. The notes may go because this lock says what they said, and ends with the last process that holds it.
lock_volume() {
    exec 9>"$volume/.lock" || die "can't write to $volume"
    # It ends with its last process, also a killed one; as long as that lives, slowly as it may end, there is nothing to be done.
    until flock --timeout 30 9; do say "another server works on the volume $volume; waiting until it has ended"; done
    rm -f "$cluster/postmaster.pid" "$run/.s.PGSQL.$port" "$run/.s.PGSQL.$port.lock"
}

check_version() {
    local there ours
    there=$(<"$cluster/PG_VERSION")
    ours=$(postgres --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
    [ "$there" = "$ours" ] || die "the volume holds a cluster of PostgreSQL $there and this image is $ours, which can't read it;" \
        "nothing was touched. Go back to the image of PostgreSQL $there, or have its data taken over: set upgradeFrom" \
        "(data-platform:database.upgradeFrom) to that image, and update again; docs/upgrades.md says more"
}

# Made apart and moved into place when it is whole, so that one cut short is made anew.
make_cluster() {
    [ ! -e "$cluster" ] || die "$cluster is there but holds no cluster of PostgreSQL; nothing was touched"
    rm -rf "$cluster.new"
    [ -s "$password" ] || die "the administrator's Secret has no key password"
    say "making a cluster"
    initdb --pgdata "$cluster.new" --username postgres --pwfile "$password" --encoding UTF8 --locale C.UTF-8 \
        --auth-local peer --auth-host scram-sha-256 --data-checksums --no-instructions >"$run/initdb.log" 2>&1 ||
        die "initdb: $(tail -n 5 "$run/initdb.log")"
    mv "$cluster.new" "$cluster"
    sync "$volume"
    say "made a cluster after $SECONDS s"
}

# The server wants a key that nobody else may read. Both files are copied once they belong together, because a mounted Secret may
# be replaced between two reads.
take_certificate() {
    local file
    for file in tls.crt tls.key; do
        [ -s "$tls/$file" ] || { problem="the certificate's Secret has no key $file"; return 1; }
        cat "$tls/$file" >"$run/$file.new"
    done
    [ "$(openssl x509 -noout -pubkey -in "$run/tls.crt.new" 2>&1)" = "$(openssl pkey -pubout -passin pass: -in "$run/tls.key.new" 2>&1)" ] ||
        { problem="tls.crt and tls.key of the certificate's Secret don't belong together"; return 1; }
    mv "$run/tls.key.new" "$run/tls.key"
    mv "$run/tls.crt.new" "$run/tls.crt"
    say "certificate valid until $(openssl x509 -noout -enddate -in "$run/tls.crt" | cut -d= -f2)"
}

renew_certificate() {
    local file changed=
    for file in tls.crt tls.key; do
        cmp -s "$tls/$file" "$run/$file" || changed=1
    done
    [ -n "$changed" ] || { told=; return 0; }
    if take_certificate; then
        kill -HUP "$server"
    elif [ "$problem" != "$told" ]; then
        say "warning: $problem; the server keeps the one that it has"
        told=$problem
    fi
}

# Through the socket, which lets this user in without one. A failed statement must not put the password into the log.
set_password() {
    local now
    now=$(cat "$password" 2>/dev/null) || return 0
    [ -n "$now" ] && [ "$now" != "$applied" ] || return 0
    pg_isready --quiet --host "$run" --port "$port" --timeout 3 || return 0
    if PGOPTIONS='-c log_statement=none -c log_min_error_statement=panic -c log_min_duration_statement=-1' \
        POSTGRESQL_PASSWORD=$password timeout 10 psql --host "$run" --port "$port" --username postgres --dbname postgres \
        --no-psqlrc --quiet --set ON_ERROR_STOP=1 --set VERBOSITY=terse >"$run/password.log" 2>&1 <<'SQL'; then
\set password `cat "$POSTGRESQL_PASSWORD"`
ALTER ROLE postgres PASSWORD :'password';
SQL
        applied=$now
        say "the administrator's password is that of the Secret"
    else
        say "warning: the administrator's password could not be set; trying again"
    fi
}

stop() {
    stopping=1
    # Fast: sessions are ended, what they had not committed is undone, and all that is committed is written.
    kill -INT "$server" 2>/dev/null || true
}

problem= told= applied= stopping= server=
trap 'exit 1' TERM INT
[ -d "$volume" ] || die "there is no volume at $volume"
lock_volume
# Killed between the last two moves of an upgrade (upgrade.sh): the new one is whole.
if [ ! -e "$cluster" ] && [ -e "$cluster.new/upgraded-from" ]; then mv "$cluster.new" "$cluster"; fi
if [ -e "$cluster/PG_VERSION" ]; then
    check_version
    # Kubernetes gives a volume's files to the pod's group, and then PostgreSQL refuses them.
    chmod 0700 "$cluster"
else
    make_cluster
fi
take_certificate || die "$problem"

postgres -D "$cluster" -c config_file="$config/postgresql.conf" -c hba_file="$config/pg_hba.conf" -c port="$port" \
    -c unix_socket_directories="$run" -c ssl_cert_file="$run/tls.crt" -c ssl_key_file="$run/tls.key" &
server=$!
trap stop TERM INT

pause=1
while [ -z "$stopping" ]; do
    sleep "$pause" &
    nap=$!
    # Whichever ends first, or a signal.
    wait -n "$server" "$nap" || true
    kill "$nap" 2>/dev/null || true
    kill -0 "$server" 2>/dev/null || break
    [ -z "$stopping" ] || break
    set_password
    renew_certificate
    # Quick looks until the server is up.
    [ -z "$applied" ] || pause=$interval
done

while kill -0 "$server" 2>/dev/null; do wait "$server" || true; done
[ -n "$stopping" ] || die "the server ended by itself; its last lines above say why"
say "stopped"
