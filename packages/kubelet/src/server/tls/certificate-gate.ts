// Refuses TLS connections as long as the server has no certificate.
import type { Server } from 'node:https';
import type { Socket } from 'node:net';

/** A fatal alert, internal_error (RFC 8446, section 6.2): what Go's servers send when they have no certificate. */
const internalError = Buffer.from([0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x50]);

/** Answers the first message of a client with an alert while `hasCertificate` says no. Call it before anything listens. */
export function refuseWithoutCertificate(server: Server, hasCertificate: () => boolean): void {
  const handshakes = server.listeners('connection');
  server.removeAllListeners('connection');
  server.on('connection', (socket: Socket) => {
    if (hasCertificate()) {
      for (const handshake of handshakes) handshake.call(server, socket);
    } else {
      socket.on('error', () => {});
      // Unread data would make the kernel reset the connection, and the alert might get lost.
      socket.once('data', () => socket.end(internalError));
    }
  });
}
