// Turns TarReader's callbacks into an async generator, for TarSource, which awaits file I/O between events.
import type { TarHeader } from './entry.ts';
import { TarReader } from './reader.ts';

/** An event of reading a tar archive; `content`, `hole` and `end` follow the `entry` of a file. */
export type TarEvent =
  | { kind: 'entry'; header: TarHeader }
  | { kind: 'content'; chunk: Buffer }
  /** This many bytes are zeros. */
  | { kind: 'hole'; bytes: number }
  | { kind: 'end' };

/** Reads an archive as async events, for consumers that await between them. */
export async function* tarEvents(archive: AsyncIterable<Buffer>): AsyncGenerator<TarEvent> {
  let events: TarEvent[] = [];
  const reader = new TarReader({
    entry: (header) => events.push({ kind: 'entry', header }),
    content: (chunk) => events.push({ kind: 'content', chunk }),
    hole: (bytes) => events.push({ kind: 'hole', bytes }),
    end: () => events.push({ kind: 'end' }),
  });
  for await (const chunk of archive) {
    reader.push(chunk);
    yield* events;
    events = [];
  }
  reader.finish();
}
