// Mounts of other volumes below a volume that containers may only read. The runtime cannot make their mount points.
import { mkdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { eachContainer } from '../api/each-container.ts';
import type { Pod } from '../api/pod.ts';

/** Makes directories in the volume at `directory` for the mounts that containers have below it. */
export function makeNestedMountPoints(pod: Pod, volume: string, directory: string): void {
  for (const path of nestedMountPoints(pod, volume)) {
    mkdirSync(join(directory, path), { recursive: true, mode: 0o755 });
  }
}

/** Paths, relative to the volume, of mounts directly below it: not those below another mount. Throws for `..`. */
export function nestedMountPoints(pod: Pod, volume: string): string[] {
  return eachContainer(pod.spec).flatMap(({ container: { volumeMounts = [] } }) => {
    const all = volumeMounts.map(({ mountPath }) => resolve('/', mountPath)).sort();
    return volumeMounts
      .filter(({ name }) => name === volume)
      .flatMap(({ mountPath }) => {
        if (mountPath.split('/').includes('..'))
          throw new Error(`invalid container mount point ${mountPath}`);
        return directlyBelow(resolve('/', mountPath), all);
      });
  });
}

/** `paths` is sorted, so that a mount comes before those below it. */
function directlyBelow(top: string, paths: readonly string[]): string[] {
  const prefix = top.endsWith('/') ? top : `${top}/`;
  const found: string[] = [];
  for (const path of paths) {
    if (!path.startsWith(prefix) || path === prefix) continue;
    if (!found.some((each) => path.startsWith(`${each}/`))) found.push(path);
  }
  return found.map((path) => path.slice(prefix.length));
}
