// Rejects pods with kernel parameters that the node does not allow.
import { sysctlName } from '@berth/linux/sysctl-name.ts';
import { namespaceOfSysctl } from '../api/sysctls.ts';
import type { Check } from './check.ts';

/** Rejects a pod with a parameter that is not allowed, or of a namespace that it shares with the host. */
export const checkSysctls: Check = (pod, { allowedSysctls: patterns }) => {
  for (const { name } of pod.spec.securityContext.sysctls ?? []) {
    const problem = problemOf(sysctlName(name), pod.spec, patterns);
    if (problem === undefined) continue;
    const message = `forbidden sysctl: ${problem}`;
    return { reason: 'SysctlForbidden', message, detail: `spec.securityContext.sysctls: ${message}` };
  }
  return 'admitted';
};

interface Sharing {
  hostNetwork?: boolean;
  hostIPC?: boolean;
  hostUsers?: boolean;
}

function problemOf(name: string, pod: Sharing, patterns: readonly string[]): string | undefined {
  const pattern = patterns.map(sysctlName).find((each) => matches(each, name));
  const quoted = JSON.stringify(name);
  if (pattern === undefined) return `${quoted} not allowlisted`;
  const namespace = namespaceOfSysctl(pattern.replace(/\*.*/s, ''));
  const isShared =
    (namespace === 'IPC' && pod.hostIPC) ||
    (namespace === 'Net' && pod.hostNetwork) ||
    (namespace === 'User' && pod.hostUsers !== false);
  return isShared ? `${quoted} not allowed with host ${namespace} enabled` : undefined;
}

function matches(pattern: string, name: string): boolean {
  const star = pattern.indexOf('*');
  return star < 0 ? pattern === name : name.startsWith(pattern.slice(0, star));
}
