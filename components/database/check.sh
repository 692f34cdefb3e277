# Tries each account of an external database before anything relies on it, and says all that is wrong at once.
#
# DATABASE_HOST, DATABASE_PORT, DATABASE_SSL_MODE, DATABASE_CA_FILE
# DATABASE_CREDENTIALS   a directory an application: username, password, database
# DATABASE_TIMEOUT       seconds to go on while nobody answers at all
set -uo pipefail
umask 077
export PGPASSFILE=/dev/null PGCONNECT_TIMEOUT=5
failures=0

say() { echo "check: $*"; }

# What to do about what psql said.
advice() { # application username database
    case $answer in
        *"password authentication failed"*)
            echo "the password isn't that of the role $2: set it with \`pulumi config set --secret --path 'credentials[\"database.$1\"]'\`" ;;
        *"certificate verify failed"* | *"root certificate file"* | *"server certificate for"*)
            echo "its certificate isn't one to trust: see database.external.ca, .host and .sslMode" ;;
        *"does not support SSL"*) echo "it must speak TLS" ;;
        *"no pg_hba.conf entry"*) echo "it lets this role in from nowhere in this cluster: add it to its pg_hba.conf or firewall" ;;
        *"database \"$3\" does not exist"*) echo "make it: CREATE DATABASE $3 OWNER $2" ;;
        *"role \"$2\" does not exist"* | *"role \"$2\" is not permitted"*) echo "make it: CREATE ROLE $2 LOGIN PASSWORD …" ;;
        *"could not translate host name"*) echo "no such host: see database.external.host" ;;
        *) echo "see database.external.host and .port, and whether it can be reached from this cluster" ;;
    esac
}

# All of a file, whatever lines it ends with.
whole() { cat "$1" && printf .; }

# A session, and the right to make tables, which every application uses at once. The password goes by the environment of psql alone:
# a file of passwords has one a line, and one may have several lines itself.
try() { # username password database
    answer=$(PGPASSWORD=$2 psql --no-psqlrc --quiet --no-align --tuples-only --no-password --set ON_ERROR_STOP=1 --set VERBOSITY=terse \
        --command "SELECT has_schema_privilege(current_schema, 'CREATE')" \
        "host=$DATABASE_HOST port=$DATABASE_PORT user=$1 dbname=$3 sslmode=$DATABASE_SSL_MODE sslrootcert=$DATABASE_CA_FILE" 2>&1)
}

for directory in "$DATABASE_CREDENTIALS"/*/; do
    application=$(basename "$directory")
    username=$(<"$directory/username") database=$(<"$directory/database")
    password=$(whole "$directory/password") password=${password%.}
    what="user $username, database $database at $DATABASE_HOST:$DATABASE_PORT (application $application)"
    until try "$username" "$password" "$database"; do
        # A server that is starting, or a name that isn't known yet, may come; a refusal stays one.
        case $answer in
            *"Connection refused"* | *"timeout expired"* | *"timed out"* | *"starting up"* | *"Temporary failure"*) ;;
            *) break ;;
        esac
        [ $SECONDS -lt "$DATABASE_TIMEOUT" ] || break
        sleep 2
    done
    case $answer in
        t) say "$what: works" ;;
        f | "") say "error: $what: it may make no tables there; GRANT CREATE ON SCHEMA public TO $username"; failures=$((failures + 1)) ;;
        *)
            say "error: $what: $(advice "$application" "$username" "$database")"
            say "  it said: ${answer//$'\n'/ }"
            failures=$((failures + 1))
            ;;
    esac
done
[ $failures = 0 ] || { say "$failures of the accounts can't be used; nothing was installed that needs them"; exit 1; }
