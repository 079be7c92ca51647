/** Size of the blocks that small chunks are copied to. */
const blockBytes = 16 * 1024;

/**
 * Received data of a stream that was not read yet. Its memory is proportional to its bytes: small chunks are copied
 * into blocks, and a chunk that would keep a larger buffer alive is copied.
 */
export class ReceiveQueue {
  /** Number of bytes. */
  length = 0;
  #blocks: Buffer[] = [];
  /** The last block, while it can be extended. */
  #open: { block: Buffer; used: number } | undefined;

  push(data: Buffer): void {
    if (data.length === 0) return;
    this.length += data.length;
    if (data.length >= blockBytes) {
      this.#close();
      this.#blocks.push(2 * data.length >= data.buffer.byteLength ? data : Buffer.from(data));
      return;
    }
    if (this.#open !== undefined && this.#open.used + data.length > blockBytes) this.#close();
    this.#open ??= { block: Buffer.alloc(0), used: 0 };
    const { block, used } = this.#open;
    const needed = used + data.length;
    if (needed > block.length) {
      this.#open.block = Buffer.allocUnsafeSlow(Math.min(blockBytes, Math.max(2 * block.length, needed)));
      block.copy(this.#open.block, 0, 0, used);
    }
    data.copy(this.#open.block, used);
    this.#open.used = needed;
  }

  /** The next block; undefined when there is none. */
  shift(): Buffer | undefined {
    if (this.#blocks.length === 0) this.#close();
    const block = this.#blocks.shift();
    this.length -= block?.length ?? 0;
    return block;
  }

  clear(): void {
    this.#blocks = [];
    this.#open = undefined;
    this.length = 0;
  }

  #close(): void {
    if (this.#open === undefined) return;
    this.#blocks.push(this.#open.block.subarray(0, this.#open.used));
    this.#open = undefined;
  }
}
