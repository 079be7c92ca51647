/** A zstd frame that wants a window of 2 ** `windowLog` bytes, of blocks that are runs where they can be. */
export function zstdFrame(content: Buffer<ArrayBuffer>, windowLog: number): Buffer {
  const pieces = [Buffer.from([0x28, 0xb5, 0x2f, 0xfd, 0, (windowLog - 10) << 3])];
  for (let at = 0, size = 0; at < content.length; at += size) {
    size = Math.min(at === 0 ? 512 : 128 * 1024, content.length - at);
    const block = content.subarray(at, at + size);
    const isRun = block.every((byte) => byte === block[0]);
    const header = (size << 3) | (isRun ? 2 : 0) | (at + size === content.length ? 1 : 0);
    pieces.push(Buffer.from([header & 0xff, (header >> 8) & 0xff, header >> 16]));
    pieces.push(isRun ? block.subarray(0, 1) : block);
  }
  return Buffer.concat(pieces);
}
