// Derives the process of an exec from the container's config.json, for ExecSync and Exec.

import { readFileSync } from 'node:fs';
import type { Process, Spec } from '@berth/oci/runtime-spec/config.ts';

/**
 * The process of an exec: the container's own with other arguments. Environment, working directory, user,
 * capabilities, no_new_privs and rlimits are the container's. The OCI runtime itself applies seccomp, and AppArmor
 * when no profile is given.
 */
export function execProcess(
  container: Process,
  args: string[],
  { terminal = false }: { terminal?: boolean } = {},
): Process {
  const { oomScoreAdj: _inherited, consoleSize: _containers, ...process } = container;
  const env = process.env ?? [];
  const needsTerm = terminal && !env.some((variable) => variable.startsWith('TERM='));
  return { ...process, ...(needsTerm ? { env: [...env, 'TERM=xterm'] } : {}), args, terminal };
}

/** The container's own process, whose user, environment and rights a command gets, from its config.json. */
export function containerProcess(configPath: string): Process {
  const spec: Spec = JSON.parse(readFileSync(configPath, 'utf8'));
  if (spec.process === undefined) throw new Error(`${configPath} has no process`);
  return spec.process;
}
