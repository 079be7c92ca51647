// Validates a Pod beyond its schema: names, enumerations, references within the pod, exclusive fields. Expects a pod
// that pod-shape.ts checked and defaults.ts completed.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, type FieldError, forbidden, invalid, oneOf, required } from '../field-error.ts';
import { dnsSubdomain, qualifiedName } from '../names.ts';
import type { Pod } from '../pod.ts';
import { validateAppArmorAnnotations } from './app-armor.ts';
import { validateContainers } from './container.ts';
import { validateDns } from './dns-config.ts';
import { validateFileKeyVolumes } from './env-var.ts';
import { validateHostAliases } from './host-alias.ts';
import { validateHostName } from './host-name.ts';
import { validateHostUsers } from './host-users.ts';
import { validateLabels, validateMetadata } from './metadata.ts';
import { validateNodeAffinity } from './node-affinity.ts';
import { validateOs } from './pod-os.ts';
import { validateOverhead, validatePodResources } from './resources.ts';
import { validateSeccompAnnotations } from './seccomp.ts';
import { validatePodSecurity } from './security-context.ts';
import { validateTolerations } from './toleration.ts';
import { validateVolumes } from './volume.ts';

/** The errors of the pod; empty when it can run. */
export function validatePod(pod: v1.Pod): FieldError[] {
  const errors = [...validateMetadata(pod.metadata ?? {})];
  if (!pod.spec) return [...errors, required('spec')];
  const volumes = new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, volume]));
  errors.push(
    ...validateVolumes(pod.spec),
    ...validateContainers(pod.spec, volumes),
    ...validateSpec(pod.spec),
    ...validateFileKeyVolumes(pod.spec),
    ...validatePodSecurity(pod.spec),
    ...validateSeccompAnnotations(pod.metadata, pod.spec),
    ...validateAppArmorAnnotations(pod.metadata, pod.spec),
  );
  return errors;
}

/** A pod that has its identity, its defaults and no fault is one that the kubelet runs. */
export function isRunnable(pod: v1.Pod, errors: readonly FieldError[]): pod is Pod {
  return errors.length === 0 && pod.metadata?.uid !== undefined;
}

function validateSpec(spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  oneOf(errors, 'spec.restartPolicy', spec.restartPolicy, ['Always', 'OnFailure', 'Never']);
  oneOf(errors, 'spec.dnsPolicy', spec.dnsPolicy, [
    'ClusterFirst',
    'ClusterFirstWithHostNet',
    'Default',
    'None',
  ]);
  oneOf(errors, 'spec.preemptionPolicy', spec.preemptionPolicy, ['Never', 'PreemptLowerPriority']);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    errors.push(
      invalid('spec.activeDeadlineSeconds', deadline, 'must be between 1 and 2147483647, inclusive'),
    );
  }
  if ((spec.schedulingGates ?? []).length > 0) {
    const detail = 'cannot be set until all schedulingGates have been cleared';
    errors.push(forbidden('spec.nodeName', detail));
  }
  if (spec.runtimeClassName !== undefined)
    check(errors, 'spec.runtimeClassName', spec.runtimeClassName, dnsSubdomain);
  if (spec.priorityClassName) check(errors, 'spec.priorityClassName', spec.priorityClassName, dnsSubdomain);
  if (spec.shareProcessNamespace && spec.hostPID) {
    const detail = 'ShareProcessNamespace and HostPID cannot both be enabled';
    errors.push(invalid('spec.shareProcessNamespace', true, detail));
  }
  errors.push(...validateLabels(spec.nodeSelector ?? {}, 'spec.nodeSelector'));
  errors.push(...validateNodeAffinity(spec.affinity?.nodeAffinity));
  errors.push(...validatePodResources(spec), ...validateOverhead(spec.overhead));
  errors.push(...validateOs(spec), ...validateHostUsers(spec), ...validateHostName(spec));
  errors.push(...validateDns(spec), ...validateHostAliases(spec.hostAliases ?? []));
  errors.push(...validateTolerations(spec.tolerations ?? []));
  for (const [index, { conditionType }] of (spec.readinessGates ?? []).entries()) {
    check(errors, `spec.readinessGates[${index}].conditionType`, conditionType, qualifiedName);
  }
  return errors;
}
