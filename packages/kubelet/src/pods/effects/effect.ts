// The table from a step to what carries it out. kubelet.ts fills it; each effect names the ports that it uses.
import type { PodAction } from '../actions/actions.ts';
import type { Outcome } from './outcome.ts';
import type { PodView } from './view.ts';

/** Steps by their name. */
export type Steps = { [Name in PodAction['do']]: PodAction & { do: Name } };

/**
 * Carries out one kind of step. `signal` is aborted when the pod shall end. Throws when the runtime does not answer;
 * whatever else goes wrong is an outcome.
 */
export type Effect<Name extends PodAction['do']> = (
  step: Steps[Name],
  view: PodView,
  signal: AbortSignal,
) => Promise<Outcome>;

/** An effect for every step. */
export type Effects = { [Name in PodAction['do']]: Effect<Name> };

/** Carries out `step`, whose name is `name`. */
export function perform<Name extends PodAction['do']>(
  effects: Effects,
  name: Name,
  step: Steps[Name],
  view: PodView,
  signal: AbortSignal,
): Promise<Outcome> {
  return effects[name](step, view, signal);
}
