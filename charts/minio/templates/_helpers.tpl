{{/* Every object is named after the release: one store a namespace and name, and Services have the name that users expect. */}}
{{- define "minio.labels" -}}
{{ include "minio.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels that never change, of the server; a job's pod has another component and is in no Service. */}}
{{- define "minio.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .component | default "server" }}
app.kubernetes.io/part-of: data-platform
{{- end }}

{{- define "minio.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What `restricted` asks of a pod, and a group by which it may read its volume and its Secrets. The image's user. */}}
{{- define "minio.podSecurityContext" -}}
runAsNonRoot: true
{{- if ne .Values.podUser "assigned" }}
runAsUser: 10002
runAsGroup: 10002
fsGroup: 10002
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "minio.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What both pods have in common. */}}
{{- define "minio.podCommon" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "minio.podSecurityContext" . | nindent 2 }}
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

{{/* The Service that gives each node a name. A StatefulSet can't change it: one of before keeps what it has. */}}
{{- define "minio.serviceName" -}}
{{- $set := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name | default dict }}
{{- dig "spec" "serviceName" "" $set | default (printf "%s-nodes" .Release.Name) }}
{{- end }}

{{/* Where the data lies: "/data", or "https://minio-{0...3}.minio-nodes.dev-storage.svc:9000/data", which MinIO expands. */}}
{{- define "minio.drives" -}}
{{- if gt (int .Values.nodes) 1 -}}
https://{{ .Release.Name }}-{0...{{ sub (int .Values.nodes) 1 }}}.{{ .Release.Name }}-nodes.{{ .Release.Namespace }}.svc:9000/data
{{- else -}}
/data
{{- end }}
{{- end }}

{{/*
What runs, and its settings. Our image calls the program minio, Silo's calls it silo, and neither knows the other's name; bash is in
both and gives its place to it.
*/}}
{{- define "minio.program" -}}
command:
  - bash
  - -c
  - exec "$(type -P silo || type -P minio)" "$@"
  - minio
  - server
  - {{ include "minio.drives" . }}
  - --address=:9000
  {{- if .Values.console.enabled }}
  - --console-address=:9001
  {{- end }}
  # With a certificate there, MinIO speaks nothing but TLS on both ports. It looks for a renewed one every minute.
  - --certs-dir=/etc/data-platform/tls
env:
  # This user has none, and MinIO won't start without; nothing is kept there.
  - name: HOME
    value: /tmp
  - name: MINIO_ROOT_USER_FILE
    value: /run/secrets/minio/rootUser
  - name: MINIO_ROOT_PASSWORD_FILE
    value: /run/secrets/minio/rootPassword
  - name: MINIO_SITE_REGION
    value: {{ .Values.region | quote }}
  - name: MINIO_BROWSER
    value: {{ ternary "on" "off" .Values.console.enabled | quote }}
  # No look-ups of newer releases on the internet: nothing here may leave the cluster.
  - name: MINIO_UPDATE
    value: "off"
{{- end }}

{{/* What nodes must have in common to join each other: the program, its settings, and by `rotation` the administrator. */}}
{{- define "minio.generation" -}}
{{- list (include "minio.image" .) (include "minio.program" .) (toString .Values.rotation) | toJson | sha256sum | trunc 16 }}
{{- end }}

{{/* Nodes apart from each other, over zones first, unless the values say otherwise; a full zone is no reason not to start. */}}
{{- define "minio.spread" -}}
{{- if .Values.topologySpreadConstraints -}}
topologySpreadConstraints: {{- toYaml .Values.topologySpreadConstraints | nindent 2 }}
{{- else if gt (int .Values.nodes) 1 -}}
topologySpreadConstraints:
  {{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
  - maxSkew: 1
    topologyKey: {{ . }}
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{- include "minio.selectorLabels" $ | nindent 8 }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "minio.dnsEgress" -}}
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

{{/* The names of a list, quoted, for an error message. */}}
{{- define "minio.names" -}}
{{- $names := list }}
{{- range . }}{{- $names = append $names (quote .name) }}{{- end }}
{{- join ", " $names | default "none" }}
{{- end }}

{{/* What a schema can't say: names must be unique, and a user's buckets must be there. */}}
{{- define "minio.check" -}}
{{- range $key := list "buckets" "users" }}
{{- $seen := dict }}
{{- range index $.Values $key }}
{{- if hasKey $seen .name }}{{ fail (printf "%s: two entries are named %q" $key .name) }}{{ end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- end }}
{{- $buckets := dict }}
{{- range .Values.buckets }}{{ $_ := set $buckets .name true }}{{ end }}
{{- range $user := .Values.users }}
{{- range $key := list "readwrite" "readonly" }}
{{- range index $user $key | default list }}
{{- if not (hasKey $buckets .) }}
{{- fail (printf "users: %s.%s names the bucket %q, which buckets doesn't have; there are %s" $user.name $key . (include "minio.names" $.Values.buckets)) }}
{{- end }}
{{- end }}
{{- end }}
{{- if not (concat ($user.readwrite | default list) ($user.readonly | default list)) }}
{{- fail (printf "users: %s has no bucket; name one in readwrite or readonly, or leave the user out" $user.name) }}
{{- end }}
{{- end }}
{{- end }}

{{/*
The number of nodes is written on the volumes: MinIO won't start with another one, however many objects there are. So another one
is refused while the store or a volume of it is there. The claims carry the number; one without it is of a single node. `lookup`
finds nothing in a plain `helm template`, which then just renders.
*/}}
{{- define "minio.checkNodes" -}}
{{- $nodes := int .Values.nodes }}
{{- if and (gt $nodes 1) (lt $nodes 4) }}
{{- fail (printf "nodes: %d can't be: 1 keeps objects on one volume, 4 to 16 spread each object so that a node may fail" $nodes) }}
{{- end }}
{{- $made := dict }}
{{- $set := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name | default dict }}
{{- with dig "spec" "replicas" 0 $set }}{{ $_ := set $made (toString .) "the StatefulSet" }}{{ end }}
{{- range dig "items" list (lookup "v1" "PersistentVolumeClaim" .Release.Namespace "" | default dict) }}
{{- if and (regexMatch (printf "^data-%s-[0-9]+$" $.Release.Name) .metadata.name) (not (dig "metadata" "deletionTimestamp" "" .)) }}
{{- $_ := set $made (dig "metadata" "annotations" "data-platform.io/nodes" "1" .) (printf "the volume %s" .metadata.name) }}
{{- end }}
{{- end }}
{{- range $count, $what := $made }}
{{- if ne (int $count) $nodes }}
{{- fail (printf "nodes: %s was made for %s and this would be %d. MinIO can't take objects from one number of nodes to another: keep %s, or see \"Another number of nodes\" in the chart's README" $what $count $nodes $count) }}
{{- end }}
{{- end }}
{{- end }}

{{/* A volume's size in MiB, so that 1024Gi and 1Ti are the same; the schema allows these three units. */}}
{{- define "minio.mebibytes" -}}
{{- $number := regexFind "^[0-9]+" . | int64 }}
{{- if hasSuffix "Ti" . }}{{ mul $number 1048576 }}{{ else if hasSuffix "Gi" . }}{{ mul $number 1024 }}{{ else }}{{ $number }}{{ end }}
{{- end }}

{{/*
A StatefulSet's claim can't be changed in place; without this, Helm ends with the API server's "updates to statefulset spec …
are forbidden". `lookup` finds nothing in a plain `helm template`, which then just renders.
*/}}
{{- define "minio.checkStorage" -}}
{{- $set := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name | default dict }}
{{- range dig "spec" "volumeClaimTemplates" list $set }}
{{- $size := dig "spec" "resources" "requests" "storage" "" . }}
{{- if and $size (ne (include "minio.mebibytes" $size) (include "minio.mebibytes" $.Values.storage.size)) }}
{{- fail (printf "storage.size: the volume of %s was made with %s and this would be %s, which Kubernetes can't change through a StatefulSet. Keep %s, or see \"A larger volume\" in the chart's README" $.Release.Name $size $.Values.storage.size $size) }}
{{- end }}
{{- end }}
{{- end }}
