import type { Duplex, Readable, Writable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { messageOf } from '@berth/common/error-message.ts';
import { type ExecOutcome, encodeStatus, statusOf } from '../protocol/remote-command.ts';
import { resizeEvents } from './resize-events.ts';
import type { RemoteStreams } from './streaming-runtime.ts';

/** The streams of one exec or attach, whatever they travel over. */
export interface RemoteCommandConnection {
  stdin?: Duplex;
  stdout?: Duplex;
  stderr?: Duplex;
  error: Duplex;
  resize?: Readable;
  /** How the protocol version tells the outcome. */
  statusForm: 'json' | 'text';
  signal: AbortSignal;
  close(): void;
}

/** Which streams the request asked for. */
export interface AskedStreams {
  tty: boolean;
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
}

/**
 * Runs a command with a client's streams, then flushes its output, tells the outcome, and closes. `doing`
 * names the command in errors. Resolves with the outcome; never rejects.
 */
export async function serveRemoteCommand(
  connection: RemoteCommandConnection,
  remote: string,
  doing: string,
  run: (streams: RemoteStreams) => Promise<ExecOutcome>,
): Promise<ExecOutcome> {
  const { stdin, stdout, stderr, error, signal } = connection;
  // A client has nothing to say on these; what it says is dropped, or it would hold the connection up.
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

/** Ends a stream if it is not ended, and waits until its last byte has been sent, or can never be. */
async function endOf(output: Writable | undefined, signal: AbortSignal): Promise<void> {
  if (output === undefined || output.destroyed || signal.aborted) return;
  output.end();
  if (output.writableFinished) return;
  await finished(output, { readable: false }).catch(() => {});
}
