// Resolves the argument of `logs` to a container, or to a pod with all its containers.
import type { Container, PodSandbox } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';
import { withId } from '../lookup/ids.ts';
import {
  ambiguous,
  containerPath,
  containersNamed,
  namedContainers,
  namedPod,
  podPath,
  podsCalled,
} from '../lookup/names.ts';

export type LogTarget = { kind: 'container'; id: string } | { kind: 'pod'; id: string };

/**
 * Pure: ids take precedence over names, and container ids over pod ids. A pod's name means the whole pod, also when a
 * container has the same name. An unknown word is returned as a container id, so that the runtime reports the error.
 * Throws when several match.
 */
export function logTarget(
  given: string,
  containers: readonly Container[],
  pods: readonly PodSandbox[],
): LogTarget {
  const named = namedContainers(containers, pods);
  const namedPods = pods.map(namedPod);
  for (const [kind, fitting] of [
    ['container', withId(given, named)],
    ['pod', withId(given, namedPods)],
  ] as const) {
    const [first, ...others] = fitting;
    if (others.length > 0) throw ambiguous(`${kind} id`, given, fitting);
    if (first !== undefined) return { kind, id: first.id };
  }
  const podsSo = podsCalled(given, namedPods);
  const paths = new Set(podsSo.map(podPath));
  const containersSo = containersNamed(
    given,
    named.filter((each) => !paths.has(podPath(each))),
  );
  if (podsSo.length + containersSo.length > 1)
    throw ambiguous('pod or container', given, [...podsSo, ...containersSo]);
  const [pod] = podsSo;
  if (pod !== undefined) return { kind: 'pod', id: pod.id };
  return { kind: 'container', id: containersSo[0]?.id ?? given };
}

/** As logTarget; records a failed lookup for the hint. */
export function findLogs(
  app: App,
  given: string,
  containers: readonly Container[],
  pods: readonly PodSandbox[],
): LogTarget {
  const target = logTarget(given, containers, pods);
  if (target.kind === 'container' && containers.every(({ id }) => id !== target.id)) {
    const known = () => [
      ...namedContainers(containers, pods).map(containerPath),
      ...pods.map((pod) => podPath(namedPod(pod))),
    ];
    app.failedLookup = { what: 'container', word: given, known };
  }
  return target;
}
