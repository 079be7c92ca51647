// Copies between a client's streams and a process's pipes or terminal, with back-pressure. Exec and Attach use it.

import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Copies a command's output to the client, with back-pressure, and ends the client's stream with it. Resolves when
 * either has ended; when the client disconnects, reading stops, as with a closed pipe. Without a client's stream the
 * output is discarded.
 */
export async function copyOutput(source: Readable, client: Writable | undefined): Promise<void> {
  if (client === undefined) {
    source.on('error', () => {}).resume();
    await new Promise((resolve) => source.once('end', resolve).once('close', resolve));
    return;
  }
  // Ignore which end failed; the exit code reports a failure of the command.
  await pipeline(source, client).catch(() => source.destroy());
}

/**
 * Copies a client's input to a command, with back-pressure. When the command stops reading, the rest is discarded
 * so that the client's connection is not blocked. `onEnd` is called once, when the client has ended its input or
 * disconnected.
 */
export function copyInput(client: Readable, sink: Writable, onEnd: () => void): void {
  client.pipe(sink, { end: false });
  const discard = () => {
    client.unpipe(sink);
    client.resume();
  };
  sink.on('error', discard).once('close', discard);
  let ended = false;
  const end = () => {
    if (!ended) onEnd();
    ended = true;
  };
  client
    .on('error', () => {})
    .once('end', end)
    .once('close', end);
}
