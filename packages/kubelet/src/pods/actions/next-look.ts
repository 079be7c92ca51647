// Decides when the next round of a pod starts.
import type { PodAction } from './actions.ts';

/** `on news`: an event, a new manifest, or the end of a back-off; `after a pause`: something failed. */
export type NextLook = 'on news' | 'at once' | 'after a pause';

/**
 * Decides from the steps that were `done` and those that the pod's state asks for now. More to do is done at
 * once: what was started has ended already, or what was killed is to be replaced. But a container that failed
 * (`waiting` has its name) has its time, and another sandbox would be no better than one that has just been made.
 */
export function nextLook(
  done: readonly PodAction[],
  left: readonly PodAction[],
  waiting: ReadonlyMap<string, unknown>,
): NextLook {
  if (makesSandbox(done) && makesSandbox(left)) return 'after a pause';
  return left.some((action) => !('name' in action && waiting.has(action.name))) ? 'at once' : 'on news';
}

function makesSandbox(actions: readonly PodAction[]): boolean {
  return actions.some((action) => action.do === 'create-sandbox');
}
