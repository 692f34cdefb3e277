#!/bin/bash
# Starts what Spark on Kubernetes asks for: `driver …` and `executor` with the variables that Spark sets on their pods,
# `history-server`, or any other command.
set -euo pipefail

# Java trusts what the system trusts, and the platform's own authority and the object store's where their certificates are mounted.
authorities=("${PLATFORM_CA_FILE:-/etc/data-platform/ca/ca.crt}" ${S3_CA_FILE:+"$S3_CA_FILE"})
system=${SYSTEM_CA_FILE:-/etc/ssl/certs/ca-certificates.crt}
trust() {
    java_options=("-Dlog4j2.configurationFile=${SPARK_LOG_CONFIG:-file:$SPARK_HOME/log4j2.properties}")
    local authority store mounted=()
    for authority in "${authorities[@]}"; do
        [ ! -e "$authority" ] || mounted+=("$authority")
    done
    [ ${#mounted[@]} -gt 0 ] || return 0
    store=$(mktemp --tmpdir truststore.XXXXXX)
    python3 "$SPARK_HOME/truststore.py" "$store" "$system" "${mounted[@]}"
    java_options+=("-Djavax.net.ssl.trustStore=$store" -Djavax.net.ssl.trustStoreType=JKS
        -Djavax.net.ssl.trustStorePassword=changeit)
}

# The settings directory goes first, where Spark mounts the properties of a job.
classpath=${SPARK_CONF_DIR:-$SPARK_HOME/conf}:$SPARK_HOME/jars/*${SPARK_EXTRA_CLASSPATH:+:$SPARK_EXTRA_CLASSPATH}

case "${1:-}" in
driver)
    shift
    trust
    # What spark-submit adds to the options of the driver's Java, after those of the job.
    export SPARK_SUBMIT_OPTS="${SPARK_SUBMIT_OPTS:-} ${java_options[*]}"
    set -- "$SPARK_HOME/bin/spark-submit" \
        --conf "spark.driver.bindAddress=$SPARK_DRIVER_BIND_ADDRESS" \
        --conf "spark.executorEnv.SPARK_DRIVER_POD_IP=$SPARK_DRIVER_BIND_ADDRESS" \
        --deploy-mode client "$@"
    ;;
executor)
    trust
    # Numbered by Spark, one option each, in their order: an option may hold blanks.
    options=()
    for ((number = 0; ; number++)); do
        name=SPARK_JAVA_OPT_$number
        [ -n "${!name+set}" ] || break
        options+=("${!name}")
    done
    set -- java "${options[@]}" "${java_options[@]}" "-Xms$SPARK_EXECUTOR_MEMORY" "-Xmx$SPARK_EXECUTOR_MEMORY" \
        -cp "$classpath" org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
        --driver-url "$SPARK_DRIVER_URL" \
        --executor-id "$SPARK_EXECUTOR_ID" \
        --cores "$SPARK_EXECUTOR_CORES" \
        --app-id "$SPARK_APPLICATION_ID" \
        --hostname "$SPARK_EXECUTOR_POD_IP" \
        --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
        --podName "$SPARK_EXECUTOR_POD_NAME"
    ;;
history-server)
    shift
    trust
    export SPARK_HISTORY_OPTS="${SPARK_HISTORY_OPTS:-} ${java_options[*]}"
    set -- "$SPARK_HOME/bin/spark-class" org.apache.spark.deploy.history.HistoryServer "$@"
    ;;
esac
exec "$@"
