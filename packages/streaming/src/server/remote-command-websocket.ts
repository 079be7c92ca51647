// Accepts exec and attach over WebSocket: chooses the subprotocol, and maps its channels to streams.
import { channelOf } from '../protocol/remote-command.ts';
import { ChannelConnection } from '../websocket/channels.ts';
import type { AskedStreams, RemoteCommandConnection } from './remote-command.ts';
import { type Upgrade, upgradeToWebSocket } from './upgrade.ts';

/** Subprotocols of the server; without one in the request the oldest binary protocol is used. */
const protocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'channel.k8s.io',
  'base64.channel.k8s.io',
] as const;

/** Upgrades to a WebSocket with a channel per stream. Undefined when the client was refused. */
export async function acceptWebSocketCommand(
  upgrade: Upgrade,
  asked: AskedStreams,
  timeouts: { idleTimeoutMs: number },
): Promise<RemoteCommandConnection | undefined> {
  const upgraded = await upgradeToWebSocket(upgrade, protocols);
  if (upgraded === undefined) return undefined;
  const { webSocket, protocol } = upgraded;
  const connection = new ChannelConnection(webSocket, {
    base64: protocol.includes('base64'),
    closeSignal: protocol === 'v5.channel.k8s.io' ? 'received' : 'unknown',
    idleTimeoutMs: timeouts.idleTimeoutMs,
  });
  const error = connection.open(channelOf.error);
  const streams = {
    ...(asked.stdin && { stdin: connection.open(channelOf.stdin) }),
    ...(asked.stdout && { stdout: connection.open(channelOf.stdout) }),
    ...(asked.stderr && { stderr: connection.open(channelOf.stderr) }),
    ...(asked.tty && { resize: connection.open(channelOf.resize) }),
  };
  webSocket.resume();
  // Clients wait for a first message, which shows that the session has started.
  connection.announce(asked.stdout ? channelOf.stdout : asked.stderr ? channelOf.stderr : channelOf.error);
  return {
    ...streams,
    error,
    statusForm: protocol.startsWith('v') ? 'json' : 'text',
    signal: connection.signal,
    close: () => connection.close(),
  };
}
