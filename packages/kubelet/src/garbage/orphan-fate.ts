// Decides what happens to a pod with remains on this node that no source wants. Pure.

/** `end`; `wait` until every source was read; `leave`: it is another kubelet's. */
export type OrphanFate = 'end' | 'wait' | 'leave';

/** What is known about a pod that no source wants. */
export interface OrphanFacts {
  /** The pod has a folder in this kubelet's root directory, or had one while this process ran. */
  isOurs: boolean;
  /** Every source of pods was read once: a manifest path that does not exist was not. */
  sourcesRead: boolean;
  /** The flag --adopt. */
  adopts: boolean;
}

/** What happens to a pod that no source wants. */
export function orphanFate({ isOurs, sourcesRead, adopts }: OrphanFacts): OrphanFate {
  if (adopts) return 'end';
  if (!isOurs) return 'leave';
  return sourcesRead ? 'end' : 'wait';
}
