import type { Process } from '@berth/oci/runtime-spec.ts';

/**
 * The process of an exec: the container's own with other arguments. Env, working directory, user,
 * capabilities, no_new_privs and rlimits are the container's; what the OCI runtime applies from the
 * container's spec by itself (seccomp, and an AppArmor profile when none is given) needs no mention.
 */
export function execProcess(container: Process, args: string[]): Process {
  const { oomScoreAdj: _inherited, ...process } = container;
  return { ...process, args, terminal: false };
}
