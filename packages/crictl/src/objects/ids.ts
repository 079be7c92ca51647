// Ids as people type them: the first characters are enough when they fit only one.
import type { App } from '../app.ts';

const fullLength = 64;

/**
 * Pure: the id among `known` that `given` stands for. What fits none is given back as it is, for the
 * runtime to judge. Throws when several fit.
 */
export function resolveId(kind: 'container' | 'pod', given: string, known: readonly string[]): string {
  if (known.includes(given)) return given;
  const fitting = known.filter((id) => id.startsWith(given));
  if (fitting.length > 1) {
    const shown = fitting.slice(0, 5).join(', ');
    throw new Error(`${kind} id "${given}" is ambiguous, it fits ${fitting.length}: ${shown}`);
  }
  return fitting[0] ?? given;
}

/** The full id of a container, looked up only when `given` is shorter than an id. */
export async function containerId(app: App, given: string): Promise<string> {
  if (given === '') throw new Error('ID cannot be empty');
  if (given.length >= fullLength) return given;
  const { containers } = await (await app.runtime()).listContainers({}, app.call());
  return resolveId(
    'container',
    given,
    containers.map(({ id }) => id),
  );
}

/** The full id of a pod sandbox, looked up only when `given` is shorter than an id. */
export async function podId(app: App, given: string): Promise<string> {
  if (given === '') throw new Error('ID cannot be empty');
  if (given.length >= fullLength) return given;
  const { items } = await (await app.runtime()).listPodSandbox({}, app.call());
  return resolveId(
    'pod',
    given,
    items.map(({ id }) => id),
  );
}

/** The ids that were named, or without any those of what `list` selects. Tells when that leaves none. */
export async function namedOrListed(
  app: App,
  named: readonly string[],
  list: () => Promise<readonly { id: string }[]>,
): Promise<readonly string[]> {
  const ids = named.length > 0 ? named : (await list()).map(({ id }) => id);
  if (ids.length === 0) app.logger.error('No IDs provided or nothing found per filter');
  return ids;
}
