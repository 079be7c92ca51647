// The keys that end a session on a terminal and leave the container's side alone: Ctrl-P Ctrl-Q, as in Docker.

/** Ctrl-P, Ctrl-Q. */
export const detachKeys = Buffer.from([0x10, 0x11]);

export interface KeyScan {
  /** What is for the container. */
  pass: Buffer;
  /** How many of the keys have been typed in a row; they are kept back until the next one decides. */
  typed: number;
  detached: boolean;
}

/** Pure: looks for `keys` in what was typed, the first `typed` of them having come before. */
export function scanKeys(chunk: Buffer, typed: number, keys: Buffer = detachKeys): KeyScan {
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
