// The types of effects, the functions that execute steps. table.ts has one for each kind of step.
import type { PodAction } from '../actions/actions.ts';
import type { Outcome } from './outcome.ts';
import type { PodView } from './view.ts';

/** Steps by their name. */
export type Steps = { [Name in PodAction['do']]: PodAction & { do: Name } };

/**
 * Executes one kind of step. `signal` is aborted when the pod must end. Throws only when the runtime does not answer;
 * other failures are outcomes.
 */
export type Effect<Name extends PodAction['do']> = (
  step: Steps[Name],
  view: PodView,
  signal: AbortSignal,
) => Promise<Outcome>;

/** An effect for every step. */
export type Effects = { [Name in PodAction['do']]: Effect<Name> };

/** Executes `step`, whose name is `name`. */
export function perform<Name extends PodAction['do']>(
  effects: Effects,
  name: Name,
  step: Steps[Name],
  view: PodView,
  signal: AbortSignal,
): Promise<Outcome> {
  return effects[name](step, view, signal);
}
