// Makes the pod's sandbox.
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { podKey } from '../../api/pod.ts';
import type { Recorder } from '../../events/event.ts';
import { createLogger } from '../../klog/klog.ts';
import type { RuntimeHandlers } from '../../kuberuntime/runtime-handlers.ts';
import type { RuntimePods } from '../../kuberuntime/runtime-pods.ts';
import { logWarnings } from '../../kuberuntime/runtime-warnings.ts';
import type { SandboxConfigOf } from '../../kuberuntime/sandbox-config-of.ts';
import type { Creations } from './creations.ts';
import type { Effect } from './effect.ts';
import { tellSandboxFailure } from './sandbox-failure.ts';

const log = createLogger('create-sandbox.ts');

/** The parameters of creating a sandbox. */
export interface CreateSandboxPorts {
  runtime: Pick<RuntimeClient, 'runPodSandbox' | 'podSandboxStatus'>;
  pods: Pick<RuntimePods, 'sandbox'>;
  creations: Pick<Creations, 'run'>;
  sandboxConfigOf: SandboxConfigOf;
  handlers: Pick<RuntimeHandlers, 'nameFor'>;
  events: Recorder;
}

/** The effect that creates a sandbox. A failure is shown in the statuses of the pod's containers. */
export function createSandboxEffect(ports: CreateSandboxPorts): Effect<'create-sandbox'> {
  const { runtime, pods, creations, sandboxConfigOf, handlers, events } = ports;
  return async ({ attempt }, { pod, prepared }, signal) => {
    try {
      const config = sandboxConfigOf(pod, attempt, prepared?.volumes ?? new Map());
      const { podSandboxId } = await creations.run(
        () => runtime.runPodSandbox({ config, runtimeHandler: handlers.nameFor(pod) }),
        signal,
      );
      if (config.portMappings?.some(({ hostPort }) => hostPort)) {
        await logWarnings(runtime, { podSandboxId, pod: podKey(pod) }, log);
      }
      const sandbox = await pods.sandbox(podSandboxId);
      if (!sandbox) throw new Error(`sandbox ${podSandboxId} is gone right after its creation`);
      return { result: 'sandbox-created', sandbox };
    } catch (error) {
      if (signal.aborted) return { result: 'aborted' };
      log.error('Failed to create sandbox for pod', { err: error, pod: podKey(pod) });
      return { result: 'pod-failed', message: tellSandboxFailure(events, pod, error) };
    }
  };
}
