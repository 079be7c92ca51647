// Serves the two WebSocket protocols of port-forward: SPDY in a tunnel (kubectl since 1.31), and channels.
import { ChannelConnection } from '../websocket/channels.ts';
import { tunnelPrefix, WebSocketTunnel } from '../websocket/tunnel.ts';
import { forwardPort, type PortForwarder } from './port-forward.ts';
import { portForwardProtocol, serveSpdyPortForward } from './port-forward-spdy.ts';
import { type Upgrade, upgradeToWebSocket } from './upgrade.ts';

const tunnelProtocol = `${tunnelPrefix}${portForwardProtocol}` as const;
/** Maximum number of ports: a channel number is one octet, and each port has two channels. */
const maxPorts = 128;
const protocols = [tunnelProtocol, 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io'] as const;

/**
 * Serves port-forward over a WebSocket: by tunnelled SPDY, or in the older protocol by channels 2n (data) and 2n + 1
 * (error) for the n-th port of the request, which start with the port as a little-endian 16-bit number. Resolves at the
 * end of the connection.
 */
export async function serveWebSocketPortForward(
  upgrade: Upgrade,
  forwarder: PortForwarder,
  timeouts: { creationTimeoutMs: number; idleTimeoutMs: number },
): Promise<void> {
  const upgraded = await upgradeToWebSocket(upgrade, protocols);
  if (upgraded === undefined) return;
  const { webSocket, protocol } = upgraded;
  if (protocol === tunnelProtocol) {
    const tunnel = new WebSocketTunnel(webSocket);
    webSocket.resume();
    await serveSpdyPortForward(tunnel, forwarder, timeouts);
    return;
  }
  if (forwarder.ports.length > maxPorts) {
    forwarder.log(
      `portforward from ${forwarder.remote}: ${forwarder.ports.length} ports, at most ${maxPorts}`,
    );
    webSocket.close(1008, `more than ${maxPorts} ports`);
    webSocket.resume();
    return;
  }
  const connection = new ChannelConnection(webSocket, {
    base64: protocol.includes('base64'),
    closeSignal: 'unknown',
    idleTimeoutMs: timeouts.idleTimeoutMs,
  });
  const forwarded = forwarder.ports.map((port, index) => {
    const data = connection.open(2 * index);
    const error = connection.open(2 * index + 1);
    const prefix = Buffer.alloc(2);
    prefix.writeUInt16LE(port);
    data.write(prefix);
    error.write(prefix);
    return forwardPort(forwarder, port, data, error, connection.signal);
  });
  webSocket.resume();
  await Promise.all(forwarded);
  connection.close();
}
