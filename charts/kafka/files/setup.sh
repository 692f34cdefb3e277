#!/bin/bash
# Gives the cluster the topics, users and rights that the release asks for, and takes users and rights away that it no longer asks
# for; never a topic or a partition. Runs as a Helm hook after each install and upgrade, any number of times.
#
# KAFKA_ENDPOINTS         kafka-0.….svc:9094,… all nodes, as the administrator reaches them
# KAFKA_MIN_ISR           min.insync.replicas of the cluster
# KAFKA_REPLICAS          copies of Kafka's own topics
# SETUP_TIMEOUT           seconds to wait for the nodes
# SETUP_DESIRED_DIR       topics (lines: name partitions replicas), topic-<name>.properties, users (lines: name),
#                         rights (lines: user type pattern operation[,operation] name…), admin.properties (for the tools)
# SETUP_SECRETS_DIR       <name>/{username,password}
# KAFKA_HOME, SETUP_WORK_DIR   where the tools are; a directory in memory for what must not be on a disk
#
# Each call of a tool would be a JVM, a second of a core and more. So one JVM runs them all (kafka-session.sh, which says how it is asked),
# the state is read once, and only differences are changed.
set -euo pipefail

bin=${KAFKA_HOME:-/opt/kafka}/bin
desired=${SETUP_DESIRED_DIR:-/etc/kafka-setup}
secrets=${SETUP_SECRETS_DIR:-/run/secrets/kafka-users}
work=${SETUP_WORK_DIR:-/tmp}
timeout=${SETUP_TIMEOUT:-300}
mechanism=SCRAM-SHA-512
IFS=, read -ra endpoints <<<"$KAFKA_ENDPOINTS"
umask 077

say() { echo "setup: $*"; }
problem() {
    echo "setup: error: $*" >&2
    echo "$*" >>"$work/problems"
}
die() {
    problem "$@"
    exit 1
}

