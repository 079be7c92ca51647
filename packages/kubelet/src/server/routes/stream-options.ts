// Reads the query of exec, attach and port-forward as the real kubelet does.
import type { IncomingMessage } from 'node:http';

/** The streams that a client asks for. */
export interface StreamOptions {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  tty: boolean;
}

/** The streams of exec and attach; or what is wrong. */
export function streamOptions(query: URLSearchParams): StreamOptions | { error: string } {
  const is = (name: string): boolean => query.get(name) === '1';
  const tty = is('tty');
  // A terminal has one output.
  const options = { stdin: is('input'), stdout: is('output'), stderr: is('error') && !tty, tty };
  if (options.stdin || options.stdout || options.stderr) return options;
  return { error: 'you must specify at least 1 of stdin, stdout, stderr' };
}

/** The ports of a port-forward over a WebSocket; or what is wrong. */
export function forwardedPorts(query: URLSearchParams): number[] | { error: string } {
  const given = query.getAll('port');
  if (given.length === 0) return { error: 'query parameter "port" is required' };
  const ports: number[] = [];
  for (const text of given) {
    if (text === '') return { error: 'query parameter "port" cannot be empty' };
    for (const part of text.split(',')) {
      const port = Number(part);
      const problem = !/^\d+$/.test(part)
        ? 'invalid syntax'
        : port > 65_535
          ? 'value out of range'
          : undefined;
      if (problem !== undefined) {
        const cause = `strconv.ParseUint: parsing ${JSON.stringify(part)}: ${problem}`;
        return { error: `unable to parse ${JSON.stringify(text)} as a port: ${cause}` };
      }
      if (port < 1) return { error: `port ${JSON.stringify(text)} must be > 0` };
      ports.push(port);
    }
  }
  return ports;
}

/** Subprotocols that a client offers for a WebSocket; none when it does not ask for one. */
export function webSocketProtocols({ headers }: IncomingMessage): string[] | undefined {
  if (headers.upgrade?.toLowerCase() !== 'websocket') return undefined;
  return (headers['sec-websocket-protocol'] ?? '')
    .split(',')
    .map((protocol) => protocol.trim())
    .filter((protocol) => protocol !== '');
}
