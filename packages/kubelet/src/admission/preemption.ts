// Chooses the pods that make room for a critical one: as few as possible, best effort before burstable before
// guaranteed ones, and of those the smallest that suffice.

import { mayPreempt } from '../api/critical.ts';
import type { Pod } from '../api/pod.ts';
import { overheadOf, podLevelAmounts, podLevelResources, podRequests } from '../api/pod-totals.ts';
import { qosClass } from '../cgroups/qos-class.ts';
import { missing, type Shortage, wholeUnits } from './shortage.ts';

/** An amount of a resource that has to become free, in the units of Shortage. */
interface Need {
  resource: string;
  amount: bigint;
}

/** A pod that has to end for a critical one, and what this one is short of first. */
export interface Victim {
  pod: Pod;
  preemptor: Pod;
  resource: string;
}

/** The victims, or the needs that no set of pods can meet, in the real kubelet's words. */
export type Preemption = { victims: Victim[] } | { impossible: string };

/** The pods that `preemptor` preempts to get what it is short of. */
export function preempt(preemptor: Pod, pods: readonly Pod[], shortages: readonly Shortage[]): Preemption {
  const needs = shortages.map((shortage) => ({ resource: shortage.resource, amount: missing(shortage) }));
  const candidates = pods.filter((pod) => mayPreempt(preemptor, pod));
  const ofClass = (qos: string): Pod[] => candidates.filter((pod) => qosClass(pod) === qos);
  const bestEffort = ofClass('BestEffort');
  const burstable = ofClass('Burstable');
  const guaranteed = ofClass('Guaranteed');
  const unmet = without(needs, candidates);
  if (unmet.length > 0)
    return { impossible: `no set of running pods found to reclaim resources: ${text(unmet)}` };
  const third = nearest(guaranteed, without(needs, [...bestEffort, ...burstable]));
  const second = nearest(burstable, without(needs, [...bestEffort, ...third]));
  const first = nearest(bestEffort, without(needs, [...second, ...third]));
  const resource = shortages[0]?.resource ?? '';
  return { victims: [...first, ...second, ...third].map((pod) => ({ pod, preemptor, resource })) };
}

/** The pods that meet the needs, each time the one that comes nearest; the smaller of two that come as near. */
function nearest(pods: readonly Pod[], needs: readonly Need[]): Pod[] {
  const victims: Pod[] = [];
  const left = [...pods];
  for (let open = needs; open.length > 0; open = without(open, victims.slice(-1))) {
    let best: Pod | undefined;
    for (const pod of left) if (best === undefined || isBetter(pod, best, open)) best = pod;
    // The caller has made sure that all pods together suffice.
    if (best === undefined) return victims;
    victims.push(best);
    left.splice(left.indexOf(best), 1);
  }
  return victims;
}

function isBetter(pod: Pod, best: Pod, needs: readonly Need[]): boolean {
  const [one, other] = [distance(pod, needs), distance(best, needs)];
  return one < other || (one === other && isSmaller(pod, best));
}

/** The part of the needs that stays open without the pod: the sum of squares, so that no need outweighs another. */
function distance(pod: Pod, needs: readonly Need[]): number {
  return needs.reduce((sum, { resource, amount }) => {
    const open = Number(amount - requestOf(pod, resource));
    return open > 0 ? sum + (open / Number(amount)) ** 2 : sum;
  }, 0);
}

/** The needs that stay open without these pods. */
function without(needs: readonly Need[], pods: readonly Pod[]): Need[] {
  return needs
    .map(({ resource, amount }) => ({
      resource,
      amount: pods.reduce((left, pod) => left - requestOf(pod, resource), amount),
    }))
    .filter(({ amount }) => amount > 0n);
}

function isSmaller(one: Pod, other: Pod): boolean {
  for (const resource of ['memory', 'cpu']) {
    const difference = requestOf(one, resource) - requestOf(other, resource);
    if (difference !== 0n) return difference < 0n;
  }
  return true;
}

/** What the end of a pod frees, in the units of Shortage. A pod with resources of its own frees only those. */
function requestOf(pod: Pod, resource: string): bigint {
  if (resource === 'pods') return 1n;
  const own = podLevelResources(pod)
    ? podLevelAmounts(pod, 'requests')
    : podRequests(pod, { overhead: false });
  const request = own.get(resource) ?? 0n;
  return request === 0n ? 0n : wholeUnits(request + (overheadOf(pod).get(resource) ?? 0n), resource);
}

function text(needs: readonly Need[]): string {
  return `[${needs.map(({ resource, amount }) => `(res: ${resource}, q: ${amount}), `).join('')}]`;
}
