#!/bin/bash
# The readiness of one node of several: as seen from here, enough nodes are there for the store to take writes.
#
# MinIO lets nodes join each other only if they have the same program, the same settings and the same administrator. After a change
# of one of these, a rolling update would wait for its first node forever. So a node that hasn't joined since its start, long enough
# for it to have joined the others as they are, is called ready all the same: the next one follows, and they join each other. What
# it is asked meanwhile it answers with 503, which clients try again elsewhere.
#
# NODES            how many there are
# MINIO_PID        the server's process
# READY_AFTER      seconds after which a node that hasn't joined lets the next one follow
# READY_DIR        where it is noted that this start has joined
set -euo pipefail

pid=${MINIO_PID:-1}
after=${READY_AFTER:-30}
dir=${READY_DIR:-/tmp}
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

# mc would go on asking.
if answer=$(timeout 3 mc --insecure --no-color ready node 2>&1); then
    [ -e "$joined" ] || { rm -f "$dir"/joined.* && touch "$joined"; }
elif [ ! -e "$joined" ] && [ "$age" -ge "$after" ] && [ "$age" -lt $((120 * NODES)) ]; then
    echo "not joined after $age s: the next node may follow"
else
    echo "the store takes no writes: ${answer%%$'\n'*}" >&2
    exit 1
fi
