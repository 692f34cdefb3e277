{{/* Every object is named after the release: Services have the name that users expect. */}}
{{- define "postgresql.labels" -}}
{{ include "postgresql.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels that never change, of the server; a job's pod has another component and is in no Service. */}}
{{- define "postgresql.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .component | default "server" }}
app.kubernetes.io/part-of: data-platform
{{- end }}

{{- define "postgresql.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What `restricted` asks of a pod, and a group by which it may read its volume and its Secrets. The image's user. */}}
{{- define "postgresql.podSecurityContext" -}}
runAsNonRoot: true
{{- if ne .Values.podUser "assigned" }}
runAsUser: 999
runAsGroup: 999
fsGroup: 999
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "postgresql.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What both pods have in common. */}}
{{- define "postgresql.podCommon" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "postgresql.podSecurityContext" . | nindent 2 }}
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

{{/* The Service that gives the pod a name. A StatefulSet can't change it: one of before keeps what it has. */}}
{{- define "postgresql.serviceName" -}}
{{- $set := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name | default dict }}
{{- dig "spec" "serviceName" "" $set | default (printf "%s-nodes" .Release.Name) }}
{{- end }}

{{/* The names of a list, quoted, for an error message. */}}
{{- define "postgresql.names" -}}
{{- $names := list }}
{{- range . }}{{- $names = append $names (quote .name) }}{{- end }}
{{- join ", " $names | default "none" }}
{{- end }}

{{/* What a schema can't say: names and databases must be unique. */}}
{{- define "postgresql.check" -}}
{{- range $key := list "name" "database" }}
{{- $seen := dict }}
{{- range $.Values.applications }}
{{- $value := index . $key }}
{{- if hasKey $seen $value }}{{ fail (printf "applications: two entries have the %s %q" $key $value) }}{{ end }}
{{- $_ := set $seen $value true }}
{{- end }}
{{- end }}
{{- end }}

{{/* An amount of memory or storage in MiB, as a whole number; without a unit it is bytes. */}}
{{- define "postgresql.mebibytes" -}}
{{- $text := toString . }}
{{- $number := regexFind "^[0-9.]+" $text | float64 }}
{{- $units := dict "Ki" 1024.0 "Mi" 1048576.0 "Gi" 1073741824.0 "Ti" 1099511627776.0 "k" 1e3 "M" 1e6 "G" 1e9 "T" 1e12 }}
{{- $unit := get $units (regexFind "[A-Za-z]+$" $text) | default 1.0 }}
{{- divf (mulf $number $unit) 1048576.0 | floor | int64 }}
{{- end }}

{{/*
How the server uses the memory that it is given. Its buffers are in the cgroup's account like all else: half of what is requested,
so that they are never what must give way, and no more than a quarter of the limit, because sessions need the rest.
*/}}
{{- define "postgresql.memory" -}}
{{- $request := include "postgresql.mebibytes" .Values.resources.requests.memory | int64 }}
{{- $limit := include "postgresql.mebibytes" .Values.resources.limits.memory | int64 }}
{{- $storage := include "postgresql.mebibytes" .Values.storage.size | int64 -}}
shared_buffers = {{ max 16 (min (div $request 2) (div $limit 4)) }}MB
effective_cache_size = {{ max 32 (div (mul $limit 3) 4) }}MB
maintenance_work_mem = {{ max 8 (min 512 (div $limit 16)) }}MB
# Changes not yet in their place take a fifth of the volume at most.
max_wal_size = {{ max 64 (min 1024 (div $storage 5)) }}MB
min_wal_size = {{ max 32 (min 80 (div $storage 20)) }}MB
{{- end }}

{{/*
A StatefulSet's claim can't be changed in place; without this, Helm ends with the API server's "updates to statefulset spec …
are forbidden". `lookup` finds nothing in a plain `helm template`, which then just renders.
*/}}
{{- define "postgresql.checkStorage" -}}
{{- $set := lookup "apps/v1" "StatefulSet" .Release.Namespace .Release.Name | default dict }}
{{- range dig "spec" "volumeClaimTemplates" list $set }}
{{- $size := dig "spec" "resources" "requests" "storage" "" . }}
{{- if and $size (ne (include "postgresql.mebibytes" $size) (include "postgresql.mebibytes" $.Values.storage.size)) }}
{{- fail (printf "storage.size: the volume of %s was made with %s and this would be %s, which Kubernetes can't change through a StatefulSet. Keep %s, or see \"A larger volume\" in the chart's README" $.Release.Name $size $.Values.storage.size $size) }}
{{- end }}
{{- end }}
{{- end }}

{{- define "postgresql.dnsEgress" -}}
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

{{/*
How the server's own scripts log in by its socket, which lies in the pod's memory and which nobody else sees. A user that the cluster
has chosen isn't called postgres.
*/}}
{{- define "postgresql.ownMethod" -}}
{{ if eq .Values.podUser "assigned" }}trust{{ else }}peer{{ end }}
{{- end }}
