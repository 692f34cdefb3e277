# Reads `kafka-topics.sh --describe` and writes the reassignment that gives each partition as many copies as its topic is to have:
# those that it has, then the nodes after its first one. Nothing is written if there is nothing to do; copies are never taken away.
#
# -v nodes=3                  nodes are 0, 1, 2
# -v wanted="flights=3 …"     copies by topic; other topics are left alone
BEGIN {
    FS = "\t"
    count = split(wanted, pairs, " ")
    for (i = 1; i <= count; i++) {
        split(pairs[i], pair, "=")
        copies[pair[1]] = pair[2]
    }
}
/^\tTopic: / {
    topic = $2
    sub(/^Topic: /, "", topic)
    partition = $3
    sub(/^Partition: /, "", partition)
    replicas = $5
    sub(/^Replicas: /, "", replicas)
    has = split(replicas, list, ",")
    if (!(topic in copies) || has >= copies[topic]) next
    split("", there)
    for (i = 1; i <= has; i++) there[list[i]] = 1
    for (i = 1; i < nodes && has < copies[topic]; i++) {
        node = (list[1] + i) % nodes
        if (node in there) continue
        replicas = replicas "," node
        has++
    }
    body = body (body ? "," : "") sprintf("{\"topic\":\"%s\",\"partition\":%d,\"replicas\":[%s]}", topic, partition, replicas)
}
END { if (body) printf "{\"version\":1,\"partitions\":[%s]}\n", body }
