#!/bin/bash
# Gives each application its role and its database, and shuts out those that are no longer asked for: their roles can't log in any
# more; a database is never removed. Runs as a Helm hook after each install and upgrade, any number of times.
#
# POSTGRESQL_HOST    name that the server's certificate carries
# POSTGRESQL_PORT    5432
# POSTGRESQL_CA      the authority's certificate
# SETUP_TIMEOUT      seconds to wait for the server
# SETUP_DESIRED_DIR  applications (lines: name database), *.sql
# SETUP_SECRETS_DIR  admin/password, applications/<name>/{username,password}
#
# Passwords are read from their files by psql itself: an argument or a variable of a process can be read by its neighbours.
set -euo pipefail

host=$POSTGRESQL_HOST
port=${POSTGRESQL_PORT:-5432}
ca=${POSTGRESQL_CA:-/etc/data-platform/ca/ca.crt}
timeout=${SETUP_TIMEOUT:-240}
desired=${SETUP_DESIRED_DIR:-/etc/postgresql-setup}
secrets=${SETUP_SECRETS_DIR:-/run/secrets/postgresql}
# In memory, for psql: it takes a password from a file in its own form only.
export PGPASSFILE=${SETUP_PASSFILE:-/tmp/pgpass}
umask 077
# Seconds that a server may take to let a session in: more each time that it took too long, because a busy one needs longer.
patience=5
failures=0

say() { echo "setup: $*"; }
problem() {
    echo "setup: error: $*" >&2
    failures=$((failures + 1))
}
die() {
    problem "$@"
    exit 1
}

# Reads one value of a Secret into the variable that is named.
read_secret() { # variable file what
    local -n value=$1
    [ -r "$2" ] || die "$3: its Secret has no key ${2##*/}"
    value=$(<"$2")
    [ -n "$value" ] || die "$3: key ${2##*/} of its Secret is empty"
    [[ $value != *[$'\n\r']* ]] || die "$3: key ${2##*/} of its Secret has more than one line"
}

# Lets psql in as a role by the password that follows; : and \ have a meaning of their own in that file.
as_role() { # role password
    local escaped=${2//\\/\\\\}
    printf '*:*:*:%s:%s\n' "$1" "${escaped//:/\\:}" >"$PGPASSFILE"
}

# Runs SQL; what psql says is in $answer.
query() { # role database argument…
    answer=$(PGCONNECT_TIMEOUT=$patience psql --no-psqlrc --quiet --no-align --tuples-only --no-password --set ON_ERROR_STOP=1 \
        --set VERBOSITY=terse "${@:3}" "host=$host port=$port user=$1 dbname=$2 sslmode=verify-full sslrootcert=$ca" 2>&1)
}

connect() {
    local admin waited=0
    [ -s "$ca" ] || die "the Secret of the authority has no key ca.crt"
    say "waiting for $host:$port"
    # A wrong password is waited for too: the server takes up a new one by itself, seconds after its Secret changed.
    until read_secret admin "$secrets/admin/password" "the administrator" && as_role postgres "$admin" &&
        query postgres postgres --command "SELECT 1"; do
        [ $SECONDS -lt "$timeout" ] || die "no access to $host:$port as postgres within $timeout s: $answer"
        [ $((waited++ % 15)) != 0 ] || say "not yet: $answer"
        [[ $answer != *"timeout expired"* ]] || patience=$((patience < 60 ? 2 * patience : patience))
        sleep 1
    done
    say "connected as the administrator after $SECONDS s"
}

make_applications() {
    local name database username password
    while read -r name database; do
        read_secret username "$secrets/applications/$name/username" "application $name"
        read_secret password "$secrets/applications/$name/password" "application $name"
        case $username in
            postgres | pg_*) problem "application $name: the role $username is PostgreSQL's own"; continue ;;
        esac
        [ -z "${wanted[$username]:-}" ] || { problem "application $name: the role $username is that of ${wanted[$username]}"; continue; }
        wanted[$username]=$name
        if ! query postgres postgres --set application="$name" --set role="$username" --set database="$database" \
            --set password_file="$secrets/applications/$name/password" --file "$desired/application.sql"; then
            problem "application $name: $answer"
            continue
        fi
        say "application $name: role $username, database $database"
    done <"$desired/applications"
}

# As the application itself: what it will do is what is tried.
try_applications() {
    local name database username password
    while read -r name database; do
        read_secret username "$secrets/applications/$name/username" "application $name"
        read_secret password "$secrets/applications/$name/password" "application $name"
        as_role "$username" "$password"
        query "$username" "$database" --command "SELECT 1" || problem "application $name can't use its database: $answer"
    done <"$desired/applications"
}

# A role of ours has a comment that says so; one that somebody else made is left alone.
shut_out_others() {
    local role others
    query postgres postgres --command "SELECT rolname FROM pg_roles WHERE rolcanlogin
        AND shobj_description(oid, 'pg_authid') LIKE 'application %' ORDER BY rolname" || die "roles: $answer"
    others=$answer
    while read -r role; do
        [ -n "$role" ] && [ -z "${wanted[$role]:-}" ] || continue
        query postgres postgres --set role="$role" --file "$desired/shut-out.sql" || { problem "role $role: $answer"; continue; }
        say "role $role: shut out, no longer asked for; what it owns stays"
    done <<<"$others"
}

declare -A wanted=()
answer=
trap 'rm -f "$PGPASSFILE"' EXIT
connect
make_applications
# With an application missing, an old role may be the only one that works: shut nobody out.
[ $failures = 0 ] || die "$failures of the above failed; nobody was shut out"
shut_out_others
try_applications
[ $failures = 0 ] || exit 1
say "done after $SECONDS s"
