// /proc/PID/net/dev: interface counters of a network namespace without entering it.
import { readFileSync, statSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import { asSyscallError } from '../syscall/errno.ts';

/** Counters of an interface since its creation. */
export interface InterfaceCounters {
  readonly name: string;
  readonly rxBytes: bigint;
  readonly rxPackets: bigint;
  readonly rxErrors: bigint;
  readonly rxDropped: bigint;
  readonly txBytes: bigint;
  readonly txPackets: bigint;
  readonly txErrors: bigint;
  readonly txDropped: bigint;
}

/** Parses /proc/PID/net/dev: two lines of headings, then `NAME: ` and 16 counters for each interface. */
export function parseNetDev(text: string): InterfaceCounters[] {
  return text
    .split('\n')
    .slice(2)
    .flatMap((line) => {
      // An interface name may contain colons; the counters do not.
      const colon = line.lastIndexOf(':');
      if (colon === -1) return [];
      const counters = line
        .slice(colon + 1)
        .trim()
        .split(/\s+/);
      const counter = (index: number): bigint => BigInt(counters[index] ?? 0);
      return {
        name: line.slice(0, colon).trim(),
        rxBytes: counter(0),
        rxPackets: counter(1),
        rxErrors: counter(2),
        rxDropped: counter(3),
        txBytes: counter(8),
        txPackets: counter(9),
        txErrors: counter(10),
        txDropped: counter(11),
      };
    });
}

/**
 * The interface counters of a pinned network namespace, read through a process in it, which is far cheaper than
 * setns(2). `undefined` when the process is gone or in another namespace.
 */
export function readNetDev(pid: number, namespaceFile: string): InterfaceCounters[] | undefined {
  return unlessGone(() => {
    const ours = statSync(`/proc/${pid}/ns/net`);
    const wanted = statSync(namespaceFile);
    return ours.ino === wanted.ino && ours.dev === wanted.dev ? netDevOf(pid) : undefined;
  });
}

/** The interface counters of the network namespace that a process is in; `undefined` when the process is gone. */
export function netDevOf(pid: number): InterfaceCounters[] | undefined {
  return unlessGone(() => parseNetDev(readFileSync(`/proc/${pid}/net/dev`, 'utf8')));
}

function unlessGone<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'ESRCH', 'EINVAL')) return undefined;
    throw asSyscallError(error);
  }
}
