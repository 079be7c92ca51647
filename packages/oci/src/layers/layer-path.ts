// Checks the paths of a layer's tar entries: those that leave the layer, and whiteouts.
import { quoted } from '@berth/common/printable.ts';
import { LayerError } from './layer-error.ts';

/**
 * Splits a path of a tar entry into its components below the layer's root. `./a//b/`, `/a/b` and `a/x/../b` are `a`,
 * `b`. Absolute names are common in images of buildpacks, and all tools read them as relative ones.
 *
 * @throws LayerError for a path outside of the layer and for NUL bytes
 */
export function layerPath(path: string): string[] {
  if (path.includes('\0')) throw new LayerError(`${quoted(path)} contains a zero byte`);
  const components: string[] = [];
  for (const component of linkSteps(path)) {
    if (component !== '..') components.push(component);
    else if (components.pop() === undefined) throw new LayerError(`${quoted(path)} leaves the layer`);
  }
  return components;
}

/** The components of the target of a symbolic link: names and `..`. */
export function linkSteps(target: string): string[] {
  return target.split('/').filter((component) => component !== '' && component !== '.');
}

/** The effect of a name on the layers below (OCI image spec, "Whiteouts"). */
export type Whiteout =
  | { kind: 'none' }
  /** Hides the content of its directory in the layers below. */
  | { kind: 'opaque' }
  /** Removes `name` of the layers below. */
  | { kind: 'removed'; name: string }
  /** Metadata of AUFS, without effect. */
  | { kind: 'ignored' };

/** @throws LayerError for a whiteout of nothing, `.` or `..` */
export function whiteout(base: string): Whiteout {
  if (!base.startsWith('.wh.')) return { kind: 'none' };
  if (base === '.wh..wh..opq') return { kind: 'opaque' };
  if (base.startsWith('.wh..wh.')) return { kind: 'ignored' };
  const name = base.slice('.wh.'.length);
  if (name === '' || name === '.' || name === '..') {
    throw new LayerError(`${quoted(base)} is not the whiteout of a file`);
  }
  return { kind: 'removed', name };
}
