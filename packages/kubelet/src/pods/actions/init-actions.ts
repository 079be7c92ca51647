// Decides the steps of init containers: they start sequentially. Each must succeed before the next one starts; a sidecar
// must have started, and then runs as long as the pod.
// https://kubernetes.io/docs/concepts/workloads/pods/init-containers/
// https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/
import { containersOfKind, isSidecar } from '../../api/each-container.ts';
import type { Container, Pod } from '../../api/pod.ts';
import { restartsOnFailure, shouldRestart } from '../../containers/restart-policy.ts';
import { containerHash } from '../../kubecontainer/container-hash.ts';
import {
  activeContainers,
  latestContainer,
  type PodRuntimeStatus,
  type RuntimeContainer,
} from '../../kubecontainer/runtime-status.ts';
import {
  type ActionContext,
  kill,
  type PodAction,
  probeKill,
  resizeKill,
  startOrBackOff,
} from './actions.ts';
import { isResizedByRestart } from './resize.ts';

/** The progress of initialization, and the next steps: once it is done, those that keep sidecars running. */
export type InitProgress =
  | { verdict: 'done' | 'in progress'; actions: PodAction[] }
  | { verdict: 'failed'; name: string };

/** What becomes of one existing init container. */
type Step =
  /** It still runs, or its startup probe does. */
  | { next: 'wait' }
  /** The next one may start. A sidecar may have to be restarted nevertheless: `kills`. */
  | { next: 'go on'; kills?: PodAction }
  | { next: 'start again'; kills?: PodAction }
  | { next: 'fail' };

/**
 * Decides from the init containers of the current sandbox. The last existing one shows the progress, because earlier
 * ones may have been removed. A regular container in this sandbox proves that initialization is done.
 */
export function initActions(pod: Pod, status: PodRuntimeStatus, context: ActionContext): InitProgress {
  const init = containersOfKind(pod.spec, 'init').map(({ container }) => container);
  const active = activeContainers(status);
  let done =
    init.length === 0 || pod.spec.containers.some(({ name }) => active.some((each) => each.name === name));
  let followerExists = done;
  const steps = new Map<Container, PodAction[]>();
  const begin = (container: Container, kills?: PodAction): void => {
    const starts = startOrBackOff(container, 'init', status, context);
    steps.set(container, [...(kills ? [kills] : []), ...starts]);
  };

  for (const [index, container] of [...init.entries()].reverse()) {
    const current = active.find((each) => each.name === container.name);
    if (!current) {
      if (followerExists && isSidecar(container)) begin(container);
      continue;
    }
    if (followerExists && !isSidecar(container)) continue;
    const step = isSidecar(container)
      ? sidecarStep(pod, container, current, context)
      : initStep(pod, container, current);
    if (step.next === 'fail') return { verdict: 'failed', name: container.name };
    if (step.next === 'go on') {
      const next = init[index + 1];
      if (next === undefined) done = true;
      else if (!followerExists) begin(next);
    }
    if (step.next === 'start again' || ('kills' in step && step.kills)) begin(container, step.kills);
    followerExists = true;
  }
  const [first] = init;
  if (first && !followerExists) begin(first);
  const actions = init.flatMap((container) => steps.get(container) ?? []);
  return { verdict: done ? 'done' : 'in progress', actions };
}

function initStep(pod: Pod, container: Container, current: RuntimeContainer): Step {
  switch (current.state) {
    case 'running':
      return { next: 'wait' };
    case 'created':
      return { next: 'start again' };
    case 'exited':
      if (current.exitCode === 0) return { next: 'go on' };
      return shouldRestart(pod, container, current) ? { next: 'start again' } : { next: 'fail' };
    case 'unknown':
      return restartsOnFailure(pod, container)
        ? { next: 'start again', kills: kill(current, unknownState) }
        : { next: 'fail' };
  }
}

function sidecarStep(
  pod: Pod,
  container: Container,
  current: RuntimeContainer,
  { probes, actuated }: ActionContext,
): Step {
  switch (current.state) {
    case 'created':
    case 'exited':
      return { next: 'start again' };
    case 'unknown':
      return { next: 'start again', kills: kill(current, unknownState) };
    case 'running':
      break;
  }
  const started = container.startupProbe ? (probes.result('startup', current.id) ?? 'unknown') : 'success';
  if (started === 'failure') {
    return { next: 'start again', kills: probeKill(pod, container, current, 'startup') };
  }
  if (started === 'unknown') return { next: 'wait' };
  if (current.hash !== containerHash(container)) {
    return { next: 'go on', kills: kill(current, `Init container ${container.name} definition changed`) };
  }
  // A sidecar that is not alive does not keep the next container from starting.
  if (container.livenessProbe && probes.result('liveness', current.id) === 'failure') {
    return { next: 'go on', kills: probeKill(pod, container, current, 'liveness') };
  }
  if (isResizedByRestart(pod, container, actuated)) {
    return { next: 'go on', kills: resizeKill(container, current) };
  }
  return { next: 'go on' };
}

const unknownState = 'Init container is in "unknown" state, try killing it before restart';

/** Whether the pod has a container that proves that its initialization was done, in any sandbox. */
export function wasInitialized(pod: Pod, status: PodRuntimeStatus): boolean {
  return pod.spec.containers.some(({ name }) => {
    const state = latestContainer(status, name)?.state;
    return state !== undefined && state !== 'unknown';
  });
}
