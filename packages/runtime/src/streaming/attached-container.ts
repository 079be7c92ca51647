// Shares one connection to a container's conmon among all attached clients.

import { Writable } from 'node:stream';
import type { DescriptorStream } from '@berth/linux/streams/descriptor-stream.ts';
import type { RemoteStreams } from '@berth/streaming/server/streaming-runtime.ts';
import { resizeTerminal } from '../conmon/control.ts';
import { copyInput } from '../exec/client-streams.ts';

/** One client of a container, and the container's settings. */
export interface AttachOptions {
  /** The container's bundle, which has conmon's socket. */
  bundle: string;
  /** Whether the container has a stdin, and whether the first client that ends its input closes it. */
  stdin: boolean;
  stdinOnce: boolean;
  /** Whether the client requested a terminal. */
  tty: boolean;
  streams: Omit<RemoteStreams, 'remote'>;
}

interface Client {
  streams: AttachOptions['streams'];
  /** Resolves when the client is done or has disconnected; rejects when the connection failed. */
  done: PromiseWithResolvers<void>;
}

/** Input that waits until conmon accepts more. */
interface WaitingInput {
  client: Client;
  chunk: Buffer;
  taken: () => void;
}

/** The first byte of each packet that conmon sends. */
const fromStdout = 2;
const fromStderr = 3;

/**
 * The clients of one container, which share one connection to its conmon. conmon closes its end of a connection only
 * when a write to it fails, so connections of disconnected clients of a silent container would accumulate until it
 * ends. For the same reason the connection is kept for the next client when the last one leaves, until the container
 * prints something.
 */
export class AttachedContainer {
  readonly #conmon: DescriptorStream;
  readonly #clients = new Set<Client>();
  #waiting: WaitingInput[] = [];

  /** `ended` is called once, when the connection cannot be used any more. */
  constructor(conmon: DescriptorStream, ended: () => void) {
    this.#conmon = conmon;
    conmon.on('error', () => {});
    conmon.on('drain', () => this.#sendWaiting());
    conmon.once('close', () => this.#dropInput());
    void this.#copyPackets().then(
      () => this.#end(ended),
      (error: unknown) => this.#end(ended, error),
    );
  }

  /**
   * Serves one client. Resolves when the container has ended, when the client has disconnected or, if the input stays
   * open for others, when the client ends its input.
   */
  async serve(options: AttachOptions): Promise<void> {
    const { streams } = options;
    const client: Client = { streams, done: Promise.withResolvers() };
    const leave = () => client.done.resolve();
    streams.signal.addEventListener('abort', leave, { once: true });
    this.#clients.add(client);
    void followSize(options);
    this.#connectInput(client, options);
    try {
      await client.done.promise;
    } finally {
      streams.signal.removeEventListener('abort', leave);
      this.#clients.delete(client);
      this.#waiting = this.#waiting.filter((input) => input.client !== client);
    }
  }

  /** Closes the connection, which ends all clients. */
  close(): void {
    this.#conmon.destroy();
  }

  #connectInput(client: Client, { stdin, stdinOnce, tty }: AttachOptions): void {
    const input = client.streams.stdin;
    if (input === undefined) return;
    if (!stdin) {
      input.on('error', () => {}).resume();
      return;
    }
    const sink = new Writable({
      write: (chunk: Buffer, _encoding, callback) => {
        this.#waiting.push({ client, chunk, taken: callback });
        this.#sendWaiting();
      },
    });
    copyInput(input, sink, () => {
      const hasGone = client.streams.signal.aborted;
      if (hasGone && stdinOnce) this.#conmon.end();
      sink.end(() => {
        if (stdinOnce) this.#conmon.end();
        // The container's input stays open for the next client, and a client that ended its own is done.
        if (!stdinOnce || tty) client.done.resolve();
      });
    });
  }

  #sendWaiting(): void {
    if (this.#conmon.destroyed || this.#conmon.writableEnded) {
      this.#dropInput();
      return;
    }
    while (!this.#conmon.writableNeedDrain) {
      const input = this.#waiting.shift();
      if (input === undefined) return;
      this.#conmon.write(input.chunk);
      input.taken();
    }
  }

  /** Discards the input of clients: conmon does not read it any more. */
  #dropInput(): void {
    for (const { taken } of this.#waiting.splice(0)) taken();
  }

  async #copyPackets(): Promise<void> {
    for await (const packet of this.#conmon.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(packet)) continue;
      if (this.#clients.size === 0) return;
      await Promise.all([...this.#clients].map(({ streams }) => deliver(packet, streams)));
    }
  }

  #end(ended: () => void, error?: unknown): void {
    // Without an error this side closed the connection.
    const hasFailed = error !== undefined && (!this.#conmon.destroyed || this.#conmon.errored !== null);
    this.#conmon.destroy();
    ended();
    for (const { done } of this.#clients) {
      if (hasFailed) done.reject(error);
      else done.resolve();
    }
  }
}

/** Writes a packet's payload to a client, and waits while that does not accept more. */
async function deliver(packet: Buffer, { stdout, stderr, signal }: AttachOptions['streams']): Promise<void> {
  const client = packet[0] === fromStdout ? stdout : packet[0] === fromStderr ? stderr : undefined;
  if (client === undefined || client.destroyed || signal.aborted) return;
  if (!client.write(packet.subarray(1))) await drained(client, signal);
}

/** Resolves when a stream accepts more, or is closed. */
function drained(client: Writable, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      client.off('drain', done).off('close', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    client.on('drain', done).on('close', done);
    signal.addEventListener('abort', done);
  });
}

async function followSize({ bundle, streams: { resize, signal } }: AttachOptions): Promise<void> {
  try {
    for await (const size of resize) {
      if (signal.aborted) return;
      if (size.width > 0 && size.height > 0) resizeTerminal(bundle, size);
    }
  } catch {
    // The container has ended, or the client has disconnected.
  }
}
