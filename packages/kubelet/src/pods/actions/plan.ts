// Orders the steps of a round, and adds `prepare-pod` before them.
import type { PodAction } from './actions.ts';

/**
 * Puts back-off steps first, and one `prepare-pod` before the steps that create a sandbox or start containers, so that
 * pulls overlap volumes, cgroup and sandbox.
 */
export function plan(actions: readonly PodAction[]): PodAction[] {
  const waits = actions.filter((action) => action.do === 'back-off');
  const others = actions.filter((action) => action.do !== 'back-off');
  const starts = others.filter((action) => action.do === 'start-container').map(({ name }) => name);
  const makes = starts.length > 0 || others.some((action) => action.do === 'create-sandbox');
  return [...waits, ...(makes ? [{ do: 'prepare-pod', containers: starts } as const] : []), ...others];
}
