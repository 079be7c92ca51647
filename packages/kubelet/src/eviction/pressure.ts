// From one observation to the next: which thresholds are met, for how long, and what the node's conditions are. Pure.
import type { Pressures } from '../node/status/status-facts.ts';
import { type Observations, signals } from './thresholds/signals.ts';
import { metThresholds, type Threshold } from './thresholds/thresholds.ts';

/** What is remembered between two observations. Times are in milliseconds. */
export interface PressureState {
  /** Since when thresholds are met. */
  since: ReadonlyMap<Threshold, number>;
  /** Thresholds that were met for their grace period. */
  due: readonly Threshold[];
  /** When a pressure was observed last. */
  lastSeen: ReadonlyMap<keyof Pressures, number>;
  pressures: Pressures;
}

/** Nothing was observed yet. */
export const noPressure: PressureState = {
  since: new Map(),
  due: [],
  lastSeen: new Map(),
  pressures: { memory: false, disk: false, pid: false },
};

/** The state after `observations` at the time `now`. A pressure lasts until it was not seen for `transitionMs`. */
export function nextPressure(
  before: PressureState,
  observations: Observations,
  { thresholds, transitionMs, now }: { thresholds: readonly Threshold[]; transitionMs: number; now: number },
): PressureState {
  const unresolved = metThresholds(before.due, observations, { reclaiming: true });
  const met = [
    ...new Set([...metThresholds(thresholds, observations, { reclaiming: false }), ...unresolved]),
  ];
  const since = new Map(met.map((threshold) => [threshold, before.since.get(threshold) ?? now]));
  const lastSeen = new Map(before.lastSeen);
  for (const { signal } of met) lastSeen.set(signals[signal].pressure, now);
  const isPressed = (kind: keyof Pressures): boolean => {
    const at = lastSeen.get(kind);
    return at !== undefined && now - at < transitionMs;
  };
  return {
    since,
    due: inOrder(met.filter((threshold) => now - (since.get(threshold) ?? now) >= threshold.graceMs)),
    lastSeen,
    pressures: { memory: isPressed('memory'), disk: isPressed('disk'), pid: isPressed('pid') },
  };
}

/** Memory goes before all others. */
function inOrder(thresholds: readonly Threshold[]): Threshold[] {
  const isMemory = ({ signal }: Threshold): boolean => signals[signal].resource === 'memory';
  return [...thresholds.filter(isMemory), ...thresholds.filter((each) => !isMemory(each))];
}
