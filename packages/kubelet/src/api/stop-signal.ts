// The signal that a container is stopped with, in the words of the API and of the CRI.
import { Signal } from '@berth/cri/generated/api.ts';

/** CRI's signals by the API's names: `SIGRTMIN+1` is SIGNAL_SIGRTMINPLUS1. */
const signals: ReadonlyMap<string, Signal> = new Map(
  Object.entries(Signal)
    .filter(([, signal]) => signal !== Signal.SIGNAL_RUNTIME_DEFAULT)
    .map(([name, signal]) => [
      name.replace('SIGNAL_', '').replace('PLUS', '+').replace('MINUS', '-'),
      signal,
    ]),
);

/** The names that `lifecycle.stopSignal` may have on Linux. */
export const stopSignalNames: readonly string[] = [...signals.keys()];

/** CRI's signal for a name of the API; the image's or the runtime's own for undefined. */
export function stopSignal(name: string | undefined): Signal {
  return (name === undefined ? undefined : signals.get(name)) ?? Signal.SIGNAL_RUNTIME_DEFAULT;
}
