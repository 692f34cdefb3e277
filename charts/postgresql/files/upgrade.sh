#!/bin/bash
# Takes a volume from one major version of PostgreSQL to the next, by a dump: upgrade.sh dump | load
#
# dump  by an image of the volume's version: nobody else can reach the server meanwhile, so that the dump has all there is
# load  by an image of a later version: into a new cluster, which takes the old one's place when it holds as many rows of each
#       table. The old one stays beside it, as cluster-<version>, until somebody removes it.
#
# Both may be killed at any time and run again; where there is nothing to do, they do nothing. start.sh says which variables.
set -euo pipefail

volume=${POSTGRESQL_VOLUME:-/var/lib/postgresql}
config=${POSTGRESQL_CONFIG:-/etc/postgresql}
password=${POSTGRESQL_PASSWORD:-/run/secrets/postgresql/password}
run=${POSTGRESQL_RUN:-/run/postgresql}
cluster=$volume/cluster
umask 077

say() { echo "upgrade: $*"; }
die() {
    echo "upgrade: error: $*" >&2
    exit 1
}

lock_volume() {
    exec 9>"$volume/.lock" || die "can't write to $volume"
    # It ends with its last process, also a killed one; as long as that lives, slowly as it may end, there is nothing to be done.
    until flock --timeout 30 9; do say "another server works on the volume $volume; waiting until it has ended"; done
}

# A server that nobody reaches but this script.
open_cluster() { # directory
    rm -f "$1/postmaster.pid" "$run"/.s.PGSQL.*
    chmod 0700 "$1"
    echo "local all postgres peer" >"$work/hba.conf"
    postgres -D "$1" -c config_file="$config/postgresql.conf" -c hba_file="$work/hba.conf" -c listen_addresses='' -c ssl=off \
        -c unix_socket_directories="$run" -c port=5432 >"$work/server.log" 2>&1 &
    server=$!
    # After a crash it recovers first, for as long as that takes.
    until pg_isready --quiet; do
        kill -0 "$server" 2>/dev/null || die "PostgreSQL $ours does not start on $1: $(tail -n 5 "$work/server.log")"
        sleep 0.2
    done
}

close_cluster() {
    kill -INT "$server"
    wait "$server" || die "PostgreSQL $ours did not end in order: $(tail -n 5 "$work/server.log")"
    server=
}

# A name may hold what has a meaning in a connection string.
name_of() {
    local name=${1//\\/\\\\}
    printf "dbname='%s'" "${name//\'/\\\'}"
}

ask() { psql --no-psqlrc --quiet --no-align --tuples-only --set ON_ERROR_STOP=1 --dbname "$(name_of "$1")" --command "$2"; }

# Rows of each table, and large objects, of a database.
count() { # database
    ask "$1" "SELECT format('%I.%I', nspname, relname), (xpath('/row/n/text()',
            query_to_xml(format('SELECT count(*) AS n FROM ONLY %I.%I', nspname, relname), false, true, '')))[1]::text
        FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
        WHERE relkind = 'r' AND relpersistence <> 't' AND nspname !~ '^(pg_|information_schema)' ORDER BY 1"
    ask "$1" "SELECT 'large objects', count(*) FROM pg_largeobject_metadata"
}

# The control file changes each time that a server starts or ends: a dump whose note of it still holds is of all that there is.
state() { sha256sum <"$cluster/global/pg_control"; }
current() { # dump
    [ -e "$1/state" ] && [ "$(<"$1/state")" = "$(state)" ]
}

dump() {
    local to=$volume/dump-$ours new=$volume/dump.new number=0 database refusing
    [ "$there" = "$ours" ] || { say "the volume holds no cluster of PostgreSQL $ours: nothing to dump"; return 0; }
    ! current "$to" || { say "the dump of PostgreSQL $ours is there already"; return 0; }
    rm -rf "$new" "$to"
    mkdir "$new"
    open_cluster "$cluster"
    refusing=$(ask postgres "SELECT string_agg(datname, ', ') FROM pg_database WHERE NOT datallowconn AND datname <> 'template0'")
    [ -z "$refusing" ] || die "no session is allowed to the databases $refusing, so that they can't be dumped; allow it or drop them"
    pg_dumpall --globals-only >"$new/globals.sql"
    while IFS= read -r database; do
        number=$((number + 1))
        say "dumping $database"
        printf '%s\n' "$database" >"$new/$number.name"
        count "$database" >"$new/$number.rows"
        pg_dump --format custom --file "$new/$number.dump" --dbname "$(name_of "$database")"
    done < <(ask postgres "SELECT datname FROM pg_database WHERE datallowconn ORDER BY datname")
    [ "$number" -gt 0 ] || die "no databases were found"
    close_cluster
    state >"$new/state"
    sync -f "$volume"
    mv "$new" "$to"
    sync -f "$volume"
    say "dumped $number databases of PostgreSQL $ours, $(du -sh "$to" | cut -f1), after $SECONDS s"
}

