#!/bin/bash
# Decides what becomes of a node's volume: volume.sh prepare | watch <process> | found | export <node> | import
#
# prepare  formats an empty one, once there is a quorum to join or a cluster to begin. Before the node starts.
# watch    says when no quorum has let the node in, or none is left. Beside the node, for as long as that process runs.
# found    a person's word, on node 0: all volumes are lost for good, begin a new cluster.
# export   what a node whose volume is lost needs to vote again, where too few of the others can: this node's metadata, under the
#          identity by which the voters know that node. To standard output.
# import   takes that in, on the node whose volume is lost and which waits. From standard input.
#
# A controller votes as its number and its volume's id. An empty log must never vote under an identity that others know (KIP-853):
# it would elect somebody who lacks what the lost one had helped to commit. So ids are drawn, never worked out. One node alone, 0,
# begins a cluster, as its only voter, and every other one joins: it copies the metadata, has a former voter of its number removed,
# and then becomes a voter (controller.quorum.auto.join.enable).
#
# POD_NAME, KAFKA_NODE_DOMAIN, KAFKA_CLUSTER_ID, KAFKA_HOME, KAFKA_SETTINGS_DIR, KAFKA_DATA_DIR, KAFKA_RUN_DIR   as in start.sh
# KAFKA_NODES                 number of nodes
# KAFKA_FIRST_START_DIR       has the file may-found as long as the release was never complete
# KAFKA_ASK_SECONDS           between two looks for a quorum
set -euo pipefail

