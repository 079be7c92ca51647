// Finds the pods that a word means: `hello`, `default/hello`, or the full name with the node's.
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { UserError } from '../errors/user-error.ts';
import { displayName } from './identity.ts';
import { podTable } from './table.ts';

/** The pod's name in its manifest, without its namespace. */
export function shortName(pod: v1.Pod): string {
  const name = displayName(pod);
  return name.slice(name.indexOf('/') + 1);
}

/** The pod's `namespace/name` on this node. */
export function fullName({ metadata }: v1.Pod): string {
  return `${metadata?.namespace ?? 'default'}/${metadata?.name ?? ''}`;
}

/**
 * The pod that a word means. A real name takes precedence over one without the node's, and a pod that runs over an earlier
 * version of it that is ending.
 * @throws UserError when none is called so, and with a table when several are
 */
export function findPod(word: string, pods: readonly v1.Pod[]): v1.Pod {
  const exact = pods.filter((pod) => word === pod.metadata?.name || word === fullName(pod));
  const called =
    exact.length > 0 ? exact : pods.filter((pod) => word === displayName(pod) || word === shortName(pod));
  const found = [...Map.groupBy(called, fullName).values()].flatMap(
    (versions) =>
      versions.find(({ metadata }) => metadata?.deletionTimestamp === undefined) ?? versions[0] ?? [],
  );
  const [first, ...others] = found;
  if (first === undefined) {
    const names = [...new Set(pods.map(displayName))].sort().join(', ');
    throw new UserError(`there is no pod ${word} on this node${names === '' ? '' : `, only ${names}`}`);
  }
  if (others.length === 0) return first;
  throw new UserError(
    `pod ${word} is ambiguous, it matches ${found.length}:\n${podTable(found, new Date())}`,
  );
}

/** The pods that the words mean, each once. @throws UserError as findPod */
export function findPods(words: readonly string[], pods: readonly v1.Pod[]): v1.Pod[] {
  return [...new Set(words.map((word) => findPod(word, pods)))];
}
