// The client side of exec and attach, for crictl: copies local streams and reads the exit code from the status.
import type { Duplex, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { untilAborted } from '@berth/common/abort.ts';
import {
  channelOf,
  decodeStatus,
  remoteCommandProtocols,
  type StreamType,
  streamTypeHeader,
} from '../protocol/remote-command.ts';
import { ChannelConnection } from '../websocket/channels.ts';
import { type DialOptions, dialSpdy, dialWebSocket } from './dial.ts';

export interface RemoteCommandOptions extends DialOptions {
  transport?: 'spdy' | 'websocket';
  tty: boolean;
  /** The end of this stream closes the command's standard input. */
  stdin?: Readable;
  /** remoteCommand does not end this stream. */
  stdout?: Writable;
  stderr?: Writable;
  /** Sizes of the local terminal, starting with the present one. Used with `tty`. */
  resize?: AsyncIterable<{ width: number; height: number }>;
}

interface Session {
  streams: Partial<Record<StreamType, Duplex>> & { error: Duplex };
  statusForm: 'json' | 'text';
  close(): void;
  destroy(reason: Error): void;
}

/**
 * Connects these streams to an exec or attach URL. Resolves with the exit code when the command has exited and its
 * output is written; rejects for an error of the server and a lost connection.
 *
 * @example
 * import { PassThrough, Readable } from 'node:stream';
 * import { text } from 'node:stream/consumers';
 * import { StreamingServer } from '@berth/streaming/server/streaming-server.ts';
 * import { testRuntime } from '@berth/streaming/testing/test-runtime.ts';
 *
 * // Where a CRI client would call Exec, which answers with the URL. The commands of this runtime copy streams.
 * const server = await StreamingServer.start({ runtime: testRuntime() });
 * const asked = { tty: false, stdin: true, stdout: true, stderr: false };
 * const url = server.execUrl({ containerId: 'web', cmd: ['cat'], ...asked });
 *
 * const stdout = new PassThrough();
 * const { exitCode } = await remoteCommand({ url, tty: false, stdin: Readable.from('hello'), stdout });
 * stdout.end();
 * assert.deepEqual([exitCode, await text(stdout)], [0, 'hello']);
 * await server.close();
 */
export async function remoteCommand(options: RemoteCommandOptions): Promise<{ exitCode: number }> {
  const session = await (options.transport === 'websocket' ? openWebSocket(options) : openSpdy(options));
  const { streams } = session;
  try {
    if (options.stdin !== undefined && streams.stdin !== undefined) sendInput(options.stdin, streams.stdin);
    if (options.resize !== undefined && streams.resize !== undefined)
      sendSizes(options.resize, streams.resize).catch(() => {});
    options.signal?.throwIfAborted();
    const ended = Promise.all([
      textOf(streams.error),
      copyOutput(streams.stdout, options.stdout),
      copyOutput(streams.stderr, options.stderr),
    ]);
    // An aborted command must not wait for a blocked output.
    const [message] = await untilAborted(ended, options.signal);
    if (message === '' && session.statusForm === 'json')
      throw new Error('connection lost before the command ended');
    const outcome = decodeStatus(message, session.statusForm);
    if ('error' in outcome) throw new Error(outcome.error);
    return outcome;
  } finally {
    if (options.signal?.aborted) session.destroy(new Error('aborted'));
    else session.close();
  }
}

function wantedStreams(options: RemoteCommandOptions): StreamType[] {
  const wanted: StreamType[] = ['error'];
  for (const name of ['stdin', 'stdout', 'stderr'] as const)
    if (options[name] !== undefined && !(name === 'stderr' && options.tty)) wanted.push(name);
  return wanted;
}

async function openSpdy(options: RemoteCommandOptions): Promise<Session> {
  const { connection, protocol } = await dialSpdy(options, remoteCommandProtocols);
  const wanted = wantedStreams(options);
  if (options.tty && (protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io'))
    wanted.push('resize');
  try {
    const opened = await Promise.all(
      wanted.map(async (type) => [type, await connection.open([[streamTypeHeader, type]])] as const),
    );
    const streams: Partial<Record<StreamType, Duplex>> = Object.fromEntries(opened);
    const { error } = streams;
    if (error === undefined) throw new Error('no error stream');
    return {
      streams: { ...streams, error },
      statusForm: protocol === 'v4.channel.k8s.io' ? 'json' : 'text',
      close: () => connection.close(),
      destroy: (reason) => connection.destroy(reason),
    };
  } catch (error) {
    connection.close();
    throw error;
  }
}

async function openWebSocket(options: RemoteCommandOptions): Promise<Session> {
  // Protocols before v5 cannot close the input, for which a command without a terminal may wait.
  const older = options.stdin !== undefined && !options.tty ? [] : ['v4.channel.k8s.io', 'channel.k8s.io'];
  const { socket, protocol } = await dialWebSocket(options, ['v5.channel.k8s.io', ...older]);
  const connection = new ChannelConnection(socket, {
    base64: false,
    closeSignal: protocol === 'v5.channel.k8s.io' ? 'sent' : 'unknown',
  });
  const wanted = wantedStreams(options);
  if (options.tty) wanted.push('resize');
  const streams: Partial<Record<StreamType, Duplex>> = Object.fromEntries(
    wanted.map((type) => [type, connection.open(channelOf[type])]),
  );
  const error = streams.error ?? connection.open(channelOf.error);
  socket.resume();
  return {
    streams: { ...streams, error },
    statusForm: protocol.startsWith('v') ? 'json' : 'text',
    close: () => connection.close(),
    destroy: (reason) => connection.destroy(reason),
  };
}

/** Sends the input until the command has exited. */
function sendInput(input: Readable, stream: Duplex): void {
  stream.resume();
  input.pipe(stream);
  const stop = (): void => {
    input.unpipe(stream);
    input.pause();
  };
  stream.once('close', stop);
  stream.once('error', stop);
  input.once('error', () => stream.end());
}

async function sendSizes(
  sizes: AsyncIterable<{ width: number; height: number }>,
  stream: Duplex,
): Promise<void> {
  stream.resume();
  for await (const { width, height } of sizes) {
    if (stream.destroyed) return;
    stream.write(JSON.stringify({ Width: width, Height: height }));
  }
}

async function copyOutput(stream: Duplex | undefined, output: Writable | undefined): Promise<void> {
  if (stream === undefined || output === undefined) return;
  await pipeline(readableOf(stream), output, { end: false });
}

/** Reads a stream until it ends or fails: the error stream has the outcome. */
async function* readableOf(stream: Duplex): AsyncGenerator<Buffer, void, undefined> {
  try {
    for await (const chunk of stream.iterator({ destroyOnReturn: false })) yield chunk;
  } catch {
    // A reset ends the stream like a half-close.
  }
}

const maxStatus = 64 * 1024;

async function textOf(stream: Duplex): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of readableOf(stream)) {
    length += chunk.length;
    if (length > maxStatus) break;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString();
}
