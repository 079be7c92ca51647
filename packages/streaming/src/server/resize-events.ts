// Decodes the terminal sizes that a client sends on the resize stream of exec and attach.
import type { Readable } from 'node:stream';
import { isObject } from '@berth/common/json/is-object.ts';
import type { TerminalSize } from './streaming-runtime.ts';

/** A text that is longer without a whole size is not a resize stream. */
const maxPending = 4096;

/** The sizes in a client's text, as `{"Width":80,"Height":24}`, and the incomplete rest of it. */
export function parseSizes(text: string): { sizes: TerminalSize[]; rest: string } {
  const sizes: TerminalSize[] = [];
  let rest = text;
  for (;;) {
    const end = rest.indexOf('}');
    if (end < 0) return { sizes, rest: rest.trimStart() };
    sizes.push(parseSize(rest.slice(0, end + 1)));
    rest = rest.slice(end + 1);
  }
}

function parseSize(json: string): TerminalSize {
  const value: unknown = JSON.parse(json);
  if (!isObject(value)) throw new SyntaxError('the terminal size is not an object');
  const fields = new Map(Object.entries(value).map(([name, field]) => [name.toLowerCase(), field]));
  return { width: dimension(fields.get('width')), height: dimension(fields.get('height')) };
}

function dimension(value: unknown): number {
  if (value === undefined) return 0;
  if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff) return value;
  throw new SyntaxError('the terminal size is not a number from 0 to 65535');
}

/**
 * Yields the sizes that arrive on a resize stream, and of several unread ones only the newest: a terminal has one
 * size. Ends with the stream, with the connection, and at a text that is not a size.
 */
export async function* resizeEvents(
  stream: Readable | undefined,
  signal: AbortSignal,
): AsyncGenerator<TerminalSize, void, undefined> {
  if (stream === undefined) return;
  let newest: TerminalSize | undefined;
  let over = signal.aborted;
  let wake = (): void => {};
  let text = '';
  const end = (): void => {
    over = true;
    wake();
  };
  stream.on('data', (chunk: Buffer) => {
    // Read and drop what follows, so that flow control does not block the connection.
    if (over) return;
    try {
      const { sizes, rest } = parseSizes(text + chunk.toString('latin1'));
      text = rest;
      newest = sizes.at(-1) ?? newest;
      if (text.length > maxPending) end();
      wake();
    } catch {
      end();
    }
  });
  stream.on('end', end);
  stream.on('close', end);
  signal.addEventListener('abort', end, { once: true });
  for (;;) {
    if (newest !== undefined) {
      const size = newest;
      newest = undefined;
      yield size;
    } else if (over) {
      return;
    } else {
      await new Promise<void>((resolve) => {
        wake = resolve;
      });
    }
  }
}