load() {
    local from=$volume/dump-$there new=$cluster.new file database
    [ "$there" -lt "$ours" ] || { say "the volume holds a cluster of PostgreSQL $there: nothing to take over"; return 0; }
    [ -e "$from/state" ] || die "there is no dump of the cluster of PostgreSQL $there on the volume; nothing was touched." \
        "Name an image of PostgreSQL $there as upgradeFrom: it makes one"
    current "$from" || die "the cluster of PostgreSQL $there was used after it was dumped; nothing was touched." \
        "Name an image of PostgreSQL $there as upgradeFrom: it makes another dump"
    [ ! -e "$cluster-$there" ] || die "$cluster-$there is there already, of an upgrade before; move it away"
    rm -rf "$new"
    [ -s "$password" ] || die "the administrator's Secret has no key password"
    initdb --pgdata "$new" --username postgres --pwfile "$password" --encoding UTF8 --locale C.UTF-8 \
        --auth-local peer --auth-host scram-sha-256 --data-checksums --no-instructions >"$work/initdb.log" 2>&1 ||
        die "initdb: $(tail -n 5 "$work/initdb.log")"
    open_cluster "$new"
    # Made by initdb; its settings come with the next line of the dump.
    sed '/^CREATE ROLE postgres;$/d' "$from/globals.sql" |
        psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --dbname postgres --file - >"$work/globals.log" 2>&1 ||
        die "roles: $(tail -n 5 "$work/globals.log")"
    for file in "$from"/*.dump; do
        database=$(<"${file%.dump}.name")
        say "loading $database"
        restore "$database" "$file" >"$work/restore.log" 2>&1 || die "database $database: $(tail -n 5 "$work/restore.log")"
        count "$database" >"$work/rows"
        cmp -s "$work/rows" "${file%.dump}.rows" ||
            die "database $database holds other numbers of rows than before: $(diff "${file%.dump}.rows" "$work/rows" | head -n 10)"
    done
    vacuumdb --all --analyze-only --quiet
    close_cluster
    # Whoever comes here again knows by it that the new one is whole, also between the two moves.
    echo "$there" >"$new/upgraded-from"
    sync -f "$volume"
    mv "$cluster" "$cluster-$there"
    mv "$new" "$cluster"
    rm -rf "$from"
    sync -f "$volume"
    say "took the cluster of PostgreSQL $there over to $ours after $SECONDS s; the old one is kept as cluster-$there"
}

restore() { # database file
    local -a how=(--create --exit-on-error --dbname template1)
    case $1 in
        # There already: made again, with their rights and settings.
        postgres) how+=(--clean --if-exists) ;;
        template1) how=(--create --exit-on-error --dbname postgres --clean --if-exists) ;;
    esac
    pg_restore "${how[@]}" "$2"
}

server=
work=$(mktemp -d)
ours=$(postgres --version | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
export PGHOST=$run PGPORT=5432 PGUSER=postgres
trap 'exit 1' TERM INT
# In order even when it fails: what runs on a volume must not outlive whoever holds its lock.
trap '[ -z "$server" ] || { kill -INT "$server" 2>/dev/null && wait "$server"; } || true; rm -rf "$work"' EXIT
[ -d "$volume" ] || die "there is no volume at $volume"
lock_volume
# Killed between the two moves of a load: the new one is whole.
if [ ! -e "$cluster" ] && [ -e "$cluster.new/upgraded-from" ]; then mv "$cluster.new" "$cluster"; fi
[ -e "$cluster/PG_VERSION" ] || { say "the volume is empty: nothing to do"; exit 0; }
there=$(<"$cluster/PG_VERSION")
case ${1:-} in
    dump | load) "$1" ;;
    *) die "usage: $0 dump|load" ;;
esac
