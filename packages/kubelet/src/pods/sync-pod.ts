// Brings one pod from where it is to where its specification wants it: asks podActions what to do, and does it.

import type { Pod } from '../api/pod.ts';
import { crashBackoffKey } from '../backoff/crash-loop.ts';
import { garbage } from '../garbage/pod-garbage.ts';
import {
  emptyRuntimeStatus,
  latestContainer,
  type PodRuntimeStatus,
} from '../kubecontainer/runtime-status.ts';
import { removeContainer } from '../kuberuntime/kill-pod.ts';
import type { ActionContext, PodAction } from './actions/actions.ts';
import { type NextLook, nextLook } from './actions/next-look.ts';
import { podActions } from './actions/pod-actions.ts';
import type { Services } from './services.ts';
import { SyncRound, type SyncState } from './sync-round.ts';

/** How a round went. */
export interface SyncResult {
  status: PodRuntimeStatus;
  /** When to look again without an event, in milliseconds since the epoch: a back-off ends. */
  nextAt: number | undefined;
  look: NextLook;
}

/** One round for the pod. Throws when the runtime does not answer. */
export async function syncPod(pod: Pod, state: SyncState, services: Services): Promise<SyncResult> {
  const { name, namespace, uid } = pod.metadata;
  const identity = { name, namespace, uid };
  const status = state.isNew ? emptyRuntimeStatus(identity) : await services.pods.read(identity);
  const context: ActionContext = {
    backOff: (name, finishedAt) =>
      services.crashBackoff.waiting(crashBackoffKey(identity, name), finishedAt, Date.now()),
    deadlineExceeded: state.deadlineExceeded,
  };
  const actions = podActions(pod, status, context);
  forgetFailures(status, actions, state);
  state.onStatus(status);
  if (actions.length === 0) {
    return { status: await collectGarbage(status, services), nextAt: undefined, look: 'on news' };
  }
  const round = new SyncRound(pod, status, state, services);
  await round.run(actions);
  // What was started is known; what was killed or failed has to be looked at.
  const after = round.isKnown ? round.status : await services.pods.read(identity);
  const kept = await collectGarbage(after, services);
  const look = round.retry
    ? 'after a pause'
    : nextLook(actions, podActions(pod, kept, context), state.failures);
  return { status: kept, nextAt: round.nextAt, look };
}

/** A container that runs, or of which nothing is wanted any more, waits for nothing. */
function forgetFailures(status: PodRuntimeStatus, actions: PodAction[], { failures }: SyncState): void {
  const wanted = new Set(actions.flatMap((action) => ('name' in action ? [action.name] : [])));
  for (const name of failures.keys()) {
    if (!wanted.has(name) || latestContainer(status, name)?.state === 'running') failures.delete(name);
  }
}

/** Removes what nobody will ask about again, and returns the status without it. */
async function collectGarbage(status: PodRuntimeStatus, services: Services): Promise<PodRuntimeStatus> {
  const { containers, sandboxIds } = garbage(status);
  for (const container of containers) await removeContainer(status, container, services);
  for (const podSandboxId of sandboxIds) await services.runtime.removePodSandbox({ podSandboxId });
  return {
    ...status,
    containers: status.containers.filter((each) => !containers.includes(each)),
    sandboxes: status.sandboxes.filter(({ id }) => !sandboxIds.includes(id)),
  };
}
