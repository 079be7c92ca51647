import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/**
 * Copies a command's output to the client, at the pace of the slower, and ends the client's stream with it.
 * Resolves when either has ended: a client that has gone ends the reading, as a closed pipe would. Without a
 * client's stream the output is read and thrown away.
 */
export async function copyOutput(source: Readable, client: Writable | undefined): Promise<void> {
  if (client === undefined) {
    source.on('error', () => {}).resume();
    await new Promise((resolve) => source.once('end', resolve).once('close', resolve));
    return;
  }
  // Whose end it was that failed is the same to both; the command's end is told by its exit code.
  await pipeline(source, client).catch(() => source.destroy());
}

/**
 * Copies a client's input to a command, at the pace of the slower. What the command does not want to read any
 * more is thrown away, so that the rest of the client's connection is not held up. `onEnd` is called once, when
 * the client has ended its input or has gone.
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
