// Decides whether a pod keeps its sandbox or needs a new one.
import type { Pod } from '../api/pod.ts';
import type { PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';

/** `keep`: containers can be started in `sandboxId`; `replace`: a new sandbox with `attempt` is needed. */
export type SandboxChange =
  | { verdict: 'keep'; sandboxId: string }
  | { verdict: 'replace'; attempt: number; reason: string };

/** Decides from the pod's newest sandbox. Reasons are those of the PodReadyToStartContainers condition. */
export function sandboxChange(pod: Pod, status: PodRuntimeStatus): SandboxChange {
  const [sandbox] = status.sandboxes;
  if (!sandbox) return { verdict: 'replace', attempt: 0, reason: 'no pod sandbox exists' };
  const replace = (reason: string): SandboxChange => ({
    verdict: 'replace',
    attempt: sandbox.attempt + 1,
    reason,
  });
  if (status.sandboxes.filter((each) => each.ready).length > 1) {
    return replace('multiple pod sandboxes are ready and need to be reconciled');
  }
  if (!sandbox.ready) return replace('pod sandbox is not ready');
  const wantsHostNetwork = pod.spec.hostNetwork === true;
  if (sandbox.hostNetwork !== wantsHostNetwork) {
    return replace('network namespace mode changed and sandbox needs to be recreated');
  }
  if (!wantsHostNetwork && sandbox.networkReported && sandbox.ips.length === 0) {
    return replace('pod sandbox has no IP address');
  }
  return { verdict: 'keep', sandboxId: sandbox.id };
}
