// The rules that a Pod must keep beyond its shape: names, enumerations, references within the pod, and what
// may not be combined. Works on a pod whose shape is checked and whose defaults are filled in.

import { isIP } from 'node:net';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import type { ObjectMeta } from 'kubernetes-types/meta/v1.d.ts';
import { check, type FieldError, forbidden, invalid, oneOf, required } from '../field-error.ts';
import { dnsLabel, dnsSubdomain, labelValue, qualifiedName } from '../names.ts';
import type { Pod } from '../pod.ts';
import { validateContainers } from './container.ts';
import { type SysctlRules, validatePodSecurity } from './security-context.ts';
import { validateVolumes } from './volume.ts';

/** Followed by a container's name: the older way to write `securityContext.appArmorProfile`. */
const appArmorAnnotation = 'container.apparmor.security.beta.kubernetes.io/';
const maxAnnotationBytes = 256 * 1024;

/** What is wrong with the pod; nothing when it can run. */
export function validatePod(pod: v1.Pod, sysctls: SysctlRules): FieldError[] {
  const errors = [...validateMetadata(pod.metadata ?? {})];
  if (!pod.spec) return [...errors, required('spec')];
  const volumes = new Map((pod.spec.volumes ?? []).map((volume) => [volume.name, volume]));
  errors.push(
    ...validateVolumes(pod.spec.volumes ?? []),
    ...validateContainers(pod.spec, volumes),
    ...validateSpec(pod.spec),
    ...validatePodSecurity(pod.spec, sysctls),
  );
  return errors;
}

/** A pod that has its identity, its defaults and no fault is one that the kubelet runs. */
export function isRunnable(pod: v1.Pod, errors: readonly FieldError[]): pod is Pod {
  return errors.length === 0 && pod.metadata?.uid !== undefined;
}

function validateMetadata(metadata: ObjectMeta): FieldError[] {
  const errors: FieldError[] = [];
  if (metadata.name) check(errors, 'metadata.name', metadata.name, dnsSubdomain);
  else errors.push(required('metadata.name', 'a static pod needs a name'));
  if (metadata.namespace) check(errors, 'metadata.namespace', metadata.namespace, dnsLabel);
  if (metadata.uid !== undefined && !/^[0-9A-Za-z][-0-9A-Za-z]{0,62}$/.test(metadata.uid)) {
    errors.push(
      invalid('metadata.uid', metadata.uid, "must be letters, digits and '-', at most 63 characters"),
    );
  }
  errors.push(...validateLabels(metadata.labels ?? {}, 'metadata.labels'));
  let size = 0;
  for (const [key, value] of Object.entries(metadata.annotations ?? {})) {
    check(errors, 'metadata.annotations', key, (name) => qualifiedName(name.toLowerCase()));
    if (key.startsWith(appArmorAnnotation) && value !== 'unconfined') {
      const detail = 'AppArmor profiles are not supported by this kubelet yet';
      errors.push(forbidden(`metadata.annotations[${key}]`, detail));
    }
    size += key.length + Buffer.byteLength(value);
  }
  if (size > maxAnnotationBytes) {
    errors.push({
      path: 'metadata.annotations',
      problem: `Too long: may not be more than ${maxAnnotationBytes} bytes`,
    });
  }
  return errors;
}

function validateLabels(labels: Readonly<Record<string, string>>, path: string): FieldError[] {
  const errors: FieldError[] = [];
  for (const [key, value] of Object.entries(labels)) {
    check(errors, path, key, qualifiedName);
    check(errors, `${path}[${key}]`, value, labelValue);
  }
  return errors;
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
  oneOf(errors, 'spec.os.name', spec.os?.name, ['linux']);
  const deadline = spec.activeDeadlineSeconds;
  if (deadline !== undefined && (deadline < 1 || deadline > 2_147_483_647)) {
    errors.push(
      invalid('spec.activeDeadlineSeconds', deadline, 'must be between 1 and 2147483647, inclusive'),
    );
  }
  if (spec.hostname) check(errors, 'spec.hostname', spec.hostname, dnsLabel);
  if (spec.subdomain) check(errors, 'spec.subdomain', spec.subdomain, dnsLabel);
  if (spec.priorityClassName) check(errors, 'spec.priorityClassName', spec.priorityClassName, dnsSubdomain);
  if (spec.shareProcessNamespace && spec.hostPID) {
    errors.push(invalid('spec.shareProcessNamespace', true, 'may not be combined with hostPID'));
  }
  errors.push(...validateLabels(spec.nodeSelector ?? {}, 'spec.nodeSelector'));
  errors.push(...validateDns(spec), ...validateHostAliases(spec.hostAliases ?? []));
  errors.push(...validateTolerations(spec.tolerations ?? []));
  return errors;
}

