// Signal names and numbers, in the spellings of images (StopSignal) and pods.
import { constants } from 'node:os';

// SIGRTMIN of glibc, which reserves the first two real-time signals.
const SIGRTMIN = 34;
const SIGRTMAX = 64;

/**
 * The number of a signal in any spelling: `SIGTERM`, `term`, `15`, `SIGRTMIN+3`, `RTMAX-1`. `undefined` when the text
 * is not a signal.
 */
export function parseSignal(text: string): number | undefined {
  const upper = text.trim().toUpperCase();
  if (/^\d+$/.test(upper)) {
    const number = Number(upper);
    return number >= 1 && number <= SIGRTMAX ? number : undefined;
  }
  const name = upper.startsWith('SIG') ? upper : `SIG${upper}`;
  const realTime = /^SIGRT(MIN|MAX)(?:([+-])(\d{1,2}))?$/.exec(name);
  if (realTime !== null) {
    const offset = Number(`${realTime[2] ?? '+'}${realTime[3] ?? 0}`);
    const number = (realTime[1] === 'MIN' ? SIGRTMIN : SIGRTMAX) + offset;
    return number >= SIGRTMIN && number <= SIGRTMAX ? number : undefined;
  }
  return Object.entries(constants.signals).find(([known]) => known === name)?.[1];
}

// For numbers with two names, the common one.
const synonyms = new Set(['SIGIOT', 'SIGPOLL', 'SIGCLD', 'SIGUNUSED']);

/** The name of a signal, `15` → `SIGTERM`, `37` → `SIGRTMIN+3`; `undefined` when there is none. */
export function signalName(number: number): string | undefined {
  if (number >= SIGRTMIN && number <= SIGRTMAX) {
    return number === SIGRTMIN ? 'SIGRTMIN' : `SIGRTMIN+${number - SIGRTMIN}`;
  }
  return Object.entries(constants.signals).find(
    ([name, value]) => value === number && !synonyms.has(name),
  )?.[0];
}
