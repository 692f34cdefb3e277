#!/bin/bash
# A small network of its own for nodes that run side by side on one machine, each with an address, a volume and the usual port, as
# pods have them. Nothing of it is seen outside, and nothing is left when this process ends.
#
#   unshare --net --mount bash minio-nodes.sh <nodes> <directory> <domain>
#
# Says "ready" when it is. A node is then entered by `ip netns exec node<i>`, within this process's namespaces.
set -euo pipefail
nodes=$1 dir=$2 domain=$3

# For ip's names of networks and for the nodes' volumes. In memory: MinIO refuses to use the root's own file system.
mount -t tmpfs -o size=1g tmpfs /run
ip link set lo up
ip link add switch type bridge
ip addr add 10.231.0.254/24 dev switch
ip link set switch up
cp /etc/hosts "$dir/hosts"
for ((i = 0; i < nodes; i++)); do
    ip netns add "node$i"
    ip link add "port$i" type veth peer name eth0 netns "node$i"
    ip link set "port$i" master switch up
    ip -n "node$i" link set lo up
    ip -n "node$i" addr add "10.231.0.$((i + 1))/24" dev eth0
    ip -n "node$i" link set eth0 up
    echo "10.231.0.$((i + 1)) minio-$i.$domain" >>"$dir/hosts"
done
mount --bind "$dir/hosts" /etc/hosts
mkdir -p /run/data
echo ready
exec sleep infinity
