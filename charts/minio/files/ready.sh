#!/bin/bash
# The readiness of one node of several: as seen from here, enough nodes are there for the store to take writes.
#
# A node that hasn't joined isn't ready, so that no budget and no update goes on over one that is down. But MinIO lets nodes join
# each other only if they have the same program, the same settings and the same administrator, and after a change of one of these a
# rolling update would wait for its first node forever. All that must be the same is the generation. A node notes on its volume in
# which generation it last joined; only one that comes back in another, and hasn't joined in a while, is called ready all the same:
# the next one follows, and they join each other. What it is asked meanwhile it answers with 503, which clients try again elsewhere.
#
# NODES            how many there are
# GENERATION       what nodes must have in common, as a hash
# MINIO_PID        the server's process
# READY_AFTER      seconds after which a node that hasn't joined lets the next one follow
# READY_DIR        where it is noted that this start has joined
# READY_VOLUME     the node's volume
set -euo pipefail

pid=${MINIO_PID:-1}
after=${READY_AFTER:-30}
dir=${READY_DIR:-/tmp}
volume=${READY_VOLUME:-/data}
export MC_CONFIG_DIR=$dir/mc
# Without keys, and without a look at the certificate: a probe of the kubelet's own wouldn't look at it either.
export MC_HOST_node=https://127.0.0.1:9000

# In hundredths of a second since the machine started, as is the 22nd field; the second one is the program's name in brackets.
stat=$(<"/proc/$pid/stat")
read -ra fields <<<"${stat##*) }"
started=${fields[19]}
read -r now _ </proc/uptime
age=$((${now%.*} - started / 100))
joined=$dir/joined.$started

# Not a directory: MinIO looks at no file here.
generation=$volume/.data-platform-generation

# Whether this node comes from another generation: it was there before this start, and last joined in another one. A volume that
# was empty at the start has never been in any.
comes_from_another() {
    local last="" now formatted
    [ ! -r "$generation" ] || last=$(<"$generation")
    printf -v now '%(%s)T' -1
    formatted=$(stat -c %Y "$volume/.minio.sys/format.json" 2>/dev/null) || return 1
    [ "$last" != "$GENERATION" ] && [ "$formatted" -lt $((now - age)) ]
}

# mc would go on asking.
if answer=$(timeout 3 mc --insecure --no-color ready node 2>&1); then
    if [ ! -e "$joined" ]; then
        rm -f "$dir"/joined.*
        # A full volume keeps nobody from being ready.
        { echo "$GENERATION" >"$generation.new" && mv "$generation.new" "$generation"; } 2>/dev/null || true
        touch "$joined"
    fi
elif [ ! -e "$joined" ] && [ "$age" -ge "$after" ] && [ "$age" -lt $((120 * NODES)) ] && comes_from_another; then
    echo "not joined after $age s, in another generation than before: the next node may follow"
else
    echo "the store takes no writes: ${answer%%$'\n'*}" >&2
    exit 1
fi