function validateDns(spec: v1.PodSpec): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'spec.dnsConfig';
  const { nameservers = [], searches = [], options = [] } = spec.dnsConfig ?? {};
  if (spec.dnsPolicy === 'None' && nameservers.length === 0) {
    errors.push(
      required(`${path}.nameservers`, 'must provide at least one DNS nameserver when dnsPolicy is None'),
    );
  }
  if (nameservers.length > 3)
    errors.push(invalid(`${path}.nameservers`, nameservers, 'must not have more than 3 nameservers'));
  nameservers.forEach((address, index) => {
    if (!isIP(address))
      errors.push(invalid(`${path}.nameservers[${index}]`, address, 'must be a valid IP address'));
  });
  if (searches.length > 32)
    errors.push(invalid(`${path}.searches`, searches, 'must not have more than 32 search paths'));
  searches.forEach((domain, index) => {
    if (domain !== '.')
      check(
        errors,
        `${path}.searches[${index}]`,
        domain.replace(/\.$/, '').replaceAll('_', 'a'),
        dnsSubdomain,
      );
  });
  options.forEach((option, index) => {
    const at = `${path}.options[${index}]`;
    if (!option.name) errors.push(required(`${at}.name`));
    for (const field of ['name', 'value'] as const) {
      const text = option[field] ?? '';
      // It would begin a line of its own in resolv.conf.
      if (/\p{Cc}/u.test(text))
        errors.push(invalid(`${at}.${field}`, text, 'must not contain control characters'));
    }
  });
  return errors;
}

function validateHostAliases(aliases: readonly v1.HostAlias[]): FieldError[] {
  const errors: FieldError[] = [];
  aliases.forEach((alias, index) => {
    const path = `spec.hostAliases[${index}]`;
    if (!isIP(alias.ip ?? ''))
      errors.push(invalid(`${path}.ip`, alias.ip ?? '', 'must be a valid IP address'));
    for (const name of alias.hostnames ?? []) check(errors, `${path}.hostnames`, name, dnsSubdomain);
  });
  return errors;
}

function validateTolerations(tolerations: readonly v1.Toleration[]): FieldError[] {
  const errors: FieldError[] = [];
  tolerations.forEach((toleration, index) => {
    const path = `spec.tolerations[${index}]`;
    if (toleration.key) check(errors, `${path}.key`, toleration.key, qualifiedName);
    else if (toleration.operator !== 'Exists') {
      errors.push(
        invalid(`${path}.operator`, toleration.operator ?? '', 'must be Exists when `key` is empty'),
      );
    }
    oneOf(errors, `${path}.operator`, toleration.operator, ['Equal', 'Exists', 'Lt', 'Gt']);
    oneOf(errors, `${path}.effect`, toleration.effect, ['NoExecute', 'NoSchedule', 'PreferNoSchedule']);
    if (toleration.operator === 'Exists' && toleration.value) {
      errors.push(
        invalid(`${path}.operator`, toleration.value, "value must be empty when `operator` is 'Exists'"),
      );
    }
    if (toleration.tolerationSeconds !== undefined && toleration.effect !== 'NoExecute') {
      errors.push(
        invalid(
          `${path}.effect`,
          toleration.effect ?? '',
          "must be 'NoExecute' when `tolerationSeconds` is set",
        ),
      );
    }
  });
  return errors;
}
