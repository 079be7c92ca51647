// Reads the reason of a failure from an OCI runtime's JSON log, and defines the error that carries it.

import { isObject } from '@berth/common/json/is-object.ts';

/**
 * The last error in an OCI runtime's log, which is the reason of a failure. With `--log FILE --log-format json`, crun
 * and runc append one JSON object per message.
 */
export function lastRuntimeError(log: string): string | undefined {
  let found: string | undefined;
  for (const line of log.split('\n')) {
    const entry = parseEntry(line);
    if (entry !== undefined && (entry.level === 'error' || entry.level === 'fatal')) found = entry.message;
  }
  return found;
}

function parseEntry(line: string): { level: string; message: string } | undefined {
  if (!line.startsWith('{')) return undefined;
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (!isObject(value)) return undefined;
  const { level, msg } = value;
  return typeof msg === 'string' && typeof level === 'string' ? { level, message: msg.trim() } : undefined;
}

/** An OCI runtime failed: `message` is its own, prefixed with the operation. */
export class OciRuntimeError extends Error {
  override readonly name = 'OciRuntimeError';
  /** The runtime's message alone. */
  readonly reason: string;
  /** `NOT_FOUND` when the runtime does not know the container or its process has ended. */
  readonly kind: 'FAILED' | 'NOT_FOUND' | 'TIMEOUT';

  constructor(doing: string, reason: string, options?: ErrorOptions & { kind?: OciRuntimeError['kind'] }) {
    super(`${doing}: ${reason}`, options);
    this.reason = reason;
    this.kind = options?.kind ?? (notFound.some((pattern) => pattern.test(reason)) ? 'NOT_FOUND' : 'FAILED');
  }
}

const notFound = [
  /no such process/i,
  /container( `[^`]+`)? (is )?not running/i,
  /container does not exist/i,
  /error opening file `[^`]*\/status`/,
  /process already finished/i,
];
