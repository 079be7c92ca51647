// Runs the same command line on Node.js, from Bun's executable.
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';

/** Exits with the exit code of the other process. */
export function runByNode(argv: readonly string[]): void {
  const launcher = join(dirname(process.execPath), '../bin/crictl');
  const env = { ...process.env, BERTH_CRICTL_ENGINE: 'node' };
  const { status, error } = spawnSync(launcher, argv, { stdio: 'inherit', env });
  if (error !== undefined) throw new Error(`this needs Node.js: ${error.message}`, { cause: error });
  if (status !== 0) process.exit(status ?? 1);
}
