#!/bin/bash
# Runs a throw-away node and the tools once while the image is made, and keeps the classes that they read as archives under
# /opt/kafka/cds: that saves a node a quarter of the work of its start and a tool a third of all it does. It is the image's smoke
# test too: what doesn't work here fails the build.
set -euo pipefail
home=${1:-/opt/kafka}
# Seconds for which a process may stand still.
still=${2:-300}
bin=$home/bin
work=$(mktemp -d)
node=
# Where a build has no process namespace of its own, the node would live on. That it was killed is no last word.
trap 'exec 2>/dev/null; [ -z "$node" ] || kill -KILL "$node" || true; rm -rf "$work"' EXIT
mkdir -p "$home/cds"

# The reason last: of a failed build that is what people see.
fail() {
    [ ! -s "$work/node.log" ] || tail -n 20 "$work/node.log" >&2
    echo "images/kafka/train.sh: $*" >&2
    exit 1
}

# Hundredths of a second: that a process has used a CPU, and that its threads have waited for one.
used() { sed 's/.*) //' "/proc/$1/stat" | awk '{ print $12 + $13 + $14 + $15 }'; }
waited() { cat "/proc/$1/task/"*/schedstat 2>/dev/null | awk '{ sum += $2 } END { printf "%d", sum / 1e7 }'; }

# until_so <process> <what> <command…>: waits until the command succeeds, for as long as the process lives and moves; load can't reach
# such a limit as it reaches one by the clock. It stands still when it neither works nor waits for a CPU nor says anything new in its
# log: a fiftieth of a core is what an idle JVM may take.
until_so() {
    local process=$1 what=$2 idle=0 cpu=0 queue=0 size=0 before now
    before=$(date +%s%N)
    until "${@:3}"; do
        kill -0 "$process" 2>/dev/null || fail "the node ended by itself before $what"
        sleep 0.25
        local c q s
        c=$(used "$process" 2>/dev/null) && q=$(waited "$process") && s=$(stat -c %s "$work/node.log") || continue
        now=$(date +%s%N)
        idle=$((idle + (now - before) / 10000000 - 50 * (c - cpu) - (q > queue ? q - queue : 0)))
        [ $idle -gt 0 ] && [ "$s" = "$size" ] || idle=0
        [ $idle -lt $((still * 100)) ] || fail "the node stands still: not $what, no output and hardly any CPU time for $still s"
        before=$now cpu=$c queue=$q size=$s
    done
}
open() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

# A build may share the host's network: take ports that nobody listens on.
port=0
for _ in {1..50}; do
    port=$((20000 + RANDOM % 20000))
    open "$port" || open $((port + 1)) || break
done

# With TLS, as in a cluster: reading certificates and keys is a good part of a tool's classes.
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$work/tls.key" -out "$work/ca.crt" -days 1 -subj /CN=train \
    -addext subjectAltName=DNS:localhost,IP:127.0.0.1 2>"$work/tool.log" || fail "openssl: $(cat "$work/tool.log")"
cat "$work/tls.key" "$work/ca.crt" >"$work/keystore.pem"

cat >"$work/server.properties" <<EOF
process.roles=broker,controller
node.id=0
controller.quorum.bootstrap.servers=127.0.0.1:$((port + 1))
listeners=CLIENT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$((port + 1))
controller.listener.names=CONTROLLER
inter.broker.listener.name=CLIENT
listener.security.protocol.map=CLIENT:SASL_SSL,CONTROLLER:SASL_SSL
ssl.keystore.type=PEM
ssl.keystore.location=$work/keystore.pem
ssl.truststore.type=PEM
ssl.truststore.location=$work/ca.crt
config.providers=dir
config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
listener.name.client.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-512
listener.name.controller.sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
sasl.mechanism.controller.protocol=PLAIN
listener.name.client.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="node" password="build" user_node="build";
listener.name.client.scram-sha-512.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.controller.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="node" password="build" user_node="build";
# How long it takes is not for the node to judge; see until_so.
initial.broker.registration.timeout.ms=86400000
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
super.users=User:node
log.dirs=$work/data
offsets.topic.replication.factor=1
offsets.topic.num.partitions=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=1
EOF
cat >"$work/client.properties" <<EOF
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location=$work/ca.crt
config.providers=dir
config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
default.api.timeout.ms=86400000
request.timeout.ms=3600000
sasl.mechanism=PLAIN
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="node" password="build";
EOF

# All tools in one JVM, as a cluster's setup runs them: the archive that it leaves has the classes of all.
ask() { # tool argument…
    local status words=("$work/tool.log" "$work/tool.err" "$1" --bootstrap-server "127.0.0.1:$port" --command-config "$work/client.properties" "${@:2}")
    printf '%s\0' "${#words[@]}" "${words[@]}" >&"$asked" 2>/dev/null || true
    read -r -u "$answers" status || fail "$1: the session has ended: $(cat "$work/session.log")"
    [ "$status" = 0 ] || fail "$1: $(cat "$work/tool.log" "$work/tool.err")"
}

"$bin/kafka-storage.sh" format -t MkU3OEVBNTcwNTJENDM2Qg -c "$work/server.properties" --standalone >"$work/tool.log" 2>&1 ||
    fail "format: $(cat "$work/tool.log")"

export KAFKA_HEAP_OPTS=-Xmx256m
KAFKA_CDS_DUMP=1 "$bin/kafka-server-start.sh" "$work/server.properties" >"$work/node.log" 2>&1 &
node=$!
until_so $node "listening on port $port" open "$port"

coproc tools { KAFKA_CDS_DUMP=1 exec "$bin/kafka-session.sh" 2>"$work/session.log"; }
session=$tools_PID asked=${tools[1]:-} answers=${tools[0]:-}
# One that has ended is told by its missing answer.
trap '' PIPE
ask kafka-topics.sh --create --topic train --partitions 1 --config cleanup.policy=compact
ask kafka-topics.sh --describe
ask kafka-configs.sh --alter --entity-type users --entity-name train --add-config 'SCRAM-SHA-512=[password=train]'
ask kafka-configs.sh --describe --entity-type topics
ask kafka-acls.sh --add --allow-principal User:train --operation Read --topic train --force
ask kafka-acls.sh --list
ask kafka-metadata-quorum.sh describe --status
# It ends with its input, and writes the archive then.
exec {asked}>&-
wait "$session" || fail "the session didn't end in order: $(cat "$work/session.log")"

kill $node
wait $node || [ $? = 143 ] || fail "the node didn't stop in order"
node=
for archive in server tools; do
    [ -s "$home/cds/$archive.jsa" ] || fail "no archive $home/cds/$archive.jsa"
    chmod 0644 "$home/cds/$archive.jsa"
done
ls -l "$home/cds"
