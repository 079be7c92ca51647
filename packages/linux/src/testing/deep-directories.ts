import { closeSync, constants, mkdirSync, openSync } from 'node:fs';

/**
 * Creates nested directories of the same name and calls back with a path of the deepest one, valid during the call;
 * `each` gets the path of each one. Their full paths may exceed PATH_MAX.
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
