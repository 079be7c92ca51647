import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StreamingRuntime } from './streaming-runtime.ts';

/** What serves one port-forward request. */
export interface PortForwarder {
  podSandboxId: string;
  /** The ports of the request, for clients that cannot name them. */
  ports: readonly number[];
  runtime: StreamingRuntime;
  log: (line: string) => void;
  remote: string;
}

/**
 * Carries bytes between a client's data stream and a port of the sandbox until both directions have ended,
 * or the port's side has, for then nobody will answer. Tells a failure on the error stream.
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
  try {
    const target = await runtime.portForward({ podSandboxId, port }, signal);
    await connect(data, target);
    error.end();
  } catch (reason) {
    if (signal.aborted) return;
    const cause = reason instanceof Error ? reason.message : String(reason);
    const message = `error forwarding port ${port} to pod ${podSandboxId}, uid : ${cause}`;
    forwarder.log(`portforward from ${forwarder.remote}: ${message}`);
    error.end(message);
    data.destroy();
  }
}

/**
 * Copies both ways, with half-closes, until both directions have ended. Rejects when the target fails; a
 * client that resets its stream has had enough, which is no error.
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
