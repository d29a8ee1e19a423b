{{- define "milvus-backup.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 52 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 52 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- define "milvus-backup.selector" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "milvus-backup.labels" -}}
{{ include "milvus-backup.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end -}}

{{- define "milvus-backup.account" -}}
{{- if .Values.serviceAccount.name -}}{{ .Values.serviceAccount.name }}
{{- else if .Values.serviceAccount.create -}}{{ include "milvus-backup.fullname" . }}
{{- else -}}default
{{- end -}}
{{- end -}}

{{- define "milvus-backup.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}

{{- define "milvus-backup.checksums" -}}
checksum/config: {{ toYaml .Values.config | sha256sum }}
checksum/secret: {{ toYaml .Values.secret | sha256sum }}
{{- end -}}

{{/* What both pods have: who they are and where they run. */}}
{{- define "milvus-backup.pod" -}}
serviceAccountName: {{ include "milvus-backup.account" . }}
automountServiceAccountToken: false
# Else variables such as MILVUS_PORT would come from the services of the namespace.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  seccompProfile:
    type: RuntimeDefault
{{- with .Values.imagePullSecrets }}
imagePullSecrets:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.nodeSelector }}
nodeSelector:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.affinity }}
affinity:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "milvus-backup.container" -}}
image: {{ include "milvus-backup.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
{{- if or .Values.existingSecret .Values.secret }}
envFrom:
  - secretRef:
      name: {{ .Values.existingSecret | default (include "milvus-backup.fullname" .) }}
{{- end }}
{{- with .Values.resources }}
resources:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end -}}

{{- define "milvus-backup.mounts" -}}
- name: config
  mountPath: /etc/milvus-backup
  readOnly: true
- name: tmp
  mountPath: /tmp
{{- if .Values.driversVolume }}
- name: drivers
  mountPath: /drivers
  readOnly: true
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "milvus-backup.volumes" -}}
- name: config
  configMap:
    name: {{ include "milvus-backup.fullname" . }}
- name: tmp
  emptyDir: {}
{{- with .Values.driversVolume }}
- name: drivers
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}
