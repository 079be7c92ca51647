import { opendirSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';

/** Names that are counted at most; a layer with more in its top directory is checked only for having that many. */
const maxCounted = 500;

/** How many names a directory holds, at most `maxCounted`. */
export function countNames(directory: string): number {
  using dir = opendirSync(directory);
  let count = 0;
  while (count < maxCounted && dir.readSync() !== null) count += 1;
  return count;
}

/**
 * What is wrong with a layer's directory, judged by its top level only: a deletion deep inside is not noticed.
 * @param topNames of countNames when the layer was made; -1 where that is not known
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
