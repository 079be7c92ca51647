// The node's size.
import { statfsSync } from 'node:fs';
import { availableParallelism, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { hasCode } from '@berth/linux/errno.ts';

/** What the node has for pods. */
export interface NodeCapacity {
  cpus: number;
  memoryBytes: number;
  /** Size of the file system that volumes without a medium of their own are on. */
  ephemeralStorageBytes: number;
}

/** The size of this node, whose volumes are below `rootDir`. */
export function nodeCapacity(rootDir: string): NodeCapacity {
  const { blocks, bsize } = statfsOf(rootDir);
  return { cpus: availableParallelism(), memoryBytes: totalmem(), ephemeralStorageBytes: blocks * bsize };
}

/** The folder is made with the first pod: until then the one above it tells. */
function statfsOf(path: string): { blocks: number; bsize: number } {
  try {
    return statfsSync(path);
  } catch (error) {
    if (path === dirname(path) || !hasCode(error, 'ENOENT')) throw error;
    return statfsOf(dirname(path));
  }
}
