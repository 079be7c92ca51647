// Collects a process's output up to a limit, without waiting for ever on background processes.

import { readSync } from 'node:fs';
import { hasCode } from '@berth/common/error-code.ts';
import type { OutputPipe } from '@berth/linux/streams/output-pipe.ts';

/** The number of bytes that several outputs may still keep together. */
export interface ByteBudget {
  bytes: number;
}

/** The default maximum size of a pipe, pipe-max-size, for unprivileged users. */
const pipeBytes = 1024 * 1024;
const chunkBytes = 64 * 1024;

/** Minimum time that drained() waits for output that was written before the process ended. */
const drainMs = 100;

/** Reads a pipe to its end, keeps bytes as its budget allows and discards the rest. */
export class BoundedOutput {
  readonly #chunks: Buffer[] = [];
  readonly #budget: ByteBudget;
  readonly #pipe: OutputPipe;
  #isOpen = true;
  /** Resolves when every writing end is closed, or `stop` was called. */
  readonly closed: Promise<void>;

  constructor(pipe: OutputPipe, budget: ByteBudget) {
    this.#budget = budget;
    this.#pipe = pipe;
    this.closed = new Promise((resolve) => pipe.output.once('close', () => resolve()));
    const onEnd = () => {
      this.#isOpen = false;
    };
    pipe.output.on('error', onEnd).on('end', onEnd);
    pipe.output.on('data', (chunk: Buffer) => this.#keep(chunk));
  }

  /** Reads the bytes that are already in the pipe, and none that are written later. */
  stop(): void {
    if (this.#isOpen) this.#drain();
    this.#isOpen = false;
    this.#pipe.output.destroy();
  }

  content(): Buffer {
    return Buffer.concat(this.#chunks);
  }

  #keep(chunk: Buffer): void {
    const kept = chunk.subarray(0, this.#budget.bytes);
    this.#budget.bytes -= kept.length;
    if (kept.length > 0) this.#chunks.push(kept);
  }

  /** Reads the bytes in the pipe: a busy berthd may not have read them yet, although they were written long ago. */
  #drain(): void {
    for (let read = 0; read < pipeBytes; ) {
      const chunk = Buffer.alloc(chunkBytes);
      let length: number;
      try {
        length = readSync(this.#pipe.readEnd, chunk);
      } catch (error) {
        if (hasCode(error, 'EAGAIN')) return;
        throw error;
      }
      if (length === 0) return;
      read += length;
      this.#keep(chunk.subarray(0, length));
    }
  }
}

/**
 * Resolves when the outputs of an ended command have been read to their end, or after `patienceMs`: background
 * processes may keep the pipes open for ever. An abort ends the wait.
 */
export async function drained(
  outputs: readonly BoundedOutput[],
  { patienceMs = drainMs, signal }: { patienceMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<void> {
  const patience = Promise.withResolvers<void>();
  const giveUp = () => patience.resolve();
  const timer = setTimeout(giveUp, Math.max(patienceMs, drainMs));
  if (signal?.aborted) giveUp();
  signal?.addEventListener('abort', giveUp, { once: true });
  await Promise.race([Promise.all(outputs.map(({ closed }) => closed)), patience.promise]);
  clearTimeout(timer);
  signal?.removeEventListener('abort', giveUp);
  for (const output of outputs) output.stop();
}
