import { sysctlNamespace } from '@berth/linux/sysctl.ts';
import { sysctlPath } from '@berth/linux/sysctl-name.ts';
import type { SandboxNamespaces } from '../state/sandbox.ts';

/**
 * The kernel parameters of a pod: the requested ones, and the node's defaults for the pod's own namespaces. A
 * requested one that cannot be set is kept, so that the error names it.
 */
export function podSysctls(
  requested: Readonly<Record<string, string>>,
  defaults: Readonly<Record<string, string>>,
  { hostNetwork, hostIpc }: Pick<SandboxNamespaces, 'hostNetwork' | 'hostIpc'>,
): Record<string, string> {
  const isOwn = { net: !hostNetwork, ipc: !hostIpc, uts: !hostNetwork };
  const asked = new Set(Object.keys(requested).map(pathOrName));
  const wanted = Object.entries(defaults).filter(([name]) => {
    const namespace = sysctlNamespace(name);
    return namespace !== undefined && isOwn[namespace] && !asked.has(sysctlPath(name));
  });
  return { ...Object.fromEntries(wanted), ...requested };
}

function pathOrName(name: string): string {
  try {
    return sysctlPath(name);
  } catch {
    return name;
  }
}
