// The rules for security contexts of pods and containers.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { check, duplicate, type FieldError, forbidden, invalid, oneOf, required } from '../field-error.ts';
import { descendingPath, numericId } from '../names.ts';

/** Unsafe sysctls that pods may set in addition to the safe ones; a trailing `*` is a pattern. */
export interface SysctlRules {
  allowedUnsafe: readonly string[];
}

/** The safe sysctls, which affect only one pod. https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/ */
const safeSysctls = [
  'kernel.shm_rmid_forced',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_unprivileged_port_start',
  'net.ipv4.ping_group_range',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_keepalive_intvl',
  'net.ipv4.tcp_keepalive_probes',
  'net.ipv4.tcp_keepalive_time',
  'net.ipv4.tcp_rmem',
  'net.ipv4.tcp_syncookies',
  'net.ipv4.tcp_wmem',
];

/** What is wrong with the pod's security context. */
export function validatePodSecurity(spec: v1.PodSpec, rules: SysctlRules): FieldError[] {
  const errors: FieldError[] = [];
  const path = 'spec.securityContext';
  const context: v1.PodSecurityContext & { supplementalGroupsPolicy?: string } = spec.securityContext ?? {};
  checkIds(errors, path, context);
  if (context.fsGroup !== undefined) checkId(errors, `${path}.fsGroup`, context.fsGroup);
  (context.supplementalGroups ?? []).forEach((group, index) => {
    checkId(errors, `${path}.supplementalGroups[${index}]`, group);
  });
  oneOf(errors, `${path}.supplementalGroupsPolicy`, context.supplementalGroupsPolicy, ['Merge', 'Strict']);
  oneOf(errors, `${path}.fsGroupChangePolicy`, context.fsGroupChangePolicy, ['Always', 'OnRootMismatch']);
  errors.push(...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`));
  errors.push(...validateSysctls(context.sysctls ?? [], spec, rules));
  return errors;
}

/** What is wrong with a container's security context. */
export function validateContainerSecurity(context: v1.SecurityContext, path: string): FieldError[] {
  const errors: FieldError[] = [];
  checkIds(errors, path, context);
  errors.push(...validateSeccomp(context.seccompProfile, `${path}.seccompProfile`));
  if (context.allowPrivilegeEscalation === false) {
    if (context.privileged) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `privileged` to true';
      errors.push(invalid(path, context, detail));
    }
    if (context.capabilities?.add?.includes('CAP_SYS_ADMIN')) {
      const detail = 'cannot set `allowPrivilegeEscalation` to false and `capabilities.add` CAP_SYS_ADMIN';
      errors.push(invalid(path, context, detail));
    }
  }
  return errors;
}

function checkIds(
  errors: FieldError[],
  path: string,
  ids: { runAsUser?: number; runAsGroup?: number },
): void {
  if (ids.runAsUser !== undefined) checkId(errors, `${path}.runAsUser`, ids.runAsUser);
  if (ids.runAsGroup !== undefined) checkId(errors, `${path}.runAsGroup`, ids.runAsGroup);
}

function checkId(errors: FieldError[], path: string, id: number): void {
  const problem = numericId(id);
  if (problem) errors.push(invalid(path, id, problem));
}

function validateSeccomp(profile: v1.SeccompProfile | undefined, path: string): FieldError[] {
  const errors: FieldError[] = [];
  if (!profile) return errors;
  oneOf(errors, `${path}.type`, profile.type || 'unset', ['Localhost', 'RuntimeDefault', 'Unconfined']);
  if (profile.type !== 'Localhost' && profile.localhostProfile !== undefined) {
    const detail = 'can only be set when seccomp type is Localhost';
    errors.push(invalid(`${path}.localhostProfile`, profile.localhostProfile, detail));
  }
  if (profile.type === 'Localhost') {
    if (!profile.localhostProfile) {
      errors.push(required(`${path}.localhostProfile`, 'must be set when seccomp type is Localhost'));
    } else check(errors, `${path}.localhostProfile`, profile.localhostProfile, descendingPath);
  }
  return errors;
}

const sysctlName = /^[a-z0-9]([-_a-z0-9]*[a-z0-9])?([./][a-z0-9]([-_a-z0-9]*[a-z0-9])?)*$/;

function validateSysctls(sysctls: readonly v1.Sysctl[], spec: v1.PodSpec, rules: SysctlRules): FieldError[] {
  const errors: FieldError[] = [];
  const names = new Set<string>();
  sysctls.forEach((sysctl, index) => {
    const path = `spec.securityContext.sysctls[${index}].name`;
    if (!sysctlName.test(sysctl.name)) {
      errors.push(invalid(path, sysctl.name, 'must be the name of a sysctl such as net.ipv4.tcp_syncookies'));
      return;
    }
    const name = sysctl.name.replaceAll('/', '.');
    if (names.has(sysctl.name)) errors.push(duplicate(path, sysctl.name));
    names.add(sysctl.name);
    const namespace = sysctlNamespace(name);
    if (namespace === 'network' && spec.hostNetwork) {
      errors.push(invalid(path, sysctl.name, 'may not be specified when `hostNetwork` is true'));
    }
    if (namespace === 'ipc' && spec.hostIPC) {
      errors.push(invalid(path, sysctl.name, 'may not be specified when `hostIPC` is true'));
    }
    if (!safeSysctls.includes(name) && !rules.allowedUnsafe.some((pattern) => matches(pattern, name))) {
      errors.push(
        forbidden(
          path,
          `sysctl "${sysctl.name}" is not safe; the kubelet's --allowed-unsafe-sysctls can allow it`,
        ),
      );
    }
  });
  return errors;
}

/** The namespace that a sysctl belongs to; undefined for one of the whole machine. */
function sysctlNamespace(name: string): 'network' | 'ipc' | undefined {
  if (name.startsWith('net.')) return 'network';
  return /^(kernel\.(shm|msg|sem)|fs\.mqueue\.)/.test(name) ? 'ipc' : undefined;
}

function matches(pattern: string, name: string): boolean {
  const dotted = pattern.replaceAll('/', '.');
  return dotted.endsWith('*') ? name.startsWith(dotted.slice(0, -1)) : dotted === name;
}
