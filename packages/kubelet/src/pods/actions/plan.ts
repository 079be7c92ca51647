// The order in which the steps of a round are carried out.
import type { PodAction } from './actions.ts';

/**
 * The steps with what they need before them: waits are shown first, and whatever makes a sandbox or starts a container
 * is preceded by one `prepare-pod`, so that pulls overlap volumes, cgroup and sandbox.
 */
export function plan(actions: readonly PodAction[]): PodAction[] {
  const waits = actions.filter((action) => action.do === 'back-off');
  const others = actions.filter((action) => action.do !== 'back-off');
  const starts = others.filter((action) => action.do === 'start-container').map(({ name }) => name);
  const makes = starts.length > 0 || others.some((action) => action.do === 'create-sandbox');
  return [...waits, ...(makes ? [{ do: 'prepare-pod', containers: starts } as const] : []), ...others];
}
