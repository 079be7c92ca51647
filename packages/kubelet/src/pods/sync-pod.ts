// Brings one pod from where it is to where its specification wants it: asks podActions for steps, has the effects
// carry them out, and folds their outcomes into what is known of the pod.
import type { Pod } from '../api/pod.ts';
import type { CrashLoopBackoff } from '../backoff/crash-loop.ts';
import { emptyRuntimeStatus, type PodRuntimeStatus } from '../kubecontainer/runtime-status.ts';
import type { RuntimePods } from '../kuberuntime/runtime-pods.ts';
import type { ActionContext } from './actions/actions.ts';
import { type NextLook, nextLook } from './actions/next-look.ts';
import { plan } from './actions/plan.ts';
import { podActions } from './actions/pod-actions.ts';
import { type Effects, perform } from './effects/effect.ts';
import { fold } from './effects/fold.ts';
import { firstView, type PodView, type Waiting } from './effects/view.ts';
import type { PodEnd } from './end/pod-end.ts';

/** What a round needs. */
export interface SyncPorts {
  pods: Pick<RuntimePods, 'read'>;
  crashLoop: Pick<CrashLoopBackoff, 'waiting'>;
  effects: Effects;
  /** Removes what the runtime need not keep, and returns the status without it. */
  collectGarbage(status: PodRuntimeStatus): Promise<PodRuntimeStatus>;
}

/** What the last round left, and what happened since. */
export interface SyncState {
  waiting: Waiting;
  /** Why the pod has to end; undefined: it goes on. */
  end: PodEnd | undefined;
  /** True when the runtime cannot have anything of the pod yet, so that it need not be asked. */
  isNew: boolean;
  /** Aborted when the pod shall end: the round stops at its next step. */
  signal: AbortSignal;
  /** Called with what is known while a round goes on. */
  onView: (runtime: PodRuntimeStatus, waiting: Waiting) => void;
}

/** How a round went. */
export interface SyncResult {
  status: PodRuntimeStatus;
  /** When to look again without an event, in milliseconds since the epoch: a back-off ends. */
  nextAt: number | undefined;
  look: NextLook;
}

/** One round for the pod. Throws when the runtime does not answer. */
export async function syncPod(pod: Pod, state: SyncState, ports: SyncPorts): Promise<SyncResult> {
  const { name, namespace, uid } = pod.metadata;
  const identity = { name, namespace, uid };
  const status = state.isNew ? emptyRuntimeStatus(identity) : await ports.pods.read(identity);
  const context: ActionContext = {
    backOff: (container, finishedAt) => ports.crashLoop.waiting(uid, container, finishedAt, Date.now()),
    end: state.end,
  };
  const actions = podActions(pod, status, context);
  const first = firstView(pod, status, state.waiting, actions);
  state.onView(first.runtime, first.waiting);
  if (actions.length === 0) {
    return { status: await ports.collectGarbage(status), nextAt: undefined, look: 'on news' };
  }
  const view = await carryOut(first, plan(actions), state, ports.effects);
  // What was started is known; what was killed or failed has to be looked at.
  const after = view.runtimeIs === 'known' ? view.runtime : await ports.pods.read(identity);
  const kept = await ports.collectGarbage(after);
  const look =
    view.retry === 'after a pause'
      ? view.retry
      : nextLook(actions, podActions(pod, kept, context), view.waiting);
  return { status: kept, nextAt: view.lookAt, look };
}

/** Carries out the steps in their order, as far as they make sense. */
async function carryOut(
  first: PodView,
  steps: ReturnType<typeof plan>,
  { signal, onView }: SyncState,
  effects: Effects,
): Promise<PodView> {
  let view = first;
  for (const step of steps) {
    if (signal.aborted || view.rest === 'stop') return view;
    const next = fold(view, await perform(effects, step.do, step, view, signal));
    if (next.runtime !== view.runtime || next.waiting !== view.waiting) onView(next.runtime, next.waiting);
    view = next;
  }
  return view;
}
