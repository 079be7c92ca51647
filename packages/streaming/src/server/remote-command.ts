// Runs one exec or attach session, whatever the protocol, and sends its exit status.
import type { Duplex, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { type ExecOutcome, encodeStatus, statusOf } from '../protocol/remote-command.ts';
import { resizeEvents } from './resize-events.ts';
import type { RemoteStreams } from './streaming-runtime.ts';

/** The streams of an exec or attach session, over SPDY or a WebSocket. */
export interface RemoteCommandConnection {
  stdin?: Duplex;
  stdout?: Duplex;
  stderr?: Duplex;
  error: Duplex;
  resize?: Readable;
  /** The encoding of the status in this protocol version. */
  statusForm: 'json' | 'text';
  signal: AbortSignal;
  close(): void;
}

/** The streams of a request. */
export interface AskedStreams {
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

/**
 * Runs a command with a client's streams, flushes its output, sends the status, and closes the connection. `doing` names
 * the command in errors. Resolves with the outcome; never rejects.
 */
export async function serveRemoteCommand(
  connection: RemoteCommandConnection,
  remote: string,
  doing: string,
  run: (streams: RemoteStreams) => Promise<ExecOutcome>,
): Promise<ExecOutcome> {
  const { stdin, stdout, stderr, error, signal } = connection;
  // Drop data of the client on output streams, which would block the connection.
  for (const output of [stdout, stderr, error]) output?.resume();
  const outcome = await run({
    ...(stdin !== undefined && { stdin }),
    ...(stdout !== undefined && { stdout }),
    ...(stderr !== undefined && { stderr }),
    resize: resizeEvents(connection.resize, signal),
    signal,
    remote,
  }).catch((reason: unknown) => ({
    error: `error ${doing} container: ${messageOf(reason)}`,
  }));
  await Promise.all([stdout, stderr].map((output) => endOf(output, signal)));
  const status = encodeStatus(statusOf(outcome), connection.statusForm);
  if (status !== '') error.write(status);
  await endOf(error, signal);
  connection.close();
  return outcome;
}

/** Ends a stream; resolves when the last byte is sent or the stream has failed. */
async function endOf(output: Writable | undefined, signal: AbortSignal): Promise<void> {
  if (output === undefined || output.destroyed || signal.aborted) return;
  output.end();
  if (output.writableFinished) return;
  await finished(output, { readable: false }).catch(() => {});
}
