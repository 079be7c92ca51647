import { closeSync, constants, mkdirSync, openSync } from 'node:fs';

/**
 * Makes directories below each other, each with the same name, and calls back with a path of the last one for as
 * long as the call takes; `each` gets the path of each one. The whole path may be longer than any path can be.
 */
export function nestDirectories(
  top: string,
  name: string,
  depth: number,
  use?: (path: string) => void,
  each?: (path: string) => void,
): void {
  let descriptor = openSync(top, constants.O_RDONLY | constants.O_DIRECTORY);
  for (let level = 0; level < depth; level++) {
    const path = `/proc/self/fd/${descriptor}/${name}`;
    mkdirSync(path);
    each?.(path);
    const next = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
    closeSync(descriptor);
    descriptor = next;
  }
  use?.(`/proc/self/fd/${descriptor}`);
  closeSync(descriptor);
}
