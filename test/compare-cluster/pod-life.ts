// The steps that lives of pods are made of: created, looked at when settled, deleted, and told of from the beginning.
import { setTimeout as delay } from 'node:timers/promises';
import { patience } from '@berth/test-support/machine-speed.ts';
import type { Settled } from '../compare-kubelet/manifest-case.ts';
import type { Json } from '../compare-kubelet/normalise.ts';
import type { ServedPod } from './cluster-log.ts';
import type { LifeOnNode } from './life.ts';
import { comparableEvents, comparablePod, comparableTurn, requestCounts, statesOf } from './observe.ts';
import { nodeOf } from './side.ts';

const settledMs = 60_000;
const goneMs = 90_000;
/** Events are sent a moment after what they tell of. */
const eventsMs = 1500;

/** Where pods of a side are. */
export function podsOf({ side }: LifeOnNode): string {
  return `/api/v1/namespaces/${nodeOf(side)}/pods`;
}

/** Creates a pod on the node; what the API server has against it, if anything. */
export async function create(on: LifeOnNode, manifest: object): Promise<string | undefined> {
  const { spec = {}, ...rest } = manifest as { spec?: object };
  const nodeName = nodeOf(on.side);
  try {
    await on.admin.create(podsOf(on), { ...rest, spec: { nodeName, ...spec } });
    return undefined;
  } catch (error) {
    return String(error).replaceAll(nodeName, 'SIDE');
  }
}

/** Waits until a pod is as wanted, for `holdMs` at a time; undefined when it does not get there. */
export async function settle(
  { log }: LifeOnNode,
  pod: string,
  settled: Settled,
  { holdMs = 0, upToMs = settledMs }: { holdMs?: number | undefined; upToMs?: number | undefined } = {},
): Promise<ServedPod | undefined> {
  const deadline = performance.now() + patience(upToMs);
  for (;;) {
    const found = await log.podThat(pod, settled, Math.max(0, deadline - performance.now()));
    if (found === undefined || holdMs === 0) return found;
    const changed = await log.podThat(pod, (now) => !settled(now), holdMs);
    if (changed === undefined) return log.pod(pod)?.versions.at(-1);
  }
}

/** Waits until a pod is as wanted; throws when it does not get there. */
export async function reach(on: LifeOnNode, pod: string, settled: Settled): Promise<ServedPod> {
  const found = await settle(on, pod, settled);
  if (found === undefined)
    throw new Error(`${pod} is not as wanted: ${JSON.stringify(on.log.pod(pod)?.versions.at(-1)?.status)}`);
  return found;
}

export interface EndOptions {
  /** Its containers go on restarting. */
  isFleeting?: boolean;
  /** Whether it has been deleted already. */
  isDeleted?: boolean;
}

/** Deletes a pod, and tells all that was seen of it from its beginning. */
export async function end(
  on: LifeOnNode,
  name: string,
  { isFleeting = false, isDeleted = false }: EndOptions = {},
): Promise<Record<string, Json>> {
  const { side, admin, log, requests } = on;
  if (!isDeleted) await admin.delete(`${podsOf(on)}/${name}`);
  const last = await log.podThat(name, (_, { isDeleted: isGone }) => isGone, patience(goneMs));
  const history = log.pod(name);
  const newest = history?.versions.at(-1);
  if (history === undefined || newest === undefined) return { gone: 'never there' };
  await delay(eventsMs);
  const ofPod = requests().filter((each) => each.resource.startsWith('pods') && each.name === name);
  const look = isFleeting ? comparableTurn : comparablePod;
  return {
    gone: last !== undefined,
    last: look(side, newest),
    ...(!isFleeting && { states: statesOf(side, history) }),
    events: comparableEvents(side, log.eventsOf(name), newest, { areRepeated: isFleeting }),
    ...(!isFleeting && { requests: requestCounts(ofPod) }),
  };
}
