// Accepts exec and attach over SPDY: waits until the client has opened the streams of its request.
import type { RemoteCommandProtocol, StreamType } from '../protocol/remote-command.ts';
import { remoteCommandProtocols, streamTypeHeader } from '../protocol/remote-command.ts';
import { SpdyConnection } from '../spdy/connection.ts';
import { SpdyError } from '../spdy/frame-decoder.ts';
import type { StreamHeaders } from '../spdy/header-block.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import type { AskedStreams, RemoteCommandConnection } from './remote-command.ts';
import { type Upgrade, upgradeToSpdy } from './upgrade.ts';

const types: ReadonlySet<string> = new Set<StreamType>(['error', 'stdin', 'stdout', 'stderr', 'resize']);

/** The streams that a client of this protocol version opens. */
function expectedStreams(asked: AskedStreams, protocol: RemoteCommandProtocol): Set<string> {
  const expected = new Set<StreamType>(['error']);
  for (const name of ['stdin', 'stdout', 'stderr'] as const) if (asked[name]) expected.add(name);
  const canResize = protocol === 'v4.channel.k8s.io' || protocol === 'v3.channel.k8s.io';
  if (asked.tty && canResize) expected.add('resize');
  return expected;
}

/**
 * Upgrades to SPDY and waits until the client has opened the streams of its request. Undefined when the client was
 * refused, disconnected or took too long.
 */
export async function acceptSpdyCommand(
  upgrade: Upgrade,
  asked: AskedStreams,
  { log, ...timeouts }: { creationTimeoutMs: number; idleTimeoutMs: number; log: (line: string) => void },
): Promise<RemoteCommandConnection | undefined> {
  const protocol = upgradeToSpdy(upgrade, remoteCommandProtocols);
  if (protocol === undefined) return undefined;
  const expected = expectedStreams(asked, protocol);
  const streams = new Map<string, SpdyStream>();
  const complete = Promise.withResolvers<boolean>();
  const typeOf = (headers: StreamHeaders): string => headers.get(streamTypeHeader.toLowerCase()) ?? '';
  const connection = new SpdyConnection(upgrade.socket, {
    role: 'server',
    headerNames: new Set([streamTypeHeader.toLowerCase()]),
    idleTimeoutMs: timeouts.idleTimeoutMs,
    refuse: (headers) => {
      const type = typeOf(headers);
      if (!types.has(type)) return `unexpected stream type ${JSON.stringify(type)}`;
      return streams.has(type) ? `second ${type} stream` : undefined;
    },
    onStream: (stream) => {
      const type = typeOf(stream.headers);
      streams.set(type, stream);
      // Drop the data of a stream that the request does not include.
      if (!expected.has(type)) stream.resume();
      if ([...expected].every((name) => streams.has(name))) complete.resolve(true);
    },
  });
  const lost = (): void => {
    const { reason } = connection.signal;
    if (reason instanceof SpdyError) log(reason.message);
    complete.resolve(false);
  };
  connection.signal.addEventListener('abort', lost, { once: true });
  const timer = setTimeout(() => complete.resolve(false), timeouts.creationTimeoutMs);
  const inTime = await complete.promise;
  clearTimeout(timer);
  const error = streams.get('error');
  if (!inTime || error === undefined) {
    connection.close();
    return undefined;
  }
  const wanted = (type: StreamType): SpdyStream | undefined =>
    expected.has(type) ? streams.get(type) : undefined;
  const [stdin, stdout, stderr, resize] = [
    wanted('stdin'),
    wanted('stdout'),
    wanted('stderr'),
    wanted('resize'),
  ];
  return {
    ...(stdin !== undefined && { stdin }),
    ...(stdout !== undefined && { stdout }),
    ...(stderr !== undefined && { stderr }),
    ...(resize !== undefined && { resize }),
    error,
    statusForm: protocol === 'v4.channel.k8s.io' ? 'json' : 'text',
    signal: connection.signal,
    close: () => connection.close(),
  };
}
