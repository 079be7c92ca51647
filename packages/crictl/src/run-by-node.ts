// Runs the same words on Node.js, from the executable by Bun.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

/** The end of the other process is that of this one. */
export function runByNode(argv: readonly string[]): void {
  const launcher = join(dirname(process.execPath), '../bin/crictl');
  const env = { ...process.env, BERTH_CRICTL_ENGINE: 'node' };
  const { status, error } = spawnSync(launcher, argv, { stdio: 'inherit', env });
  if (error !== undefined) throw new Error(`this needs Node.js: ${error.message}`, { cause: error });
  if (status !== 0) process.exit(status ?? 1);
}
