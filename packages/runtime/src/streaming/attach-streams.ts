import { join } from 'node:path';
import type { Writable } from 'node:stream';
import type { DescriptorStream } from '@berth/linux/descriptor-stream.ts';
import { connectPacketSocket } from '@berth/linux/packet-socket.ts';
import type { RemoteStreams } from '@berth/streaming/server/streaming-runtime.ts';
import { resizeTerminal } from '../conmon/control.ts';
import { copyInput } from './copy.ts';

export interface AttachStreamsOptions {
  /** The container's bundle, where conmon has its socket. */
  bundle: string;
  /** Whether the container has a stdin, and whether that ends with the first client that ends it. */
  stdin: boolean;
  stdinOnce: boolean;
  /** As the client asks. */
  tty: boolean;
  streams: Omit<RemoteStreams, 'remote'>;
}

/** The first byte of each packet that conmon sends. */
const fromStdout = 2;
const fromStderr = 3;
/** conmon reads 32 KiB at once, and would lose the rest of a longer packet. */
const packetBytes = 16 * 1024;

/**
 * Connects a client to the first process of a container that runs, through conmon. Resolves when the container
 * has ended or the client has gone or, with an input that stays open for others, when the client ends its input.
 * A client that does not read holds the container's output up, as in containerd and CRI-O.
 * @throws SyscallError when conmon has ended (ECONNREFUSED, ENOENT)
 */
export async function attachStreams(options: AttachStreamsOptions): Promise<void> {
  const { bundle, streams } = options;
  const { signal } = streams;
  signal.throwIfAborted();
  const conmon = connectPacketSocket(join(bundle, 'attach'), packetBytes);
  const hangUp = () => conmon.destroy();
  signal.addEventListener('abort', hangUp, { once: true });
  void followSize(bundle, streams);
  connectInput(conmon, options);
  try {
    await copyPackets(conmon, streams);
  } finally {
    signal.removeEventListener('abort', hangUp);
    hangUp();
  }
}

function connectInput(
  conmon: DescriptorStream,
  { streams, stdin, stdinOnce, tty }: AttachStreamsOptions,
): void {
  if (streams.stdin === undefined) return;
  if (!stdin) {
    streams.stdin.on('error', () => {}).resume();
    return;
  }
  copyInput(streams.stdin, conmon, () => {
    conmon.end(() => {
      // The input is for the next client to go on with, and who has ended it has seen what it came for.
      if (!stdinOnce || tty) conmon.destroy();
    });
  });
}

async function copyPackets(
  conmon: DescriptorStream,
  { stdout, stderr, signal }: AttachStreamsOptions['streams'],
): Promise<void> {
  try {
    for await (const packet of conmon.iterator({ destroyOnReturn: false })) {
      if (!Buffer.isBuffer(packet)) continue;
      const client = packet[0] === fromStdout ? stdout : packet[0] === fromStderr ? stderr : undefined;
      if (client === undefined || client.destroyed) continue;
      if (!client.write(packet.subarray(1))) await drained(client, signal);
    }
  } catch (error) {
    // It was ended from this side.
    if (!conmon.destroyed || conmon.errored !== null) throw error;
  }
}

/** Resolves when a stream takes more, or never will. */
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

async function followSize(
  bundle: string,
  { resize, signal }: AttachStreamsOptions['streams'],
): Promise<void> {
  try {
    for await (const size of resize) {
      if (signal.aborted) return;
      if (size.width > 0 && size.height > 0) resizeTerminal(bundle, size);
    }
  } catch {
    // The container has ended, or the client has gone.
  }
}
