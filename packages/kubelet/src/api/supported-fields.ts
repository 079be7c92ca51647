// Which fields of a Pod take effect in this kubelet. A field that is not here is refused by name, so that no
// manifest runs with half of what it asked for.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { type FieldError, forbidden, join } from './field-error.ts';
import { fieldsOf, isJsonObject } from './pod-shape.ts';

/**
 * By type of the Pod schema, the fields that this kubelet acts on. A type that is not in the table is
 * supported as a whole: what only schedulers and controllers read (affinity, tolerations) is carried along.
 */
const supported: Readonly<Record<string, ReadonlySet<string>>> = {
  ObjectMeta: words(
    'name namespace labels annotations uid ownerReferences creationTimestamp generation managedFields resourceVersion selfLink',
  ),
  PodSpec: words(
    [
      'containers initContainers volumes restartPolicy terminationGracePeriodSeconds activeDeadlineSeconds',
      'dnsPolicy dnsConfig hostNetwork hostPID hostIPC shareProcessNamespace hostname subdomain hostAliases',
      'setHostnameAsFQDN securityContext nodeName nodeSelector affinity tolerations priority priorityClassName',
      'preemptionPolicy schedulerName topologySpreadConstraints os enableServiceLinks',
      'automountServiceAccountToken',
    ].join(' '),
  ),
  PodSecurityContext: words(
    'runAsUser runAsGroup runAsNonRoot supplementalGroups supplementalGroupsPolicy fsGroup fsGroupChangePolicy sysctls seccompProfile',
  ),
  Container: words(
    [
      'name image imagePullPolicy command args workingDir env ports resources volumeMounts securityContext',
      'stdin stdinOnce tty terminationMessagePath terminationMessagePolicy resizePolicy',
    ].join(' '),
  ),
  EnvVarSource: words('fieldRef resourceFieldRef'),
  ResourceRequirements: words('limits requests'),
  SecurityContext: words(
    'privileged capabilities readOnlyRootFilesystem runAsUser runAsGroup runAsNonRoot allowPrivilegeEscalation seccompProfile',
  ),
  Volume: words('name emptyDir hostPath'),
  EmptyDirVolumeSource: words('medium sizeLimit'),
  VolumeMount: words('name mountPath readOnly mountPropagation subPath subPathExpr'),
};

/** Fields that only say what is the case anyway: with this value they are the same as unset. */
const harmless: Readonly<Record<string, unknown>> = {
  'PodSpec.hostUsers': true,
  'SecurityContext.procMount': 'Default',
  'VolumeMount.recursiveReadOnly': 'Disabled',
};

/** The fields of the pod that this kubelet would not act on, each as an error that names it. */
export function unsupportedFields(pod: v1.Pod): FieldError[] {
  const errors: FieldError[] = [];
  visit('Pod', pod, '', errors);
  return errors;
}

function visit(type: string, value: unknown, path: string, errors: FieldError[]): void {
  if (Array.isArray(value)) {
    const element = type.replace('[]', '');
    value.forEach((entry: unknown, index) => void visit(element, entry, `${path}[${index}]`, errors));
    return;
  }
  const fields = fieldsOf(type);
  if (!fields || !isJsonObject(value)) return;
  const allowed = supported[type];
  for (const [name, entry] of Object.entries(value)) {
    if (!allowed || allowed.has(name))
      visit((fields[name] ?? '').replace('!', ''), entry, join(path, name), errors);
    else if (!isUnset(entry) && harmless[`${type}.${name}`] !== entry) {
      errors.push(forbidden(join(path, name), 'not supported by this kubelet yet'));
    }
  }
}

/** An empty list or text asks for nothing. */
function isUnset(value: unknown): boolean {
  return value === '' || (Array.isArray(value) && value.length === 0);
}

function words(text: string): ReadonlySet<string> {
  return new Set(text.split(' '));
}
