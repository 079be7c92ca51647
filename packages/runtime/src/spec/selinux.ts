// Computes SELinux labels and pod levels from policy and options. Pure; container/selinux.ts applies them.

import type { SELinuxOption } from '@berth/cri/generated/api.ts';
import {
  type ContextParts,
  fileContext,
  processContext,
  type SelinuxPolicy,
} from '@berth/linux/security/selinux-context.ts';
import { invalid } from '../rpc/errors.ts';

/** Contexts of a container's process and files; '' for none. */
export interface SelinuxLabels {
  process: string;
  mount: string;
}

export interface SelinuxRequest {
  /** Undefined where SELinux is not in use. */
  policy: SelinuxPolicy | undefined;
  /** The pod's level, shared by all of its containers. */
  level: string;
  pod: SELinuxOption | undefined;
  /** Undefined for the pod itself. */
  container?: SELinuxOption | undefined;
  privileged: boolean;
  /**
   * Whether the pod shares the host's PID or IPC namespace; a level would then not separate it from other processes.
   */
  hostNamespaces: boolean;
}

const contextParts = ['user', 'role', 'type', 'level'] as const;

/**
 * The labels of a pod or of a container in it: the policy's labels for containers at the pod's level, overridden by
 * the pod's options and then by the container's. Undefined where SELinux is not in use.
 */
export function selinuxLabels(request: SelinuxRequest): SelinuxLabels | undefined {
  const { policy, pod, container } = request;
  if (policy === undefined) return undefined;
  const options = { ...asked(pod), ...asked(container) };
  checkOptions(options, 'config.linux.security_context.selinux_options');
  if (request.hostNamespaces && Object.keys(options).length === 0) return { process: '', mount: '' };
  return {
    process: request.privileged ? '' : processContext(policy, request.level, options),
    mount: fileContext(policy, request.level, options),
  };
}

/** Whether options set any field. */
export function asksForLabels(options: SELinuxOption | undefined): boolean {
  return Object.keys(asked(options)).length > 0;
}

/** Whether a container may use files of any label, so that its volumes are not relabelled. */
export function isSuperPrivileged(pod: SELinuxOption | undefined, own: SELinuxOption | undefined): boolean {
  return (own?.type || pod?.type) === 'spc_t';
}

function asked(options: SELinuxOption | undefined): ContextParts {
  if (options === undefined) return {};
  return Object.fromEntries(
    contextParts.flatMap((part) => (options[part] === '' ? [] : [[part, options[part]]])),
  );
}

const levelPattern =
  /^s\d+(-s\d+)?(:c\d{1,4}(\.c\d{1,4})?(,c\d{1,4}(\.c\d{1,4})?)*)?(-s\d+(:c\d{1,4}(\.c\d{1,4})?(,c\d{1,4}(\.c\d{1,4})?)*)?)?$/;

function checkOptions(options: ContextParts, field: string): void {
  for (const part of contextParts) {
    const value = options[part];
    if (value === undefined) continue;
    if (part === 'level' ? !levelPattern.test(value) : !/^\w+$/.test(value)) {
      throw invalid(`${field}.${part}`, `${JSON.stringify(value)} is not an SELinux ${part}`);
    }
  }
}

/** Categories of the usual policies: c0 to c1023. The highest two are reserved for files of no container. */
const categoryCount = 1022;

/**
 * Chooses a level of two categories that no pod has yet, so that pods cannot access each other's files.
 * @param random a whole number of at least 0 and less than its argument
 */
export function newLevel(taken: ReadonlySet<string>, random: (below: number) => number): string {
  for (;;) {
    const one = random(categoryCount);
    const other = random(categoryCount);
    const level = `s0:c${Math.min(one, other)},c${Math.max(one, other)}`;
    if (one !== other && !taken.has(level)) return level;
  }
}
