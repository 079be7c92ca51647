// The files for termination messages, one for each attempt of a container.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { terminationDir } from '../paths/pod-paths.ts';
import { mountBoundedFile, removeBoundedFile } from './bounded-file.ts';

type Roots = Parameters<typeof terminationDir>[0];

/** One attempt of a container, numbered by `restartCount` as logs are. */
interface Attempt {
  name: string;
  restartCount: number;
}

/** Makes the file of an attempt, which any user in the container may write, and returns its path. */
export function makeTerminationLog(roots: Roots, uid: string, attempt: Attempt): string {
  mkdirSync(terminationDir(roots, uid, attempt.name), { recursive: true, mode: 0o700 });
  const path = terminationLog(roots, uid, attempt);
  mountBoundedFile(path, '', 0o666);
  return path;
}

/** Removes the file of a removed container, so that files of a crashing container do not accumulate. */
export function removeTerminationLog(roots: Roots, uid: string, attempt: Attempt): void {
  removeBoundedFile(terminationLog(roots, uid, attempt));
}

function terminationLog(roots: Roots, uid: string, { name, restartCount }: Attempt): string {
  return join(terminationDir(roots, uid, name), restartCount.toString(16).padStart(8, '0'));
}
