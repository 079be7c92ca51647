// Effects whose starts of sandboxes and containers are counted.
import type { ContainerType, PodMetrics } from '../../metrics/pod-metrics.ts';
import type { Effects } from './effect.ts';
import type { PodView } from './view.ts';

/** The same effects; what they start is counted. */
export function observedEffects(effects: Effects, metrics: PodMetrics): Effects {
  return {
    ...effects,
    'create-sandbox': async (step, view, signal) => {
      const outcome = await effects['create-sandbox'](step, view, signal);
      const hasUserNamespace = view.pod.spec.hostUsers === false;
      metrics.startedPod({ failed: outcome.result === 'pod-failed', hasUserNamespace });
      return outcome;
    },
    'start-container': async (step, view, signal) => {
      const outcome = await effects['start-container'](step, view, signal);
      if (outcome.result !== 'aborted') {
        const error = outcome.result === 'container-failed' ? outcome.failure.reason : undefined;
        metrics.startedContainer(containerType(view, step.name), error);
      }
      return outcome;
    },
  };
}

function containerType({ pod: { spec } }: PodView, name: string): ContainerType {
  if (spec.initContainers?.some((container) => container.name === name)) return 'init_container';
  return spec.containers.some((container) => container.name === name) ? 'container' : 'ephemeral_container';
}
