// A machine that is emulated takes many times as long for everything: BERTH_TEST_TIMEOUT_SCALE is how many.

const scale = Number(process.env['BERTH_TEST_TIMEOUT_SCALE'] ?? 1);

/** How long a test waits on this machine for what an ordinary one does within `ms`. */
export function patience(ms: number): number {
  return ms * scale;
}
