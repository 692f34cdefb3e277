{{/* What the official chart labels its pods with, which selectors and NetworkPolicies go by. Takes (root, component). */}}
{{- define "airflow.selectorLabels" -}}
tier: airflow
component: {{ last . }}
release: {{ (first .).Release.Name }}
{{- end }}

{{- define "airflow.labels" -}}
{{- $root := first . -}}
{{ include "airflow.selectorLabels" . }}
app.kubernetes.io/name: airflow
app.kubernetes.io/instance: {{ $root.Release.Name }}
app.kubernetes.io/component: {{ last . }}
app.kubernetes.io/part-of: data-platform
app.kubernetes.io/version: {{ $root.Values.airflowVersion | quote }}
app.kubernetes.io/managed-by: {{ $root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" $root.Chart.Name $root.Chart.Version }}
{{- end }}

{{/* Labels of a pod: takes (root, component, labels of its part). */}}
{{- define "airflow.podLabels" -}}
{{- $root := first . -}}
{{ include "airflow.labels" (list $root (index . 1)) }}
{{- with merge (dict) (last .) $root.Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{- define "airflow.image" -}}
{{ printf "%s:%s" (.repository | required "images: repository is missing") (.tag | required "images: tag is missing") }}
{{- end }}

{{- define "airflow.config" -}}{{ .Release.Name }}-config{{- end }}

{{- define "airflow.cfgMount" -}}
- { name: config, mountPath: /opt/airflow/airflow.cfg, subPath: airflow.cfg, readOnly: true }
{{- end }}

{{/* A probe that runs a command. */}}
{{- define "airflow.commandProbe" -}}
exec:
  command: {{- toYaml .command | nindent 4 }}
{{ toYaml (omit . "command") }}
{{- end }}

{{/* A probe that asks the API for its health. */}}
{{- define "airflow.httpProbe" -}}
httpGet: { path: /api/v2/monitor/health, port: 8080, scheme: {{ .scheme }} }
{{ toYaml (omit . "scheme") }}
{{- end }}

{{/* Where a pod may run and how urgent it is: of a part, of a job, of tasks' pods. */}}
{{- define "airflow.placement" -}}
{{- with .priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with .nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/*
The Deployment of one part. Takes root, component, part (its values); optionally probes (text), ports, template (mounts the
template of tasks' pods) and logs (has a place for log files).
*/}}
{{- define "airflow.deployment" -}}
{{- $root := .root -}}
{{- $part := .part -}}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ $root.Release.Name }}-{{ .component }}
  labels: {{- include "airflow.labels" (list $root .component) | nindent 4 }}
spec:
  {{- with $part.replicas }}
  replicas: {{ . }}
  {{- end }}
  strategy: {{- toYaml $part.strategy | nindent 4 }}
  selector:
    matchLabels: {{- include "airflow.selectorLabels" (list $root .component) | nindent 6 }}
  template:
    metadata:
      labels: {{- include "airflow.podLabels" (list $root .component $part.labels) | nindent 8 }}
      annotations:
        checksum/airflow-config: {{ include (print $root.Template.BasePath "/configmap.yaml") $root | sha256sum }}
        {{- if $part.safeToEvict }}
        cluster-autoscaler.kubernetes.io/safe-to-evict: "true"
        {{- end }}
        {{- with $root.Values.airflowPodAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
        {{- with $part.podAnnotations }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
    spec:
      serviceAccountName: {{ $root.Release.Name }}-{{ .component }}
      automountServiceAccountToken: {{ .token }}
      {{- include "airflow.placement" $part | nindent 6 }}
      enableServiceLinks: {{ $root.Values.enableServiceLinks }}
      terminationGracePeriodSeconds: {{ .grace }}
      securityContext: {{- toYaml $root.Values.securityContexts.pod | nindent 8 }}
      affinity:
        podAntiAffinity:
          preferredDuringSchedulingIgnoredDuringExecution:
            - weight: 100
              podAffinityTerm:
                labelSelector:
                  matchLabels: {{- include "airflow.selectorLabels" (list $root .component) | nindent 20 }}
                topologyKey: kubernetes.io/hostname
      {{- with $part.topologySpreadConstraints }}
      topologySpreadConstraints: {{- toYaml . | nindent 8 }}
      {{- end }}
      containers:
        - name: {{ .component }}
          image: {{ include "airflow.image" $root.Values.images.airflow }}
          imagePullPolicy: {{ $root.Values.images.airflow.pullPolicy }}
          args: {{- toYaml $part.args | nindent 12 }}
          env: {{- toYaml $part.env | nindent 12 }}
          {{- with .ports }}
          ports: {{- toYaml . | nindent 12 }}
          {{- end }}
          {{- .probes | nindent 10 }}
          {{- with $part.containerLifecycleHooks }}
          lifecycle: {{- tpl (toYaml .) $root | nindent 12 }}
          {{- end }}
          resources: {{- toYaml $part.resources | nindent 12 }}
          securityContext: {{- toYaml $root.Values.securityContexts.containers | nindent 12 }}
          volumeMounts:
            {{- include "airflow.cfgMount" $root | nindent 12 }}
            {{- if .template }}
            - { name: config, mountPath: /opt/airflow/pod_templates/pod_template_file.yaml, subPath: pod_template_file.yaml, readOnly: true }
            {{- end }}
            {{- if .logs }}
            - { name: logs, mountPath: /opt/airflow/logs }
            {{- end }}
            {{- concat $root.Values.volumeMounts ($part.extraVolumeMounts | default list) | toYaml | nindent 12 }}
        {{- with $part.extraContainers }}
        {{- toYaml . | nindent 8 }}
        {{- end }}
      volumes:
        - name: config
          configMap: { name: {{ include "airflow.config" $root }} }
        {{- if .logs }}
        - { name: logs, emptyDir: { sizeLimit: {{ $root.Values.logs.emptyDirConfig.sizeLimit }} } }
        {{- end }}
        {{- concat $root.Values.volumes ($part.extraVolumes | default list) | toYaml | nindent 8 }}
{{- if $part.podDisruptionBudget.enabled }}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata:
  name: {{ $root.Release.Name }}-{{ .component }}-pdb
  labels: {{- include "airflow.labels" (list $root .component) | nindent 4 }}
spec:
  selector:
    matchLabels: {{- include "airflow.selectorLabels" (list $root .component) | nindent 6 }}
  {{- toYaml $part.podDisruptionBudget.config | nindent 2 }}
{{- end }}
{{- end }}

{{/* A hook's Job. Takes root, name, component, account, container, weight, job (its values). */}}
{{- define "airflow.hook" -}}
{{- $root := .root -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ $root.Release.Name }}-{{ .name }}
  labels: {{- include "airflow.labels" (list $root .component) | nindent 4 }}
  annotations:
    helm.sh/hook: post-install,post-upgrade
    helm.sh/hook-weight: {{ .weight | quote }}
    helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
spec:
  ttlSecondsAfterFinished: 300
  template:
    metadata:
      labels: {{- include "airflow.podLabels" (list $root .component .job.labels) | nindent 8 }}
      {{- with merge (dict) (.job.annotations | default dict) $root.Values.airflowPodAnnotations }}
      annotations: {{- toYaml . | nindent 8 }}
      {{- end }}
    spec:
      serviceAccountName: {{ $root.Release.Name }}-{{ .account }}
      automountServiceAccountToken: {{ .job.serviceAccount.automountServiceAccountToken }}
      {{- include "airflow.placement" .job | nindent 6 }}
      enableServiceLinks: {{ $root.Values.enableServiceLinks }}
      restartPolicy: OnFailure
      securityContext: {{- toYaml $root.Values.securityContexts.pod | nindent 8 }}
      containers:
        - name: {{ .container }}
          image: {{ include "airflow.image" $root.Values.images.airflow }}
          imagePullPolicy: {{ $root.Values.images.airflow.pullPolicy }}
          args: {{- toYaml .job.args | nindent 12 }}
          env: {{- toYaml .job.env | nindent 12 }}
          resources: {{- toYaml .job.resources | nindent 12 }}
          securityContext: {{- toYaml $root.Values.securityContexts.containers | nindent 12 }}
          terminationMessagePolicy: FallbackToLogsOnError
          volumeMounts:
            {{- include "airflow.cfgMount" $root | nindent 12 }}
            {{- concat $root.Values.volumeMounts (.job.extraVolumeMounts | default list) | toYaml | nindent 12 }}
      volumes:
        - name: config
          configMap: { name: {{ include "airflow.config" $root }} }
        {{- concat $root.Values.volumes (.job.extraVolumes | default list) | toYaml | nindent 8 }}
{{- end }}
