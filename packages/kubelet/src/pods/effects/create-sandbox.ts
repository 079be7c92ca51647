// Makes the pod's sandbox.
import { messageOf } from '@berth/common/error-message.ts';
import type { RuntimeClient } from '@berth/cri/client/client.ts';
import { podKey } from '../../api/pod.ts';
import type { DynamicResources } from '../../dra/dynamic-resources.ts';
import { aboutPod, type Recorder } from '../../events/event.ts';
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
  claims: Pick<DynamicResources, 'prepare'>;
  events: Recorder;
}

/** The effect that prepares claims, then creates a sandbox. A failure is shown in the statuses of the pod's containers. */
export function createSandboxEffect(ports: CreateSandboxPorts): Effect<'create-sandbox'> {
  const { runtime, pods, creations, sandboxConfigOf, handlers, claims, events } = ports;
  return async ({ attempt }, { pod, prepared }, signal) => {
    try {
      await claims.prepare(pod, signal);
    } catch (error) {
      if (signal.aborted) return { result: 'aborted' };
      const message = `Failed to prepare dynamic resources: ${messageOf(error)}`;
      log.error('Failed to prepare dynamic resources', { err: error, pod: podKey(pod) });
      events.record(aboutPod(pod), 'Warning', 'FailedPrepareDynamicResources', message);
      return { result: 'pod-failed', message };
    }
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
