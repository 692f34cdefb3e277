#!/bin/bash
# Starts one node: gives its volume the cluster's id on the first start, writes its settings, becomes Kafka.
#
# POD_NAME                    ends with the node's number
# KAFKA_NODE_DOMAIN           kafka-nodes.<namespace>.svc
# KAFKA_CLUSTER_ID            22 characters
# KAFKA_INITIAL_NODES         number of nodes that the cluster began with
# KAFKA_HOME, KAFKA_SETTINGS_DIR, KAFKA_SECRETS_DIR, KAFKA_CA_FILE, KAFKA_DATA_DIR, KAFKA_RUN_DIR   where things are; certificate.sh
# has more
set -euo pipefail

home=${KAFKA_HOME:-/opt/kafka}
settings=${KAFKA_SETTINGS_DIR:-/etc/kafka}
secrets=${KAFKA_SECRETS_DIR:-/run/secrets/kafka}
ca=${KAFKA_CA_FILE:-/etc/data-platform/ca/ca.crt}
data=${KAFKA_DATA_DIR:-/var/lib/kafka/data}
run=${KAFKA_RUN_DIR:-/run/kafka}
node=${POD_NAME##*-}

say() { echo "start: $*"; }
die() {
    echo "start: error: $*" >&2
    exit 1
}

# The passwords stand in quotes within settings, where other characters would need escapes that differ from place to place.
for key in broker admin; do
    [ -r "$secrets/$key" ] || die "the Secret for the nodes has no key \"$key\""
    [[ $(<"$secrets/$key") =~ ^[A-Za-z0-9._~+=/-]{8,}$ ]] ||
        die "key \"$key\" of the Secret for the nodes must have 8 characters or more, only letters, digits and . _ ~ + = / -"
done

grep -q 'BEGIN CERTIFICATE' "$ca" || die "the Secret with the authority has no certificate in its key \"ca.crt\""
bash "$settings/certificate.sh" take

# By this the liveness probe sees that a password or the authority was changed since. Files, so that no password is an argument.
sha256sum "$secrets/broker" "$secrets/admin" "$ca" >"$run/secrets.sha256"

here=$POD_NAME.$KAFKA_NODE_DOMAIN
{
    cat "$settings/server.properties"
    echo "node.id=$node"
    echo "advertised.listeners=CLIENT://$here:9093,INTERNAL://$here:9094,CONTROLLER://$here:9095"
} >"$run/server.properties"

# A controller is known by its number and by its volume's id. That id is worked out, not drawn, because each of the first
# controllers must name those of all the others before any of them runs. 21 hexadecimal digits and an A are an id of Kafka's.
directory_id() { # node
    local sum
    sum=$(echo "$KAFKA_CLUSTER_ID/$1" | sha256sum)
    echo "${sum:0:21}A"
}

first_controllers() {
    local i list=()
    for ((i = 0; i < KAFKA_INITIAL_NODES; i++)); do
        list+=("$i@${POD_NAME%-*}-$i.$KAFKA_NODE_DOMAIN:9095:$(directory_id "$i")")
    done
    local IFS=,
    echo "${list[*]}"
}

meta=$data/logs/meta.properties
if [ ! -f "$meta" ]; then
    if [ "$node" -lt "$KAFKA_INITIAL_NODES" ]; then
        role=(--initial-controllers "$(first_controllers)")
    else
        # Added later: joins the controllers that are there (controller.quorum.auto.join.enable), never starts its own.
        role=(--no-initial-controllers)
    fi
    say "empty volume: formatting it for node $node of cluster $KAFKA_CLUSTER_ID, ${role[*]}"
    "$home/bin/kafka-storage.sh" format --config "$run/server.properties" --cluster-id "$KAFKA_CLUSTER_ID" "${role[@]}"
elif ! grep -qx "cluster.id=$KAFKA_CLUSTER_ID" "$meta"; then
    say "the volume is of another cluster id than $KAFKA_CLUSTER_ID and keeps it: $(grep '^cluster.id=' "$meta")"
fi

# Ends with the node, as everything in its container does.
bash "$settings/certificate.sh" watch $$ &

exec "$home/bin/kafka-server-start.sh" "$run/server.properties"
