// Pairs the data and error streams of SPDY clients by request id, and forwards each pair (port-forward.ts).
import type { Duplex } from 'node:stream';
import { SpdyConnection } from '../spdy/connection.ts';
import { SpdyError } from '../spdy/frame-decoder.ts';
import type { StreamHeaders } from '../spdy/header-block.ts';
import type { SpdyStream } from '../spdy/stream.ts';
import { endError, forwardPort, type PortForwarder } from './port-forward.ts';

/** The SPDY subprotocol, also when tunnelled through a WebSocket. */
export const portForwardProtocol = 'portforward.k8s.io';

/** Maximum number of concurrent connections, including half-open pairs. */
const maxPairs = 1024;
/** Two streams for each connection, and as many that have ended on this side only. */
const maxStreams = 4 * maxPairs;
const headerNames: ReadonlySet<string> = new Set(['port', 'streamtype', 'requestid']);

/** Why the headers of a new stream are invalid; undefined when they are valid. */
function refusePortForwardStream(headers: StreamHeaders): string | undefined {
  const port = headers.get('port') ?? '';
  if (!/^\d{1,5}$/.test(port) || Number(port) < 1 || Number(port) > 65535)
    return `unable to parse ${JSON.stringify(port)} as a port`;
  const type = headers.get('streamtype');
  return type === 'data' || type === 'error' ? undefined : `invalid stream type ${JSON.stringify(type)}`;
}

/**
 * The key of the two streams of a connection. Old clients without request ids open the error stream first and the data
 * stream next.
 */
function requestIdOf(stream: { id: number; headers: StreamHeaders }): string {
  const given = stream.headers.get('requestid');
  if (given !== undefined && given !== '') return given;
  return String(stream.headers.get('streamtype') === 'error' ? stream.id : stream.id - 2);
}

interface Pair {
  data?: SpdyStream;
  error?: SpdyStream;
  timer: NodeJS.Timeout;
}

/** Serves port-forward on an upgraded connection; resolves at its end. */
export function serveSpdyPortForward(
  transport: Duplex,
  forwarder: PortForwarder,
  timeouts: { creationTimeoutMs: number; idleTimeoutMs: number },
): Promise<void> {
  const pairs = new Map<string, Pair>();
  let forwarding = 0;
  const over = Promise.withResolvers<void>();

  const giveUp = (requestId: string, pair: Pair, message: string): void => {
    clearTimeout(pair.timer);
    pairs.delete(requestId);
    forwarder.log(`portforward from ${forwarder.remote}: request ${requestId}: ${message}`);
    if (pair.error !== undefined) endError(pair.error, message);
    pair.data?.destroy(new Error(message));
  };

  const begin = (requestId: string): Pair => {
    const pair: Pair = {
      timer: setTimeout(
        () => giveUp(requestId, pair, 'timed out waiting for streams'),
        timeouts.creationTimeoutMs,
      ).unref(),
    };
    pairs.set(requestId, pair);
    return pair;
  };

  const connection = new SpdyConnection(transport, {
    role: 'server',
    maxStreams,
    idleTimeoutMs: timeouts.idleTimeoutMs,
    headerNames,
    refuse: (headers, id) => {
      const wrong = refusePortForwardStream(headers);
      if (wrong !== undefined || pairs.has(requestIdOf({ id, headers }))) return wrong;
      if (pairs.size + forwarding < maxPairs) return undefined;
      return `${maxPairs} connections are forwarded at once, of which ${pairs.size} have one stream only`;
    },
    onStream: (stream) => {
      const requestId = requestIdOf(stream);
      const type = stream.headers.get('streamtype') === 'error' ? 'error' : 'data';
      const pair = pairs.get(requestId) ?? begin(requestId);
      if (pair[type] !== undefined) {
        stream.destroy(new Error(`${type} stream already assigned`));
        giveUp(requestId, pair, `${type} stream already assigned`);
        return;
      }
      pair[type] = stream;
      if (pair.data === undefined || pair.error === undefined) return;
      clearTimeout(pair.timer);
      pairs.delete(requestId);
      const port = Number(pair.data.headers.get('port'));
      forwarding++;
      void forwardPort(forwarder, port, pair.data, pair.error, connection.signal).finally(() => forwarding--);
    },
  });
  connection.signal.addEventListener(
    'abort',
    () => {
      for (const { timer } of pairs.values()) clearTimeout(timer);
      const { reason } = connection.signal;
      if (reason instanceof SpdyError)
        forwarder.log(`portforward from ${forwarder.remote}: ${reason.message}`);
      over.resolve();
    },
    { once: true },
  );
  return over.promise;
}
