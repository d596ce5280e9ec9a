# A container of a rendering as arguments of podman, one a line. The settings are
# read, not repeated: what the manifests allow is what the container gets.
#   --arg component, container, name (the pod's), volumes (a folder), seccomp (a profile), password
include "pods";

def value($pod):
  if has("value") then .value
  elif .valueFrom.fieldRef.fieldPath == "metadata.name" then $name
  elif .valueFrom.fieldRef then
    $pod.labels[.valueFrom.fieldRef.fieldPath | capture("'(?<label>.*)'").label]
  else $password end;

def mount($pod):
  . as $mount
  | ($pod.spec.volumes[] | select(.name == $mount.name)) as $volume
  | if $volume.emptyDir.medium == "Memory" then
      "--tmpfs=\(.mountPath):rw,mode=1777,size=\($volume.emptyDir.sizeLimit | bytes)"
    else
      "--volume=\($volumes)/\(.name):\(.mountPath):\(if .readOnly then "ro" else "rw" end)"
    end;

[placed | select(.pod.labels["app.kubernetes.io/component"] == $component
    and .box.name == $container)][0]
| .pod as $pod | .box
| "--name=\($name)-\($container)",
  (.securityContext
    | (if .readOnlyRootFilesystem then "--read-only", "--read-only-tmpfs=false" else empty end),
      (if .allowPrivilegeEscalation == false then "--security-opt=no-new-privileges" else empty end),
      (.capabilities.drop[] | "--cap-drop=\(ascii_downcase)")),
  (if $pod.spec.securityContext.seccompProfile.type == "RuntimeDefault" then
    "--security-opt=seccomp=\($seccomp)" else empty end),
  ($pod.spec.securityContext | "--user=\(.runAsUser):\(.runAsGroup)", "--group-add=\(.fsGroup)"),
  (.resources.limits.memory | bytes | "--memory=\(.)", "--memory-swap=\(.)"),
  "--stop-timeout=\($pod.spec.terminationGracePeriodSeconds)",
  (.env[]? | "--env=\(.name)=\(value($pod))"),
  (.volumeMounts[]? | mount($pod)),
  (if .command then "--entrypoint=\(.command | tojson)" else empty end),
  .image,
  .args[]?
