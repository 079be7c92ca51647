// Forwards one connection, whatever the protocol: half-closes, errors on the error stream, resets.
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { messageOf } from '@berth/common/error-message.ts';
import type { StreamingRuntime } from './streaming-runtime.ts';

/** Timeout for a client to read and close an error stream. */
const errorLingerMs = 10_000;

/** The parameters of a port-forward request. */
export interface PortForwarder {
  podSandboxId: string;
  /** The ports of the request, for clients that cannot name them. */
  ports: readonly number[];
  runtime: StreamingRuntime;
  log: (line: string) => void;
  remote: string;
}

/**
 * Forwards bytes between a client's data stream and a port of the sandbox until both directions have ended, or the
 * server in the sandbox has closed the connection. Reports a failure on the error stream.
 */
export async function forwardPort(
  forwarder: PortForwarder,
  port: number,
  data: Duplex,
  error: Duplex,
  signal: AbortSignal,
): Promise<void> {
  const { podSandboxId, runtime } = forwarder;
  error.resume();
  // The client may reset its stream before the connection is established.
  const reset = new AbortController();
  data.once('close', () => reset.abort());
  try {
    const either = AbortSignal.any([signal, reset.signal]);
    either.throwIfAborted();
    const target = await runtime.portForward({ podSandboxId, port }, either);
    await connect(data, target);
    endError(error);
  } catch (reason) {
    if (signal.aborted) return;
    if (reset.signal.aborted) {
      endError(error);
      return;
    }
    const cause = messageOf(reason);
    const message = `error forwarding port ${port} to pod ${podSandboxId}, uid : ${cause}`;
    forwarder.log(`portforward from ${forwarder.remote}: ${message}`);
    endError(error, message);
    data.destroy();
  }
}

/** Ends an error stream with a message; destroys it later when the client does not close it. */
export function endError(error: Duplex, message?: string): void {
  error.end(message);
  const timer = setTimeout(() => error.destroy(), errorLingerMs).unref();
  error.once('close', () => clearTimeout(timer));
}

/**
 * Copies in both directions, with half-closes, until both have ended. Rejects when the target fails; a reset by the
 * client is not an error.
 */
async function connect(client: Duplex, target: Duplex): Promise<void> {
  let failed: { side: 'client' | 'target'; error: Error } | undefined;
  client.once('error', (error) => {
    failed ??= { side: 'client', error };
  });
  target.once('error', (error) => {
    failed ??= { side: 'target', error };
  });
  await Promise.allSettled([pipeline(client, target), pipeline(target, client)]);
  target.destroy();
  if (failed?.side === 'target') throw failed.error;
}
