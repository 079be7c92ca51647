// Why a node is not ready, as far as its runtime is concerned: what pkg/kubelet/runtime.go collects. Pure.
import type { RuntimeCondition } from '@berth/cri/generated/api.ts';

/** The runtime as it was seen last. */
export interface RuntimeView {
  /** When the runtime was found to work, in milliseconds of a clock that nobody sets; undefined: never. */
  lastReadyAt: number | undefined;
  runtime: string | undefined;
  network: string | undefined;
}

/** A runtime that nobody has asked yet. */
export const unseenRuntime: RuntimeView = {
  lastReadyAt: undefined,
  runtime: undefined,
  network: 'network state unknown',
};

/** After this time without an answer the runtime is down. */
const patienceMs = 30_000;

/** The view after the runtime has told its conditions at the time `now`. */
export function seenRuntime(
  before: RuntimeView,
  conditions: readonly RuntimeCondition[],
  now: number,
): RuntimeView {
  const network = conditionProblem('container runtime network not ready', 'NetworkReady', conditions);
  const runtime = conditionProblem('container runtime not ready', 'RuntimeReady', conditions);
  return { lastReadyAt: runtime === undefined ? now : before.lastReadyAt, runtime, network };
}

function conditionProblem(
  what: string,
  wanted: string,
  conditions: readonly RuntimeCondition[],
): string | undefined {
  const found = conditions.find(({ type }) => type === wanted);
  if (found?.status) return undefined;
  if (found === undefined) return `${what}: <nil>`;
  return `${what}: ${found.type}=false reason:${found.reason} message:${found.message}`;
}

/** What is wrong at the time `now`, in the real kubelet's words and order. */
export function runtimeProblems({ lastReadyAt, runtime, network }: RuntimeView, now: number): string[] {
  const silence =
    lastReadyAt === undefined
      ? 'container runtime status check may not have completed yet'
      : now - lastReadyAt >= patienceMs
        ? 'container runtime is down'
        : undefined;
  return [silence, runtime, network].filter((problem) => problem !== undefined);
}
