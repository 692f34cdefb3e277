{{/* Every object is named after the release: one cluster a namespace and name, and Services have the name that users expect. */}}
{{- define "kafka.labels" -}}
{{ include "kafka.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels that never change, of the nodes; a job's pod has another component and is in no Service. */}}
{{- define "kafka.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .component | default "node" }}
app.kubernetes.io/part-of: data-platform
{{- end }}

{{- define "kafka.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What `restricted` asks of a pod, and a group by which it may read its volume and its Secrets. The image's user. */}}
{{- define "kafka.podSecurityContext" -}}
runAsNonRoot: true
{{- if ne .Values.podUser "assigned" }}
runAsUser: 10003
runAsGroup: 10003
fsGroup: 10003
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "kafka.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What both pods have in common. */}}
{{- define "kafka.podCommon" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "kafka.podSecurityContext" . | nindent 2 }}
{{- with .Values.imagePullSecrets }}
imagePullSecrets: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Nodes over zones, unless the values say otherwise; a full zone is no reason not to start. */}}
{{- define "kafka.spread" -}}
{{- if .Values.topologySpreadConstraints -}}
topologySpreadConstraints: {{- toYaml .Values.topologySpreadConstraints | nindent 2 }}
{{- else if gt (int .Values.nodes) 1 -}}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "kafka.selectorLabels" . | nindent 8 }}
{{- end }}
{{- end }}

{{/* The names of a list, quoted, for an error message. */}}
{{- define "kafka.names" -}}
{{- $names := list }}
{{- range . }}{{- $names = append $names (quote .name) }}{{- end }}
{{- join ", " $names | default "none" }}
{{- end }}

{{/* A node's name in the cluster: "kafka-0.kafka-nodes.dev-streaming.svc". */}}
{{- define "kafka.domain" -}}
{{ .Release.Name }}-nodes.{{ .Release.Namespace }}.svc
{{- end }}

{{/* All nodes at a port: "kafka-0.….svc:9095,kafka-1.….svc:9095". */}}
{{- define "kafka.endpoints" -}}
{{- $endpoints := list }}
{{- range $i := until (int .Values.nodes) }}
{{- $endpoints = append $endpoints (printf "%s-%d.%s:%d" $.Release.Name $i (include "kafka.domain" $) $.port) }}
{{- end }}
{{- join "," $endpoints }}
{{- end }}

{{/* Kafka reads its ids as base64; 21 hexadecimal digits and an A are one. */}}
{{- define "kafka.clusterId" -}}
{{ .Values.clusterId | default (printf "%sA" (printf "%s/%s" .Release.Namespace .Release.Name | sha256sum | trunc 21)) }}
{{- end }}

{{/* Copies of a record by default, and how many of them must be written before it counts: one node may fail, none is lost. */}}
{{- define "kafka.replicas" -}}{{ min 3 .Values.nodes }}{{- end }}
{{- define "kafka.minInsyncReplicas" -}}
{{ get .Values.config "min.insync.replicas" | default (ternary 2 1 (ge (int .Values.nodes) 3)) }}
{{- end }}

{{/* A setting's value. Helm reads numbers as floating point and would write 86400000 as 8.64e+07. */}}
{{- define "kafka.setting" -}}
{{- if and (kindIs "float64" .) (eq . (floor .)) }}{{ int64 . }}{{ else }}{{ . }}{{ end }}
{{- end }}

{{/* What a schema can't say: names must be unique, and each must mean something that is there. */}}
{{- define "kafka.check" -}}
{{- if gt (include "kafka.minInsyncReplicas" . | int) (int .Values.nodes) }}
{{- fail (printf "config: min.insync.replicas is %s, but nodes is %d; nothing could ever be written" (include "kafka.minInsyncReplicas" .) (int .Values.nodes)) }}
{{- end }}
{{- range $key := list "topics" "users" }}
{{- $seen := dict }}
{{- range index $.Values $key }}
{{- if hasKey $seen .name }}{{ fail (printf "%s: two entries are named %q" $key .name) }}{{ end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- end }}
{{- $topics := dict }}
{{- range .Values.topics }}
{{- $_ := set $topics .name true }}
{{- if gt (int .replicas) (int $.Values.nodes) }}
{{- fail (printf "topics: %s wants %d replicas, but nodes is %d; a node holds one replica of a partition" .name (int .replicas) (int $.Values.nodes)) }}
{{- end }}
{{- end }}
{{- range $user := .Values.users }}
{{- range $key := list "produce" "consume" }}
{{- range index $user $key | default list }}
{{- if not (hasKey $topics .) }}
{{- fail (printf "users: %s.%s names the topic %q, which topics doesn't have; there are %s" $user.name $key . (include "kafka.names" $.Values.topics)) }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Not empty if nodes of this release are there, or volumes that outlived it. Claims that a StatefulSet owns go with it. */}}
{{- define "kafka.exists" -}}
{{- $set := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name | default dict }}
{{- if and $set (not (dig "metadata" "deletionTimestamp" "" $set)) }}yes{{ end }}
{{- range dig "items" list (lookup "v1" "PersistentVolumeClaim" .Release.Namespace "" | default dict) }}
{{- $owned := regexMatch "StatefulSet" (dig "metadata" "ownerReferences" list . | toJson) }}
{{- if and (regexMatch (printf "^data-%s-[0-9]+$" $.Release.Name) .metadata.name) (not $owned) (not (dig "metadata" "deletionTimestamp" "" .)) }}yes{{ end }}
{{- end }}
{{- end }}

{{/*
How many nodes the cluster was made with, which the claims say: their template can never be changed. And there may never be fewer
nodes than claims. `lookup` finds nothing in a plain `helm template`, which then just renders a new cluster.
*/}}
{{- define "kafka.initialNodes" -}}
{{- $initial := int .Values.nodes }}
{{- $highest := 0 }}
{{- range dig "items" list (lookup "v1" "PersistentVolumeClaim" .Release.Namespace "" | default dict) }}
{{- if and (regexMatch (printf "^data-%s-[0-9]+$" $.Release.Name) .metadata.name) (not (dig "metadata" "deletionTimestamp" "" .)) }}
{{- $highest = max $highest (add1 (regexFind "[0-9]+$" .metadata.name | int)) }}
{{- $initial = dig "metadata" "annotations" "data-platform.io/initial-nodes" $initial . | int }}
{{- end }}
{{- end }}
{{- if gt (int $highest) (int .Values.nodes) }}
{{- fail (printf "nodes: the cluster %s has volumes of %d nodes and this would leave %d. A node that goes takes its replicas with it: see \"Fewer nodes\" in the chart's README, or keep %d" .Release.Name (int $highest) (int .Values.nodes) (int $highest)) }}
{{- end }}
{{- $initial }}
{{- end }}

{{/* A volume's size in MiB, so that 1024Gi and 1Ti are the same; the schema allows these three units. */}}
{{- define "kafka.mebibytes" -}}
{{- $number := regexFind "^[0-9]+" . | int64 }}
{{- if hasSuffix "Ti" . }}{{ mul $number 1048576 }}{{ else if hasSuffix "Gi" . }}{{ mul $number 1024 }}{{ else }}{{ $number }}{{ end }}
{{- end }}

{{/*
A StatefulSet's claim can't be changed in place; without this, Helm ends with the API server's "updates to statefulset spec …
are forbidden". `lookup` finds nothing in a plain `helm template`, which then just renders.
*/}}
{{- define "kafka.checkStorage" -}}
{{- $set := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name | default dict }}
{{- range dig "spec" "volumeClaimTemplates" list $set }}
{{- $size := dig "spec" "resources" "requests" "storage" "" . }}
{{- if and $size (ne (include "kafka.mebibytes" $size) (include "kafka.mebibytes" $.Values.storage.size)) }}
{{- fail (printf "storage.size: the volume of %s was made with %s and this would be %s, which Kubernetes can't change through a StatefulSet. Keep %s, or see \"A larger volume\" in the chart's README" $.Release.Name $size $.Values.storage.size $size) }}
{{- end }}
{{- end }}
{{- end }}

{{/* The authority that nodes and clients verify certificates by. */}}
{{- define "kafka.authority" -}}
- name: ca
  secret:
    secretName: {{ .Values.ca.existingSecret }}
    defaultMode: 288 # 0440, which YAML 1.2 would read as decimal
    items:
      - { key: ca.crt, path: ca.crt }
{{- end }}

{{- define "kafka.dnsEgress" -}}
{{- with .Values.dns }}
{{- toYaml . }}
{{- else }}
- to:
    - namespaceSelector:
        matchLabels:
          kubernetes.io/metadata.name: kube-system
      podSelector:
        matchLabels:
          k8s-app: kube-dns
  ports:
    - { port: 53, protocol: UDP }
    - { port: 53, protocol: TCP }
{{- end }}
{{- end }}

{{/* How the administrator logs in. The tools read the password from the mounted Secret, so it is in no argument and no copy. */}}
{{- define "kafka.adminProperties" -}}
security.protocol=SASL_SSL
ssl.truststore.type=PEM
ssl.truststore.location=/etc/data-platform/ca/ca.crt
sasl.mechanism=PLAIN
config.providers=dir
config.providers.dir.class=org.apache.kafka.common.config.provider.DirectoryConfigProvider
config.providers.dir.param.allowed.paths=/run/secrets/kafka
sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required username="admin" password="${dir:/run/secrets/kafka:admin}";
# The tools' own is a minute, in which a wrong password or a missing node would say nothing.
default.api.timeout.ms=20000
request.timeout.ms=10000
{{- end }}
