// Decides when a probe runs and what its outcomes mean: pure functions over the state of one probe.
// https://kubernetes.io/docs/concepts/configuration/liveness-readiness-startup-probes/
import type { ProbeKind, ProbeResult } from './results.ts';

/** Times and thresholds of a probe, defaults filled in. */
export interface ProbeSettings {
  initialDelayMs: number;
  periodMs: number;
  successThreshold: number;
  failureThreshold: number;
}

/** What a probe knows of its container. */
export interface ProbeState {
  /** The container that the rest is about; undefined before the first one. */
  containerId: string | undefined;
  /** The result after thresholds. */
  result: ProbeResult;
  /** The latest outcome, and how often in a row it came. */
  last: 'success' | 'failure' | undefined;
  run: number;
  /** True when there is nothing to find out until there is another container. */
  onHold: boolean;
}

/** The container of a probe as the runtime has it now. */
export interface ProbedContainer {
  id: string;
  running: boolean;
  /** Milliseconds since the epoch. */
  startedAt: number;
}

const initialResults: Record<ProbeKind, ProbeResult> = {
  readiness: 'failure',
  liveness: 'success',
  startup: 'unknown',
};

/** A container is not ready and not started, but alive, until a probe says otherwise. */
export function initialState(kind: ProbeKind, containerId?: string): ProbeState {
  return { containerId, result: initialResults[kind], last: undefined, run: 0, onHold: false };
}

/**
 * The state for the container that takes the place of an earlier one. `recorded` is the result that an earlier kubelet
 * recorded for this container: it must not become unready, or go through its startup probe again, because the
 * kubelet restarted.
 */
export function stateFor(
  kind: ProbeKind,
  containerId: string,
  recorded: ProbeResult | undefined,
): ProbeState {
  const state = initialState(kind, containerId);
  if (recorded === undefined || kind === 'liveness') return state;
  return { ...state, result: recorded, onHold: kind === 'startup' && recorded === 'success' };
}

/**
 * The state after an outcome. A liveness probe that failed, and a startup probe that has decided, run no more for this
 * container.
 */
export function afterOutcome(
  kind: ProbeKind,
  state: ProbeState,
  outcome: 'success' | 'failure',
  { successThreshold, failureThreshold }: ProbeSettings,
): ProbeState {
  const run = state.last === outcome ? state.run + 1 : 1;
  const next = { ...state, last: outcome, run };
  if (run < (outcome === 'success' ? successThreshold : failureThreshold)) return next;
  const onHold = kind === 'startup' || (kind === 'liveness' && outcome === 'failure');
  return { ...next, result: outcome, onHold };
}

/**
 * Whether a probe of this kind has to run: only a startup probe runs before the container has `started`. It is on hold
 * afterwards.
 */
export function isDue(
  kind: ProbeKind,
  state: ProbeState,
  container: ProbedContainer | undefined,
  started: boolean,
): boolean {
  return container?.running === true && !state.onHold && (kind === 'startup' || started);
}

/** Whether a container with this result of its startup probe (undefined: it has no such probe) has started. */
export function hasStarted(startup: ProbeResult | undefined): boolean {
  return startup === undefined || startup === 'success';
}

/**
 * Milliseconds from `now` to the next tick of a probe: ticks are multiples of the period after `phase`, none before
 * `earliest`. All times are of one clock, in milliseconds.
 */
export function nextTickIn(phase: number, periodMs: number, earliest: number, now: number): number {
  const from = Math.max(earliest, now);
  return phase + Math.max(0, Math.ceil((from - phase) / periodMs)) * periodMs - now;
}

/**
 * The delay of the readiness probe after this one of a container that is not ready: it grows from `first` to the
 * period, so that a container that starts quickly is ready quickly.
 */
export function retryDelay(first: number, attempt: number, periodMs: number): number {
  return Math.min(first * 2 ** Math.min(attempt, 20), periodMs);
}
