// The status of a pod whose containers go on restarting, whichever turn it was seen in.
import type { Json } from '../normalise.ts';

/**
 * Pure: without counts and ids of turns. A container that has ended and is not started yet is in one state: the real
 * kubelet shows it as terminated for a while, and then as waiting.
 */
export function withoutTurns(value: Json): Json {
  if (typeof value === 'string') return withoutTurnsOfText(value);
  if (Array.isArray(value)) return value.map(withoutTurns);
  if (typeof value !== 'object' || value === null) return value;
  const { restartCount, state, lastState, ...rest } = value;
  if (restartCount === undefined) return mapped(value);
  const [now, before] = [state, lastState] as ({ terminated?: Json; running?: Json } | undefined)[];
  const end = now?.running === undefined ? (now?.terminated ?? before?.terminated) : undefined;
  const states = end === undefined ? { state: state ?? null } : { ended: end };
  return mapped({ ...rest, ...states });
}

function mapped(value: { [key: string]: Json }): Json {
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, withoutTurns(each)]));
}

function withoutTurnsOfText(text: string): string {
  return text
    .replace(/\bback-off \w+ restarting/, 'back-off SPAN restarting')
    .replace(/\bID-([\w-]+)-\w+$/, 'ID-$1');
}