# The same with a JVM for each call, for upstream's image, which has no kafka-session.sh.
one_by_one() {
    local count word words status
    while read -r -d '' count; do
        words=()
        while [ ${#words[@]} -lt "$count" ] && read -r -d '' word; do words+=("$word"); done
        status=0
        "$bin/${words[2]}" "${words[@]:3}" </dev/null >"${words[0]}" 2>"${words[1]}" || status=$?
        echo $status
    done
}

# What runs the tools, one after the other; it ends when this script does.
begin_session() {
    coproc session { if [ -e "$bin/kafka-session.sh" ]; then exec "$bin/kafka-session.sh"; else one_by_one; fi 2>"$work/session.err"; }
    session_in=${session[1]:-} session_out=${session[0]:-}
    # One that has ended is told by its missing answer.
    trap '' PIPE
}

# Runs a tool. What it writes is in the file that is named, and beside it in <file>.err.
tool() { # file tool argument…
    local status words=("$1" "$1.err" "$2" --bootstrap-server "$KAFKA_ENDPOINTS" --command-config "$desired/admin.properties" "${@:3}")
    printf '%s\0' "${#words[@]}" "${words[@]}" >&"$session_in" 2>/dev/null || true
    read -r -u "$session_out" status || die "Kafka's tools have ended by themselves: $(reason "$work/session.err")"
    return "$status"
}

# What a tool said went wrong, without its stack.
reason() { # file…
    cat "$@" 2>/dev/null | grep -v '^[[:space:]]*at \|^[[:space:]]*$' | tail -n 2
}

# Runs a tool and says what became of it.
change() { # what tool argument…
    if tool "$work/answer" "${@:2}"; then say "$1"; else problem "$1: failed: $(reason "$work/answer" "$work/answer.err")"; fi
}

# False if any change has failed.
all_well() { [ ! -s "$work/problems" ]; }

wait_for_nodes() {
    local endpoint host port
    for endpoint in "${endpoints[@]}"; do
        host=${endpoint%:*}
        port=${endpoint##*:}
        say "waiting for $endpoint"
        until (exec 3<>"/dev/tcp/$host/$port") 2>/dev/null; do
            [ $SECONDS -lt "$timeout" ] || die "$endpoint takes no connection within $timeout s; see the log of ${host%%.*}"
            sleep 0.5
        done
    done
}

# Reads one part of the cluster's state into a file.
read_part() { # part tool argument…
    tool "$work/$1" "${@:2}" || echo "$2: $(reason "$work/$1" "$work/$1.err")" >>"$work/unread"
}

read_parts() {
    read_part topics kafka-topics.sh --describe
    # The others would say the same, each after a while.
    [ ! -s "$work/unread" ] || return 0
    read_part settings kafka-configs.sh --describe --entity-type topics
    read_part users kafka-configs.sh --describe --entity-type users
    read_part rights kafka-acls.sh --list
    [ ${#endpoints[@]} -gt 1 ] || return 0
    read_part cluster kafka-configs.sh --describe --entity-type brokers --entity-default
    read_part controllers kafka-metadata-quorum.sh describe --status
    controllers_complete || echo "only these are controllers so far: $(controllers)" >>"$work/unread"
}

# Several times at first: nodes answer before they have all found each other, or may be about to restart with a new password.
read_state() {
    while true; do
        rm -f "$work/unread"
        read_parts
        [ -s "$work/unread" ] || return 0
        [ $SECONDS -lt "$timeout" ] || die "the cluster isn't complete within $timeout s: $(head -n 3 "$work/unread")"
        say "not yet: $(head -n 1 "$work/unread")"
        sleep 1
    done
}

# Numbers of the nodes that vote.
controllers() { sed -n 's/^CurrentVoters://p' "$work/controllers" | grep -o '"id": [0-9]*' | grep -o '[0-9]*' | sort -n | paste -sd' '; }

controllers_complete() { [ "$(controllers)" = "$(seq -s' ' 0 $((${#endpoints[@]} - 1)))" ]; }

# How many copies must be written before a record counts. Since Kafka 4.1 the cluster keeps it in its own data, made from the
# settings of the first start, and no longer heeds those.
set_min_isr() {
    [ ${#endpoints[@]} -gt 1 ] || return 0
    ! grep -q "^ *min.insync.replicas=$KAFKA_MIN_ISR " "$work/cluster" || return 0
    change "cluster: min.insync.replicas=$KAFKA_MIN_ISR" kafka-configs.sh --alter --entity-type brokers --entity-default \
        --add-config "min.insync.replicas=$KAFKA_MIN_ISR"
}

# The settings that a topic has of its own, as lines key=value.
settings_of() { # topic
    awk -v "line=Dynamic configs for topic $1 are:" '
        $0 == line { mine = 1; next }
        /^Dynamic configs for topic / { mine = 0 }
        mine { sub(/^ +/, ""); sub(/ sensitive=.*$/, ""); print }' "$work/settings" | sort
}

make_topics() {
    local name partitions replicas has wanted now settings gone
    while read -r name partitions replicas; do
        wanted=$desired/topic-$name.properties
        has=$(awk -F '\t' -v "topic=Topic: $name" '$1 == topic && /PartitionCount/ { gsub(/[^0-9\t]/, "", $3); gsub(/[^0-9\t]/, "", $4); print $3, $4 }' "$work/topics")
        if [ -z "$has" ]; then
            settings=()
            while read -r now; do settings+=(--config "$now"); done < <(grep . "$wanted")
            change "topic $name: made, $partitions partitions" kafka-topics.sh --create --if-not-exists --topic "$name" \
                --partitions "$partitions" --replication-factor "$replicas" "${settings[@]}"
            continue
        fi
        now=$(settings_of "$name")
        gone=$(comm -23 <(cut -d= -f1 <<<"$now" | grep . | sort) <(cut -d= -f1 "$wanted" | grep . | sort) | paste -sd,)
        if [ -n "$(comm -13 <(echo "$now") <(grep . "$wanted" | sort))" ] || [ -n "$gone" ]; then
            settings=()
            [ ! -s "$wanted" ] || settings+=(--add-config-file "$wanted")
            [ -z "$gone" ] || settings+=(--delete-config "$gone")
            change "topic $name: settings changed" kafka-configs.sh --alter --entity-type topics --entity-name "$name" "${settings[@]}"
        fi
        if [ "$partitions" -gt "${has% *}" ]; then
            change "topic $name: from ${has% *} to $partitions partitions" kafka-topics.sh --alter --topic "$name" --partitions "$partitions"
        elif [ "$partitions" -lt "${has% *}" ]; then
            problem "topic $name: has ${has% *} partitions and can't shrink to $partitions without losing records; keep ${has% *} or make a new topic"
        elif [ "$replicas" -lt "${has#* }" ]; then
            problem "topic $name: has ${has#* } replicas, and copies are taken away by hand only: see the chart's README, or keep ${has#* }"
        else
            say "topic $name: there, $partitions partitions"
        fi
    done <"$desired/topics"
}

# After nodes were added: more copies of topics that were made when there were fewer, Kafka's own among them. Without these, the
# loss of the first node would stop the others.
make_replicas() {
    local wanted topic
    [ ${#endpoints[@]} -gt 1 ] || return 0
    wanted=$(awk '{ print $1 "=" $3 }' "$desired/topics" | paste -sd' ')
    for topic in __consumer_offsets __transaction_state __share_group_state; do wanted+=" $topic=$KAFKA_REPLICAS"; done
    awk -v "nodes=${#endpoints[@]}" -v "wanted=$wanted" -f "$desired/more-replicas.awk" "$work/topics" >"$work/replicas.json"
    [ ! -s "$work/replicas.json" ] ||
        change "topics: more copies are being made" kafka-reassign-partitions.sh --execute --reassignment-json-file "$work/replicas.json"
}

# Reads one value of a user's Secret into the variable that is named.
read_secret() { # variable file what
    local -n value=$1
    [ -r "$2" ] || die "$3: its Secret has no key ${2##*/}"
    value=$(<"$2")
    [[ $value =~ ^[A-Za-z0-9._~+=/-]+$ ]] || die "$3: key ${2##*/} of its Secret must be letters, digits and . _ ~ + = / - only"
}

# Users get their password anew each time: Kafka can't say whether it is still the same.
make_users() {
    local name username password
    while read -r name; do
        read_secret username "$secrets/$name/username" "user $name"
        read_secret password "$secrets/$name/password" "user $name"
        case $username in
            broker | admin) die "user $name: the username \"$username\" is an internal user's and may do everything; take another" ;;
        esac
        [ ${#password} -ge 8 ] || die "user $name: its password has ${#password} characters; it must have 8 or more"
        principals[$name]=$username
        # A file in memory, because an argument can be read by every process of the node.
        printf '%s=password=%s\n' $mechanism "$password" >"$work/user-$name.properties"
        change "user $name: there, as $username" kafka-configs.sh --alter --entity-type users --entity-name "$username" \
            --add-config-file "$work/user-$name.properties"
    done <"$desired/users"
}

# Rights as lines "principal type name pattern operation", of those principals only that are users with a password.
rights_there() {
    awk '
        /^Current ACLs for resource/ {
            type = name = pattern = $0
            sub(/.*resourceType=/, "", type); sub(/,.*/, "", type)
            sub(/.*name=/, "", name); sub(/, patternType=.*/, "", name)
            sub(/.*patternType=/, "", pattern); sub(/\).*/, "", pattern)
        }
        /principal=User:.*host=\*,.*permissionType=ALLOW/ {
            user = operation = $0
            sub(/.*principal=User:/, "", user); sub(/, host=.*/, "", user)
            sub(/.*operation=/, "", operation); sub(/,.*/, "", operation)
            print user, type, name, pattern, operation
        }' "$work/rights" | sort -u
}

# "transactional-id" as the tools list it: TRANSACTIONAL_ID.
listed() {
    local upper=${1^^}
    echo "${upper//-/_}"
}

rights_wanted() {
    local user type pattern operations operation name names
    while read -r user type pattern operations names; do
        for name in $names; do
            for operation in ${operations//,/ }; do
                echo "${principals[$user]} $(listed "$type") $name $(listed "$pattern") $(listed "$operation")"
            done
        done
    done <"$desired/rights" | sort -u
}

# One call for all operations on a resource, and in one for all resources with the same.
give_rights() {
    local user type pattern operations names name missing operation options
    rights_wanted >"$work/rights.wanted"
    rights_there >"$work/rights.there"
    comm -23 "$work/rights.wanted" "$work/rights.there" >"$work/rights.missing"
    while read -r user type pattern operations names; do
        missing=
        options=()
        for operation in ${operations//,/ }; do options+=(--operation "$operation"); done
        for name in $names; do
            options+=("--$type" "$name")
            ! grep -qF -- "${principals[$user]} $(listed "$type") $name $(listed "$pattern") " "$work/rights.missing" || missing=1
        done
        if [ -n "$missing" ]; then
            change "user $user: $operations on $type $names" kafka-acls.sh --add --force --allow-principal "User:${principals[$user]}" \
                --resource-pattern-type "$pattern" "${options[@]}"
        fi
    done <"$desired/rights"
}

# Users that nobody asks for any more, and rights of any user with a password that nobody asks for any more. Rights of others,
# given by hand, are left alone.
prune() {
    local there user type name pattern operations operation options
    there=$(sed -n "s/^SCRAM credential configs for user-principal '\(.*\)' are .*/\1/p" "$work/users")
    while read -r user type name pattern operations; do
        grep -qxF -- "$user" <<<"$there" || is_wanted "$user" || continue
        type=${type,,}
        options=()
        for operation in ${operations//,/ }; do options+=(--operation "$operation"); done
        change "user $user: no longer $operations on ${type//_/-} $name" kafka-acls.sh --remove --force \
            --allow-principal "User:$user" --resource-pattern-type "${pattern,,}" "--${type//_/-}" "$name" "${options[@]}"
    done < <(comm -13 "$work/rights.wanted" "$work/rights.there" | awk '
        { key = $1 " " $2 " " $3 " " $4; all[key] = all[key] (all[key] ? "," : "") $5 }
        END { for (key in all) print key, all[key] }')
    for user in $there; do
        is_wanted "$user" || change "user $user: removed, no longer asked for" kafka-configs.sh --alter --entity-type users \
            --entity-name "$user" --delete-config $mechanism
    done
}

is_wanted() { [[ " ${principals[*]} " == *" $1 "* ]]; }

mkdir -p "$work"
rm -f "$work/problems"
declare -A principals=()
# It starts while the nodes do.
begin_session
wait_for_nodes
read_state
say "connected as the administrator after $SECONDS s"
set_min_isr
make_topics
make_replicas
make_users
give_rights
# With a user missing, an old one may be the only one that works: remove nothing.
all_well || die "some of the above failed; nothing was removed"
prune
all_well || exit 1
say "done after $SECONDS s"
