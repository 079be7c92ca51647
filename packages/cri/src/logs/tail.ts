// Finds the last lines of a file, for --tail.
import type { FileHandle } from 'node:fs/promises';

const blockSize = 64 * 1024;
const lineBreak = 0x0a;

/**
 * Offset of the last `count` lines. An incomplete last line is included and does not count.
 */
export async function tailOffset(file: FileHandle, count: number): Promise<number> {
  let right = (await file.stat()).size;
  let missing = count + 1;
  const block = Buffer.alloc(blockSize);
  while (right > 0) {
    const left = Math.max(0, right - blockSize);
    const { bytesRead } = await file.read(block, 0, right - left, left);
    for (let at = bytesRead - 1; at >= 0; at--) {
      if (block[at] !== lineBreak) continue;
      missing -= 1;
      if (missing === 0) return left + at + 1;
    }
    right = left;
  }
  return 0;
}
