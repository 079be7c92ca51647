import { UserError } from '../errors/user-error.ts';

/** @throws UserError when this process does not run as root */
export function requireRoot(command: string): void {
  if (process.geteuid?.() !== 0)
    throw new UserError(
      `${command} needs root: it makes namespaces, mounts and cgroups; run: sudo ${command}`,
    );
}