home=${KAFKA_HOME:-/opt/kafka}
settings=${KAFKA_SETTINGS_DIR:-/etc/kafka}
data=${KAFKA_DATA_DIR:-/var/lib/kafka/data}
run=${KAFKA_RUN_DIR:-/run/kafka}
first_start=${KAFKA_FIRST_START_DIR:-/etc/data-platform/first-start}
ask_seconds=${KAFKA_ASK_SECONDS:-15}
node=${POD_NAME##*-}
logs=$data/logs
log=$logs/__cluster_metadata-0
word=$data/found-a-new-cluster
taken=$data/taken-in
runbook='docs/recovery.md, "Kafka: a lost volume"'

say() { echo "volume: $*"; }
die() {
    echo "volume: error: $*" >&2
    exit 1
}

# A tool lives for a second: none of the node's own options.
tool() {
    KAFKA_OPTS='' KAFKA_LOG4J_OPTS='' KAFKA_HEAP_OPTS=-Xmx96m KAFKA_JVM_PERFORMANCE_OPTS='-XX:+UseSerialGC -XX:TieredStopAtLevel=1' \
        "$home/bin/$1" "${@:2}"
}

format() {
    say "the volume is empty: formatting it for node $node of cluster $KAFKA_CLUSTER_ID, $1"
    tool kafka-storage.sh format --config "$run/server.properties" --cluster-id "$KAFKA_CLUSTER_ID" "$1"
}

# Whether there is a quorum. A wrong no only costs another look, unless this is the first start.
quorum_answers() {
    local i nodes=()
    [ "${KAFKA_NODES:-1}" -gt 1 ] || return 1
    for ((i = 0; i < KAFKA_NODES; i++)); do nodes+=("${POD_NAME%-*}-$i.$KAFKA_NODE_DOMAIN:9095"); done
    { cat "$settings/admin.properties" && echo default.api.timeout.ms=8000 && echo request.timeout.ms=4000; } >"$run/ask.properties"
    local IFS=,
    tool kafka-metadata-quorum.sh --bootstrap-controller "${nodes[*]}" --command-config "$run/ask.properties" describe --status \
        >/dev/null 2>&1
}

# Nothing on the volume can tell a new release from a lost volume. Helm can: it grants the first start, before it makes the nodes,
# and takes that back once all of them vote. Without it, a node that was never let in waits: for a quorum that it can join, or, on
# node 0, for a person's word. It must not run meanwhile: where it led the lost quorum, the others tell it so, and Kafka ends.
prepare() {
    local how=--no-initial-controllers
    until was_let_in || [ -d "$taken" ] || may_start; do
        say "node $node has an empty volume, its release has had a cluster before, and no quorum of that answers. The node waits for one." \
            "Where too many volumes are lost for a quorum: $runbook"
        sleep "$ask_seconds"
    done
    if [ -d "$taken" ]; then
        take_in
        return
    fi
    if [ -f "$logs/meta.properties" ]; then
        # A node that was to join, and never did, has nothing; a person's word makes it the first of a new cluster.
        if was_let_in || [ "$how" != --standalone ] || [ ! -e "$word" ]; then return 0; fi
        rm -rf "$logs"
    fi
    if [ "$how" = --standalone ]; then
        ! has_metadata || die "there is metadata in $log, but no meta.properties beside it: put that back"
    fi
    format "$how"
    rm -f "$word"
}

# Sets how. Node 0 asks first: a quorum that answers is joined, whatever else is said.
may_start() {
    if [ "$node" != 0 ]; then
        [ -e "$first_start/may-found" ] || quorum_answers
        return
    fi
    how=--no-initial-controllers
    ! quorum_answers || return 0
    how=--standalone
    [ -e "$first_start/may-found" ] || [ -e "$word" ]
}

# A quorum that lives writes to every node's metadata twice a second (metadata.max.idle.interval.ms): no JVM for this. That a leader
# is known says nothing: its name stays after it has gone.
watch() { # process
    local began=$SECONDS next=$((SECONDS + 4 * ask_seconds))
    while sleep "$ask_seconds" && kill -0 "$1" 2>/dev/null; do
        if [ -n "$(find "$log" -name '*.log' -size +0 -newermt "-$((2 * ask_seconds)) seconds" 2>/dev/null | head -n 1)" ]; then
            began=$SECONDS next=$((SECONDS + 4 * ask_seconds))
        fi
        [ $SECONDS -ge $next ] || continue
        next=$((SECONDS + 4 * ask_seconds))
        say "no quorum has let this node in for $((SECONDS - began)) s: a majority of the voters must be there with their own volumes." \
            "Where too many of those are lost: $runbook"
    done
}

# Labelled, and with anything of a quorum: what the first node of a cluster is formatted with, too.
was_let_in() {
    [ -f "$logs/meta.properties" ] && [ -n "$(find "$log" \( -name '*.log' -o -name '*.checkpoint' \) -size +0 2>/dev/null | head -n 1)" ]
}

# More than formatting leaves, the snapshot at offset 0.
has_metadata() { [ -n "$(find "$log" \( -name '*.log' -o -name '*.checkpoint' \) ! -name '*-0000000000.checkpoint' -size +0 2>/dev/null | head -n 1)" ]; }

found() {
    [ "$node" = 0 ] || die "only node 0 begins a cluster; this is node $node"
    ! was_let_in || die "this volume isn't empty; nothing to begin anew"
    touch "$word"
    say "noted: unless a quorum answers now, the node begins a new cluster within $ask_seconds s"
}

# All that is known of the voters, in the order in which it was written.
dump() {
    local files=()
    mapfile -t files < <(find "$log" -name '*.checkpoint' -size +0 | sort && find "$log" -name '*.log' -size +0 | sort)
    local IFS=,
    tool kafka-run-class.sh org.apache.kafka.tools.DumpLogSegments --cluster-metadata-decoder --files "${files[*]}"
}

# Without this node's own vote, and without indexes, which the other node makes anew. In the next epoch, so that a node which led the
# lost quorum isn't told that it leads still.
export_for() { # node
    local work known id epoch
    [[ $1 =~ ^[0-9]+$ && $1 != "$node" ]] || die "export for which other node?"
    ! quorum_answers || die "there is a quorum: node $1 joins it by itself"
    has_metadata || die "this node has no metadata to give"
    known=$(dump | awk '/ KRaftVoters / { voters = $0 } / offset: [0-9]/ { last = $3 } END { print voters; print last }')
    id=$(grep -o "\"voterId\":$1,\"voterDirectoryId\":\"[^\"]*" <<<"$known" | grep -o '[^"]*$') ||
        die "node $1 is no voter in this node's metadata"
    epoch=$(grep -o '"leaderEpoch":[0-9]*' "$log/quorum-state" | grep -o '[0-9]*$') || die "this node has never known an epoch"
    work=$(mktemp -d)
    printf '{"leaderId":-1,"leaderEpoch":%d,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}' \
        $((epoch + 1)) >"$work/next-epoch"
    printf '%s\n' version=1 "cluster.id=$(sed -n 's/^cluster.id=//p' "$logs/meta.properties")" "node.id=$1" "directory.id=$id" >"$work/meta.properties"
    tar -cf - -C "$work" meta.properties next-epoch -C "$logs" --exclude quorum-state --exclude '*.*index' bootstrap.checkpoint "${log##*/}"
    say "this node's metadata ends at offset ${known##*$'\n'}" >&2
    rm -r "$work"
}

import() {
    ! has_metadata || die "this node has metadata of its own: nothing is taken in over it"
    rm -rf "$taken" "$taken.new"
    mkdir "$taken.new"
    tar -xf - -C "$taken.new" || die "that is not what export writes"
    grep -qx "node.id=$node" "$taken.new/meta.properties" || die "that was exported for another node: $(grep '^node.id=' "$taken.new/meta.properties")"
    mv "$taken.new" "$taken"
    say "noted: a node that waits takes it in within $ask_seconds s, any other one at its next start"
}

take_in() {
    ! has_metadata || die "$taken is there, and metadata of the node's own too: take one of both away"
    say "taking in another node's metadata, to vote as $(grep '^directory.id=' "$taken/meta.properties")"
    [ ! -f "$taken/next-epoch" ] || mv "$taken/next-epoch" "$taken/${log##*/}/quorum-state"
    rm -rf "$logs"
    mv "$taken" "$logs"
}

case ${1:-} in
    prepare) prepare ;;
    watch) watch "${2:?which process?}" ;;
    found) found ;;
    export) export_for "${2:-}" ;;
    import) import ;;
    *) die "usage: $0 prepare | watch <process> | found | export <node> | import" ;;
esac
