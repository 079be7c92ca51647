// PURE: what probes have told in all lives together: each kind of message is there, in whichever life it was.
import { isObject } from '@berth/common/json/is-object.ts';
import type { Json } from '../compare-kubelet/normalise.ts';
import { probesKey } from './observe.ts';

/** The name that reports have for it. */
export const probesName = 'probes: messages';

/** The same reports without what probes have told, and one of that alone. */
export function withProbesApart(seen: Readonly<Record<string, Json>>): Record<string, Json> {
  const told = new Set<string>();
  const rest = Object.entries(seen).map(([name, life]) => {
    const events = isObject(life) ? life['events'] : undefined;
    if (!isObject(life) || !isObject(events)) return [name, life] as const;
    const { [probesKey]: lines, ...others } = events;
    for (const line of Array.isArray(lines) ? lines : []) told.add(String(line));
    return [name, { ...life, events: others } as Json] as const;
  });
  const messages = Object.fromEntries([...told].sort().map((line) => [line, true] as const));
  return { ...Object.fromEntries(rest), ...(told.size > 0 && { [probesName]: messages }) };
}
