// Warnings of the runtime about a sandbox that is incomplete, such as host ports that no CNI plugin forwards. berthd puts
// them into the verbose status; other runtimes have none.
import { isObject } from '@berth/common/json/is-object.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import type { Logger } from '../klog/klog.ts';

/** Most warnings of one sandbox. */
const maxWarnings = 16;

/** The warnings in the verbose information of a sandbox's status. */
export function warningsIn(info: Readonly<Record<string, string>>): string[] {
  try {
    const value: unknown = JSON.parse(info.info ?? '{}');
    const warnings = isObject(value) && Array.isArray(value.warnings) ? value.warnings : [];
    return warnings.filter((warning) => typeof warning === 'string').slice(0, maxWarnings);
  } catch {
    return [];
  }
}

/**
 * Asks the runtime and logs each warning as an event of the pod, as the real kubelet does without an API server. A
 * failed call is ignored: the sandbox is up.
 */
export async function logWarnings(
  runtime: Pick<RuntimeClient, 'podSandboxStatus'>,
  { podSandboxId, pod }: { podSandboxId: string; pod: string },
  log: Logger,
): Promise<void> {
  const { info } = await runtime
    .podSandboxStatus({ podSandboxId, verbose: true })
    .catch(() => ({ info: {} }));
  for (const message of warningsIn(info)) {
    log.warn('Event occurred', {
      object: pod,
      kind: 'Pod',
      apiVersion: 'v1',
      type: 'Warning',
      reason: 'SandboxIncomplete',
      message,
    });
  }
}
