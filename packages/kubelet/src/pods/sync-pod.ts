// One round of a pod: podActions decides the steps, effects execute them, and fold applies their outcomes to the view.
import type { Pod } from '../api/pod.ts';
import type { CrashLoopBackoff } from '../backoff/crash-loop.ts';
import type { DynamicResources } from '../dra/dynamic-resources.ts';
import { aboutPod, type Recorder } from '../events/event.ts';
import { emptyRuntimeStatus, isAlive, type PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import type { RuntimePods } from '../kuberuntime/runtime-pods.ts';
import type { ProbeResults } from '../prober/results.ts';
import type { VolumeManager } from '../volumes/manager.ts';
import type { ActionContext } from './actions/actions.ts';
import { type NextLook, nextLook } from './actions/next-look.ts';
import { plan } from './actions/plan.ts';
import { podActions } from './actions/pod-actions.ts';
import { type Effects, perform } from './effects/effect.ts';
import { fold, starting } from './effects/fold.ts';
import { firstView, type PodView, type ResizeState, type Waiting } from './effects/view.ts';
import type { PodEnd } from './end/pod-end.ts';

/** The parameters of rounds. */
export interface SyncPorts {
  pods: Pick<RuntimePods, 'read'>;
  crashLoop: Pick<CrashLoopBackoff, 'waiting'>;
  effects: Effects;
  volumes: Pick<VolumeManager, 'refresh' | 'release'>;
  claims: Pick<DynamicResources, 'release'>;
  probes: ProbeResults;
  events: Recorder;
  /** Removes dead containers and sandboxes that are not needed, and returns the status without them. */
  collectGarbage(status: PodRuntimeStatus): Promise<PodRuntimeStatus>;
}

/** The result of the last round, and changes since. */
export interface SyncState {
  waiting: Waiting;
  /** By name, the highest restart count of a container that is known to have been started. */
  restartCounts: ReadonlyMap<string, number>;
  resize: ResizeState;
  /** Why the pod must end; undefined: it continues. */
  end: PodEnd | undefined;
  /** True for a new pod, of which the runtime has nothing: the round does not read its state. */
  isNew: boolean;
  /** Aborted when the pod must end: the round stops at its next step. */
  signal: AbortSignal;
  /** Called with the view after each step. */
  onView: (view: Pick<PodView, 'runtime' | 'waiting' | 'resize'>) => void;
}

/** The result of a round. */
export interface SyncResult {
  status: PodRuntimeStatus;
  /** Time of the next round without an event, in milliseconds since the epoch, when a back-off ends. */
  nextAt: number | undefined;
  look: NextLook;
}

/** One round for the pod. Throws when the runtime does not answer. */
export async function syncPod(pod: Pod, state: SyncState, ports: SyncPorts): Promise<SyncResult> {
  const { name, namespace, uid } = pod.metadata;
  const identity = { name, namespace, uid };
  const status = state.isNew ? emptyRuntimeStatus(identity) : await ports.pods.read(identity);
  if (state.end === undefined && status.sandboxes[0]?.ready) await ports.volumes.refresh(pod, state.signal);
  const context: ActionContext = {
    backOff: (container, finishedAt) => ports.crashLoop.waiting(uid, container, finishedAt, Date.now()),
    probes: ports.probes,
    actuated: state.resize.actuated,
    end: state.end,
  };
  const actions = podActions(pod, status, context);
  if (status.sandboxes.length > 0 && actions.some((action) => action.do === 'create-sandbox')) {
    const told = 'Pod sandbox changed, it will be killed and re-created.';
    ports.events.record(aboutPod(pod), 'Normal', 'SandboxChanged', told);
  }
  const first = firstView(pod, status, state, actions);
  state.onView(first);
  if (actions.length === 0) {
    await releaseEnded(pod, status, state, ports);
    return { status: await ports.collectGarbage(status), nextAt: undefined, look: 'on news' };
  }
  const view = await carryOut(first, plan(actions), state, ports.effects);
  // The view contains started containers. After a kill or a failure, read the runtime's state again.
  const after = view.runtimeIs === 'known' ? view.runtime : await ports.pods.read(identity);
  const kept = await ports.collectGarbage(after);
  await releaseEnded(pod, kept, state, ports);
  const look =
    view.retry !== 'not needed'
      ? view.retry
      : nextLook(
          actions,
          podActions(pod, kept, { ...context, actuated: view.resize.actuated }),
          view.waiting,
        );
  return { status: kept, nextAt: view.lookAt, look };
}

/** A pod that has ended needs its claims and volumes no more, though it stays until it is deleted. */
async function releaseEnded(
  { metadata }: Pod,
  status: PodRuntimeStatus,
  { end }: SyncState,
  { volumes, claims }: SyncPorts,
): Promise<void> {
  if (end === undefined || isAlive(status)) return;
  await claims.release(metadata.uid);
  await volumes.release(metadata.uid);
}

/** Executes the steps in order, until an outcome stops the round. */
async function carryOut(
  first: PodView,
  steps: ReturnType<typeof plan>,
  { signal, onView }: SyncState,
  effects: Effects,
): Promise<PodView> {
  let view = first;
  for (const step of steps) {
    if (signal.aborted || view.rest === 'stop') return view;
    const before = step.do === 'start-container' ? starting(view, step.name) : view;
    if (before !== view) onView(before);
    view = before;
    const next = fold(view, await perform(effects, step.do, step, view, signal));
    const isSeen =
      next.runtime !== view.runtime || next.waiting !== view.waiting || next.resize !== view.resize;
    if (isSeen) onView(next);
    view = next;
  }
  return view;
}
