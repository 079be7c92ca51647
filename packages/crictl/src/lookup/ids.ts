// Resolves ids of containers and pods from prefixes of ids and from names.
import type { Container, PodSandbox } from '@berth/cri/generated/api.ts';
import type { App } from '../app/app.ts';

const fullLength = 64;

/** Whether `text` is a full id by its length and needs no lookup; a path of names has slashes. */
export function isWholeId(text: string): boolean {
  return text.length === fullLength && !text.includes('/');
}

/** Pure: the item whose id is `given`, or else the items whose id starts with it. */
export function withId<Item extends { id: string }>(given: string, items: readonly Item[]): Item[] {
  const exact = items.find(({ id }) => id === given);
  return exact ? [exact] : items.filter(({ id }) => id.startsWith(given));
}

/** The full id of a container. Calls the runtime only when `given` is not a full id. */
export async function containerId(app: App, given: string): Promise<string> {
  if (given === '') throw new Error('ID cannot be empty');
  if (isWholeId(given)) return given;
  const runtime = await app.runtime();
  const { containers } = await runtime.listContainers({}, app.call());
  const [first, ...others] = withId(given, containers);
  if (first !== undefined && others.length === 0) return first.id;
  const { items } = await runtime.listPodSandbox({}, app.call());
  const id = await resolveContainer(given, containers, items);
  if (containers.every((container) => container.id !== id)) {
    const { containerPath, namedContainers } = await import('./names.ts');
    const known = () => namedContainers(containers, items).map(containerPath);
    app.failedLookup = { what: 'container', word: given, known };
  }
  return id;
}

/** The full id of a pod sandbox. Calls the runtime only when `given` is not a full id. */
export async function podId(app: App, given: string): Promise<string> {
  if (given === '') throw new Error('ID cannot be empty');
  if (isWholeId(given)) return given;
  const { items } = await (await app.runtime()).listPodSandbox({}, app.call());
  const id = await resolvePod(given, items);
  if (items.every((pod) => pod.id !== id)) {
    const { namedPod, podPath } = await import('./names.ts');
    app.failedLookup = { what: 'pod', word: given, known: () => items.map((pod) => podPath(namedPod(pod))) };
  }
  return id;
}

/**
 * The id of the container that `given` matches; ids take precedence over names. Returns `given` when none matches, so
 * that the runtime reports the error. Throws when several match.
 */
export async function resolveContainer(
  given: string,
  containers: readonly Container[],
  pods: readonly PodSandbox[],
): Promise<string> {
  const { ambiguous, containersCalled, namedContainers, namedPod } = await import('./names.ts');
  const known = namedContainers(containers, pods);
  const byId = withId(given, known);
  const fitting = byId.length > 0 ? byId : containersCalled(given, known, pods.map(namedPod));
  if (fitting.length > 1) throw ambiguous(byId.length > 0 ? 'container id' : 'container', given, fitting);
  return fitting[0]?.id ?? given;
}

/** As resolveContainer, for pods. */
export async function resolvePod(given: string, pods: readonly PodSandbox[]): Promise<string> {
  const byId = withId(given, pods);
  if (byId.length === 1) return byId[0]?.id ?? given;
  const { ambiguous, namedPod, podsCalled } = await import('./names.ts');
  const fitting = byId.length > 0 ? byId.map(namedPod) : podsCalled(given, pods.map(namedPod));
  if (fitting.length > 1) throw ambiguous(byId.length > 0 ? 'pod id' : 'pod', given, fitting);
  return fitting[0]?.id ?? given;
}

/** The ids in `named`, or when it is empty those of `list`. Logs an error when there are none. */
export async function namedOrListed(
  app: App,
  named: readonly string[],
  list: () => Promise<readonly { id: string }[]>,
): Promise<readonly string[]> {
  const ids = named.length > 0 ? named : (await list()).map(({ id }) => id);
  if (ids.length === 0) app.logger.error('No IDs provided or nothing found per filter');
  return ids;
}
