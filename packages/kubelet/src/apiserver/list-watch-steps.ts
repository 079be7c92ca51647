// What a ListWatch does next, as client-go's reflector decides it. Pure.
import { ConnectionError } from '@berth/http/connection-error.ts';
import { ApiError } from './api-client.ts';

/** A request to the API server. */
export type Step =
  /** A watch that begins with all objects. */
  | { do: 'stream'; resourceVersion: string | undefined }
  | { do: 'list'; resourceVersion: string | undefined }
  | { do: 'watch'; resourceVersion: string };

/** How a step has ended. */
export type Outcome =
  /** All objects are known as of this version. */
  | { end: 'listed'; resourceVersion: string }
  /** A watch has ended, or a stream after all objects were known; with the last version that is known. */
  | { end: 'watched'; resourceVersion: string; events: number; lastedMs: number; failure?: Failure }
  | { end: 'failed'; failure: Failure };

/** Why a step failed. */
export type Failure =
  /** The version is too old, or newer than the server knows. */
  | 'expired'
  | 'too large version'
  /** The server asks for patience (429). */
  | 'busy'
  /** There is no connection, or it broke. */
  | 'unreachable'
  /** The server does not take such a request. */
  | 'refused'
  | 'other';

/** What is remembered between steps. */
export interface ListWatchState {
  /** The newest version that was seen. */
  resourceVersion: string | undefined;
  /** Whether the server no longer has that version. */
  isVersionLost: boolean;
  /** Whether the server takes streams. */
  takesStreams: boolean;
  backOff: BackOff;
}

/** A growing pause. */
export interface BackOff {
  nextMs: number;
  atMs: number;
}

/** As client-go: the first pause, the longest before jitter, and after what time without one it begins anew. */
const firstPauseMs = 800;
const longestPauseMs = 30_000;
const forgetAfterMs = 120_000;
/** A watch that is shorter and brings nothing is no normal end. */
const shortWatchMs = 1000;
const watchSeconds = 300;

export const initialState: ListWatchState = {
  resourceVersion: undefined,
  isVersionLost: false,
  takesStreams: true,
  backOff: { nextMs: firstPauseMs, atMs: Number.NEGATIVE_INFINITY },
};

/** How all objects are asked for: from the server's cache, at least as new as what is known. */
export function firstStep({ resourceVersion, isVersionLost, takesStreams }: ListWatchState): Step {
  if (takesStreams) return { do: 'stream', resourceVersion: isVersionLost ? undefined : resourceVersion };
  return listStep({ resourceVersion, isVersionLost });
}

function listStep({
  resourceVersion,
  isVersionLost,
}: Pick<ListWatchState, 'resourceVersion' | 'isVersionLost'>): Step {
  return { do: 'list', resourceVersion: isVersionLost ? undefined : (resourceVersion ?? '0') };
}

/** The next step, and after which pause; `random` is from 0 to 1. */
export function nextStep(
  state: ListWatchState,
  step: Step,
  outcome: Outcome,
  { nowMs, random }: { nowMs: number; random: number },
): { state: ListWatchState; step: Step; pauseMs: number } {
  const atOnce = (next: ListWatchState, then: Step) => ({ state: next, step: then, pauseMs: 0 });
  const later = (next: ListWatchState, then: Step) => {
    const { backOff, pauseMs } = pause(next.backOff, nowMs, random);
    return { state: { ...next, backOff }, step: then, pauseMs };
  };
  if (outcome.end === 'listed' || outcome.end === 'watched') {
    const { resourceVersion } = outcome;
    const known: ListWatchState = { ...state, resourceVersion, isVersionLost: false };
    const watch: Step = { do: 'watch', resourceVersion };
    if (outcome.end === 'listed') return atOnce(known, watch);
    const { failure, events, lastedMs } = outcome;
    if (failure === 'busy') return later(known, watch);
    // A broken connection loses nothing: the server goes on from the version, if it is there again.
    if (failure !== undefined && failure !== 'unreachable') return later(known, firstStep(known));
    const isShort = lastedMs < shortWatchMs && (events === 0 || failure !== undefined);
    return isShort ? later(known, watch) : atOnce(known, watch);
  }
  const { failure } = outcome;
  if (failure === 'busy' || failure === 'unreachable') return later(state, step);
  if (step.do === 'watch') return later(state, firstStep(state));
  if (failure === 'expired' || failure === 'too large version') {
    const lost = { ...state, isVersionLost: true };
    const again = step.do === 'stream' ? firstStep(lost) : listStep(lost);
    // Without a version to blame, it is not the version.
    return state.isVersionLost ? later(lost, again) : atOnce(lost, again);
  }
  if (step.do === 'stream') {
    const without = { ...state, takesStreams: failure !== 'refused' };
    return failure === 'refused' ? atOnce(without, listStep(without)) : later(without, listStep(without));
  }
  return later(state, firstStep(state));
}

/** How long the server keeps a watch open: five to ten minutes, so that not all end at once. */
export function watchTimeoutSeconds(random: number): number {
  return Math.floor(watchSeconds + random * watchSeconds);
}

function pause(
  { nextMs, atMs }: BackOff,
  nowMs: number,
  random: number,
): { backOff: BackOff; pauseMs: number } {
  const baseMs = nowMs - atMs > forgetAfterMs ? firstPauseMs : nextMs;
  return {
    backOff: { nextMs: Math.min(baseMs * 2, longestPauseMs), atMs: nowMs },
    pauseMs: baseMs * (1 + random),
  };
}

/** What an error means for a ListWatch. */
export function failureOf(error: unknown): Failure {
  if (error instanceof ConnectionError) return 'unreachable';
  if (!(error instanceof ApiError)) return 'other';
  const { code, reason, status } = error;
  const causes = status.details?.causes ?? [];
  if (reason === 'Expired' || reason === 'Gone') return 'expired';
  if (causes.some((cause) => cause.reason === 'ResourceVersionTooLarge')) return 'too large version';
  if (reason === 'TooManyRequests' || code === 429) return 'busy';
  // A load balancer whose servers are gone.
  if (code === 502 || code === 503) return 'unreachable';
  return code === 400 || code === 422 ? 'refused' : 'other';
}
