// Makes the pod's sandbox.
import { messageOf } from '@berth/common/error-message.ts';
import type { Semaphore } from '@berth/common/semaphore.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { podKey } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import type { RuntimePods } from '../../kuberuntime/runtime-pods.ts';
import { logWarnings } from '../../kuberuntime/runtime-warnings.ts';
import type { SandboxConfigOf } from '../../kuberuntime/sandbox-config-of.ts';
import type { Effect } from './effect.ts';

const log = createLogger('create-sandbox.ts');

/** The parameters of creating a sandbox. */
export interface CreateSandboxPorts {
  runtime: Pick<RuntimeClient, 'runPodSandbox' | 'podSandboxStatus'>;
  pods: Pick<RuntimePods, 'sandbox'>;
  /** Limits the concurrent creation of sandboxes and containers. */
  creations: Semaphore;
  sandboxConfigOf: SandboxConfigOf;
}

/** The effect that creates a sandbox. A failure is shown in the statuses of the pod's containers. */
export function createSandboxEffect(ports: CreateSandboxPorts): Effect<'create-sandbox'> {
  const { runtime, pods, creations, sandboxConfigOf } = ports;
  return async ({ attempt }, { pod }) => {
    try {
      const config = sandboxConfigOf(pod, attempt);
      const { podSandboxId } = await creations.run(() =>
        runtime.runPodSandbox({ config, runtimeHandler: pod.spec.runtimeClassName ?? '' }),
      );
      if (config.portMappings?.some(({ hostPort }) => hostPort)) {
        await logWarnings(runtime, { podSandboxId, pod: podKey(pod) }, log);
      }
      const sandbox = await pods.sandbox(podSandboxId);
      if (!sandbox) throw new Error(`sandbox ${podSandboxId} is gone right after its creation`);
      return { result: 'sandbox-created', sandbox };
    } catch (error) {
      log.error('Failed to create sandbox for pod', { err: error, pod: podKey(pod) });
      return { result: 'pod-failed', message: `Failed to create pod sandbox: ${messageOf(error)}` };
    }
  };
}
