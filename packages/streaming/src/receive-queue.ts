/** Small pieces are gathered in blocks of up to this. */
const blockBytes = 16 * 1024;

/**
 * What has come for a stream and was not taken yet. It costs about as much memory as it has bytes, whatever the
 * pieces were: small ones are copied together, and a piece that would keep a larger buffer alive is copied off it.
 */
export class ReceiveQueue {
  /** Bytes in it. */
  length = 0;
  #blocks: Buffer[] = [];
  /** The last block while more can be put behind what is in it. */
  #open: { room: Buffer; used: number } | undefined;

  push(data: Buffer): void {
    if (data.length === 0) return;
    this.length += data.length;
    if (data.length >= blockBytes) {
      this.#close();
      this.#blocks.push(2 * data.length >= data.buffer.byteLength ? data : Buffer.from(data));
      return;
    }
    if (this.#open !== undefined && this.#open.used + data.length > blockBytes) this.#close();
    this.#open ??= { room: Buffer.alloc(0), used: 0 };
    const { room, used } = this.#open;
    const needed = used + data.length;
    if (needed > room.length) {
      this.#open.room = Buffer.allocUnsafeSlow(Math.min(blockBytes, Math.max(2 * room.length, needed)));
      room.copy(this.#open.room, 0, 0, used);
    }
    data.copy(this.#open.room, used);
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
    this.#blocks.push(this.#open.room.subarray(0, this.#open.used));
    this.#open = undefined;
  }
}
