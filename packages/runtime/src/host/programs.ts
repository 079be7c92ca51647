import { accessSync, constants } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';

/** Finds a program by its path, or by name in PATH, and returns its absolute path; throws when it does not exist. */
export function findProgram(program: string, what: string, searchPath = process.env.PATH ?? ''): string {
  const usual = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
  const dirs = [...searchPath.split(delimiter).filter(isAbsolute), ...usual];
  const candidates = isAbsolute(program) ? [program] : dirs.map((dir) => join(dir, program));
  const found = candidates.find(isExecutable);
  if (found === undefined) {
    throw new Error(
      isAbsolute(program)
        ? `${what}: ${program} is no executable program; install it, or correct the path`
        : `${what}: no executable ${program} in ${dirs.join(', ')}; install it`,
    );
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
