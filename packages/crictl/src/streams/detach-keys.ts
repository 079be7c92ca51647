// The keys that detach a terminal from a container without ending its process: Ctrl-P Ctrl-Q, as in Docker.

/** Ctrl-P, Ctrl-Q. */
export const detachKeys = Buffer.from([0x10, 0x11]);

export interface KeyScan {
  /** The input for the container. */
  pass: Buffer;
  /** Number of detach keys typed in a row. They are held back until the next key. */
  typed: number;
  detached: boolean;
}

/** Pure: searches the input for the detach keys, of which `typed` were at the end of the previous input. */
export function scanKeys(chunk: Buffer, typed: number, keys: Buffer = detachKeys): KeyScan {
  if (keys.length === 0) return { pass: chunk, typed: 0, detached: false };
  const all = Buffer.concat([keys.subarray(0, typed), chunk]);
  const at = all.indexOf(keys);
  if (at >= 0) return { pass: all.subarray(0, at), typed: 0, detached: true };
  for (let held = Math.min(keys.length - 1, all.length); held > 0; held--) {
    const from = all.length - held;
    if (all.subarray(from).equals(keys.subarray(0, held)))
      return { pass: all.subarray(0, from), typed: held, detached: false };
  }
  return { pass: all, typed: 0, detached: false };
}
