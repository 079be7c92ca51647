import { constants } from 'node:os';
import { Signal } from '@berth/cri/generated/api.ts';
import { parseSignal, signalName } from '@berth/linux/processes/signals.ts';

const SIGRTMIN = 34;
const SIGRTMAX = 64;
// CRI counts the lower half of the real-time signals from the bottom and the upper half from the top.
const lastFromBottom = SIGRTMIN + 15;

/** The CRI name of a Linux signal; SIGNAL_RUNTIME_DEFAULT when CRI has no name for it. */
export function criSignal(signal: number): Signal {
  const wanted = `SIGNAL_${criName(signal)}`;
  for (const [key, value] of Object.entries(Signal)) {
    if (key === wanted) return value;
  }
  return Signal.SIGNAL_RUNTIME_DEFAULT;
}

function criName(signal: number): string | undefined {
  if (signal < SIGRTMIN || signal > SIGRTMAX) return signalName(signal);
  if (signal === SIGRTMIN) return 'SIGRTMIN';
  if (signal === SIGRTMAX) return 'SIGRTMAX';
  return signal <= lastFromBottom ? `SIGRTMINPLUS${signal - SIGRTMIN}` : `SIGRTMAXMINUS${SIGRTMAX - signal}`;
}

/** The number of a CRI signal; undefined for SIGNAL_RUNTIME_DEFAULT and for one that CRI does not define. */
export function linuxSignal(signal: Signal): number | undefined {
  const key = Object.entries(Signal).find(([, value]) => value === signal)?.[0];
  if (key === undefined || signal === Signal.SIGNAL_RUNTIME_DEFAULT) return undefined;
  const name = key.slice('SIGNAL_'.length);
  // Linux knows these two under their other names only.
  const known = name === 'SIGCLD' ? 'SIGCHLD' : name;
  return parseSignal(known.replace('PLUS', '+').replace('MINUS', '-'));
}

/** The signal that stops a container: the request's, else the image's, else SIGTERM. */
export function stopSignal(requested: Signal, imageSignal: string | undefined): number {
  const fromImage = imageSignal === undefined || imageSignal === '' ? undefined : parseSignal(imageSignal);
  return linuxSignal(requested) ?? fromImage ?? constants.signals.SIGTERM;
}
