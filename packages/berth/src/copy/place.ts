// The two places of `berth cp`: a path on this machine, or in a container. Pure.
import { posix } from 'node:path';
import { UserError } from '../errors/user-error.ts';

export type Place =
  | { readonly kind: 'local'; readonly path: string }
  | { readonly kind: 'container'; readonly container: string; readonly path: string };

/** Reads `POD:PATH`, `POD/CONTAINER:PATH` or a path. A path of this machine with a colon needs a `/` or `.` in front. */
export function placeOf(text: string): Place {
  const colon = text.indexOf(':');
  if (colon <= 0 || /^[./]/.test(text)) return { kind: 'local', path: text };
  const container = text.slice(0, colon);
  // A relative path is below the root, as the container has no other directory that is known.
  const path = posix.normalize(`/${text.slice(colon + 1)}`);
  return { kind: 'container', container, path };
}

export type Direction =
  | { readonly out: true; readonly from: Extract<Place, { kind: 'container' }>; readonly to: string }
  | { readonly out: false; readonly from: string; readonly to: Extract<Place, { kind: 'container' }> };

/** @throws UserError unless exactly one of the places is in a container */
export function directionOf(from: Place, to: Place): Direction {
  if (from.kind === 'container' && to.kind === 'local') return { out: true, from, to: to.path };
  if (from.kind === 'local' && to.kind === 'container') return { out: false, from: from.path, to };
  throw new UserError(
    from.kind === 'local'
      ? 'neither place is in a container: write one as POD:/PATH'
      : 'both places are in containers: copy to this machine first',
  );
}

/** The name that a source has in a directory; undefined for `/` and for `DIRECTORY/.`, whose contents are meant. */
export function nameOfSource(path: string): string | undefined {
  if (/(?:^|\/)\.\/?$/.test(path)) return undefined;
  const name = posix.basename(posix.normalize(path));
  return name === '' || name === '.' || name === '..' || name === '/' ? undefined : name;
}
