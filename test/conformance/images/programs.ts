// Programs of this machine with the libraries that they load, for layers.
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { TarEntry } from '@berth/oci/tar/entry.ts';

/** The programs, by their paths here, and every library that they need, at the paths of this machine. */
export function programEntries(programs: readonly string[]): TarEntry[] {
  const files = new Set(programs.flatMap((program) => [program, ...librariesOf(program)]));
  return [...files].map(
    (path): TarEntry => ({ type: 'file', path: path.slice(1), mode: 0o755, content: readFileSync(path) }),
  );
}

function librariesOf(program: string): string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' });
  return [...listed.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}
