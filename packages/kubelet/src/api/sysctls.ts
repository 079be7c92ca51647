// Kernel parameters in pods: the namespace that each belongs to, by Kubernetes' table.
// https://kubernetes.io/docs/tasks/administer-cluster/sysctl-cluster/
import { sysctlName } from '@berth/linux/sysctl-name.ts';

/** The namespaces, as the real kubelet prints them. */
export type SysctlNamespace = 'IPC' | 'Net' | 'UTS' | 'User';

const byName: Readonly<Record<string, SysctlNamespace>> = {
  'kernel.domainname': 'UTS',
  'kernel.sem': 'IPC',
  'kernel.shm': 'IPC',
  'kernel.shmall': 'IPC',
  'kernel.shmmax': 'IPC',
  'kernel.shmmni': 'IPC',
  'kernel.shm_rmid_forced': 'IPC',
  'kernel.msg': 'IPC',
  'kernel.msgmax': 'IPC',
  'kernel.msgmnb': 'IPC',
  'kernel.msgmni': 'IPC',
};

const byPrefix: readonly [prefix: string, namespace: SysctlNamespace][] = [
  ['net.', 'Net'],
  ['fs.mqueue.', 'IPC'],
  ['user.', 'User'],
];

/** The namespace of a parameter whose name has dots; undefined for one of the whole machine. */
export function namespaceOfSysctl(name: string): SysctlNamespace | undefined {
  if (Object.hasOwn(byName, name)) return byName[name];
  return byPrefix.find(([prefix]) => name.startsWith(prefix))?.[1];
}

/** What is wrong with an entry of `allowedUnsafeSysctls`; undefined for a valid one. */
export function sysctlPatternProblem(pattern: string): string | undefined {
  const name = sysctlName(pattern).replace(/\*.*/s, '');
  if (!patternGrammar.test(pattern) || pattern.length > 253)
    return `sysctl ${JSON.stringify(pattern)} must have at most 253 characters and match regex ${patternGrammar.source}`;
  return namespaceOfSysctl(name) === undefined
    ? `the sysctls ${JSON.stringify(name)} are not known to be namespaced`
    : undefined;
}

const patternText = '([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*([a-z0-9][-_a-z0-9]*)?[a-z0-9*]';
const patternGrammar = new RegExp(`^${patternText}$`);
