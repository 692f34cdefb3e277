{{/* Every object is named after the release, and the Service has the name that clients expect. */}}
{{- define "mlflow.labels" -}}
{{ include "mlflow.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{/* Labels that never change, of the server; a job's pod has another component and is in no Service. */}}
{{- define "mlflow.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: {{ .component | default "server" }}
app.kubernetes.io/part-of: data-platform
{{- end }}

{{- define "mlflow.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end }}

{{/* What `restricted` asks of a pod, and a group by which it may read its Secrets. The image's user. */}}
{{- define "mlflow.podSecurityContext" -}}
runAsNonRoot: true
{{- if ne .Values.podUser "assigned" }}
runAsUser: 10001
runAsGroup: 10001
fsGroup: 10001
{{- end }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile:
  type: RuntimeDefault
{{- end }}

{{- define "mlflow.containerSecurityContext" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
runAsNonRoot: true
capabilities:
  drop: [ALL]
{{- end }}

{{/* What both pods have in common. */}}
{{- define "mlflow.podCommon" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext: {{- include "mlflow.podSecurityContext" . | nindent 2 }}
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

{{/* Labels and annotations of both pods. A changed password reaches a running server only by a restart. */}}
{{- define "mlflow.podMetadata" -}}
labels:
  {{- include "mlflow.labels" . | nindent 2 }}
  {{- with .Values.podLabels }}{{ toYaml . | nindent 2 }}{{ end }}
annotations:
  {{- $own := dict "data-platform.io/rotation" (.Values.rotation | toString) }}
  {{- if eq (.component | default "server") "setup" }}
  {{- /* Cut off it starts anew, and the release waits for it: autoscalers leave its node alone, whatever they may do with servers. */}}
  {{- $own = merge $own (dict "cluster-autoscaler.kubernetes.io/safe-to-evict" "false" "karpenter.sh/do-not-disrupt" "true") }}
  {{- end }}
  {{- merge $own .Values.podAnnotations | toYaml | nindent 2 }}
{{- end }}

{{/* The Secrets that both pods read: name, Secret, keys. Never as variables, which a neighbour of the process could read. */}}
{{- define "mlflow.secrets" -}}
database: { secret: {{ .Values.database.existingSecret }}, keys: [uri] }
auth-database: { secret: {{ .Values.authDatabase.existingSecret }}, keys: [uri] }
admin: { secret: {{ .Values.existingSecret }}, keys: [username, password] }
{{- end }}

{{- define "mlflow.mounts" -}}
- name: secrets
  mountPath: /run/secrets/mlflow
  readOnly: true
{{- if .Values.ca.existingSecret }}
- name: ca
  mountPath: /etc/data-platform/ca
  readOnly: true
{{- end }}
{{- range $index, $_ := .Values.extraTrust }}
- name: trust-{{ $index }}
  mountPath: {{ .directory }}
  readOnly: true
{{- end }}
- name: run
  mountPath: /run/mlflow
- name: tmp
  mountPath: /tmp
{{- end }}

{{/* Volumes of both pods; `secrets` are those that this pod reads. */}}
{{- define "mlflow.volumes" -}}
- name: secrets
  projected:
    defaultMode: 288 # 0440, which YAML 1.2 would read as decimal
    sources:
      {{- range $name, $source := .secrets }}
      - secret:
          name: {{ $source.secret }}
          items:
            {{- range $source.keys }}
            - { key: {{ . }}, path: {{ $name }}/{{ . }} }
            {{- end }}
      {{- end }}
{{- if .Values.ca.existingSecret }}
- name: ca
  secret:
    secretName: {{ .Values.ca.existingSecret }}
    defaultMode: 288 # 0440, which YAML 1.2 would read as decimal
    items:
      - { key: ca.crt, path: ca.crt }
{{- end }}
{{- range $index, $_ := .Values.extraTrust }}
- name: trust-{{ $index }}
  secret:
    secretName: {{ .existingSecret }}
    defaultMode: 288 # 0440, which YAML 1.2 would read as decimal
    items:
      - { key: ca.crt, path: ca.crt }
{{- end }}
# A file with the password of the database of users: in memory, never on a disk.
- name: run
  emptyDir:
    medium: Memory
    sizeLimit: 1Mi
- name: tmp
  emptyDir:
    sizeLimit: {{ .Values.scratch }}
{{- end }}

{{/* What a schema can't say: names must be unique. */}}
{{- define "mlflow.check" -}}
{{- $seen := dict }}
{{- range .Values.users }}
{{- if hasKey $seen .name }}{{ fail (printf "users: two entries are named %q" .name) }}{{ end }}
{{- $_ := set $seen .name true }}
{{- end }}
{{- end }}

{{/* Names that requests may carry: inside of the cluster, by port-forward, and what else was said; each with any port. */}}
{{- define "mlflow.allowedHosts" -}}
{{- $service := .Release.Name }}
{{- $inside := printf "%s.%s" .Release.Name .Release.Namespace }}
{{- $hosts := list }}
{{- range concat (list $service $inside (printf "%s.svc" $inside) (printf "%s.svc.cluster.local" $inside) "localhost" "127.0.0.1") .Values.allowedHosts }}
{{- $hosts = append $hosts . }}
{{- if not (contains ":" .) }}{{ $hosts = append $hosts (printf "%s:*" .) }}{{ end }}
{{- end }}
{{- join "," $hosts }}
{{- end }}

{{/* Sites whose pages may change something: the server's own, as browsers name it. Localhost always may. */}}
{{- define "mlflow.allowedOrigins" -}}
{{- $origins := list }}
{{- range .Values.allowedHosts }}
{{- $origins = append $origins (printf "https://%s" .) }}
{{- if not (contains ":" .) }}{{ $origins = append $origins (printf "https://%s:*" .) }}{{ end }}
{{- end }}
{{- join "," $origins }}
{{- end }}

{{/* What the job needs must be there before it, and so before the release; it goes when the job has done its work. */}}
{{- define "mlflow.beforeJob" -}}
helm.sh/hook: pre-install,pre-upgrade
helm.sh/hook-weight: "-5"
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
{{- end }}

{{/* The cluster's DNS and what was said. */}}
{{- define "mlflow.egress" -}}
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
{{- with .Values.egress }}
{{ toYaml . }}
{{- end }}
{{- end }}
