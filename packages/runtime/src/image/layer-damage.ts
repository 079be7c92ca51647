import { opendirSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';

/**
 * Maximum number of names that are counted. A layer with more in its top directory is checked for at least this many.
 */
const maxCounted = 500;

/** Counts the names in a directory, up to `maxCounted`. */
export function countNames(directory: string): number {
  using dir = opendirSync(directory);
  let count = 0;
  while (count < maxCounted && dir.readSync() !== null) count += 1;
  return count;
}

/**
 * Checks whether a layer's directory is missing or damaged. It looks at the top level only, so a deletion deep inside
 * is not detected.
 * @param topNames the result of countNames when the layer was created; -1 when unknown
 */
export function layerDamage(directory: string, topNames: number): 'missing' | 'damaged' | undefined {
  try {
    const count = countNames(directory);
    return topNames === -1 || count === topNames ? undefined : 'damaged';
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return 'missing';
    if (hasCode(error, 'ENOTDIR', 'ELOOP', 'EIO', 'EUCLEAN')) return 'damaged';
    throw error;
  }
}
