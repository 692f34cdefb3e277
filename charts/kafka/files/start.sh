#!/bin/bash
# Starts one node: writes its settings, has an empty volume formatted (volume.sh), becomes Kafka.
#
# POD_NAME                    ends with the node's number
# KAFKA_NODE_DOMAIN           kafka-nodes.<namespace>.svc
# KAFKA_CLUSTER_ID            22 characters
# KAFKA_HOME, KAFKA_SETTINGS_DIR, KAFKA_SECRETS_DIR, KAFKA_CA_FILE, KAFKA_DATA_DIR, KAFKA_RUN_DIR   where things are; certificate.sh
# and volume.sh have more
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

meta=$data/logs/meta.properties
bash "$settings/volume.sh" prepare
grep -qx "cluster.id=$KAFKA_CLUSTER_ID" "$meta" ||
    say "the volume is of another cluster id than $KAFKA_CLUSTER_ID and keeps it: $(grep '^cluster.id=' "$meta")"

# Ends with the node, as everything in its container does.
bash "$settings/certificate.sh" watch $$ &
bash "$settings/volume.sh" watch $$ &

exec "$home/bin/kafka-server-start.sh" "$run/server.properties"
