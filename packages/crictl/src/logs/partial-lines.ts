// Joins the parts in which a runtime writes a long line (tag P of the CRI log format) to whole lines.
import { type LogLine, timestampNano } from '@berth/cri/logs/line.ts';

const lineBreak = Buffer.from('\n');
/** A line that is longer is passed on in pieces of this size. */
const longestLine = 1024 * 1024;

/** A line with its line break, and the time of its first part. */
export interface WholeLine extends LogLine {
  atNano: bigint;
}

/** The lines of one log that have begun and not ended, one for each stream: lines of other logs must not split them. */
export class PartialLines {
  readonly #begun = new Map<LogLine['stream'], { first: LogLine; parts: Buffer[]; length: number }>();

  /** Adds a part; returns the whole line when `line` ends it, undefined while it continues. */
  add(line: LogLine): WholeLine | undefined {
    const { stream, content } = line;
    const begun = this.#begun.get(stream) ?? { first: line, parts: [], length: 0 };
    begun.parts.push(content);
    begun.length += content.length;
    this.#begun.set(stream, begun);
    if (content.at(-1) !== lineBreak[0] && begun.length < longestLine) return undefined;
    return this.#take(stream);
  }

  /** The lines that have begun, for a log that has ended. */
  finish(): WholeLine[] {
    return [...this.#begun.keys()].flatMap((stream) => this.#take(stream) ?? []);
  }

  #take(stream: LogLine['stream']): WholeLine | undefined {
    const begun = this.#begun.get(stream);
    this.#begun.delete(stream);
    if (begun === undefined) return undefined;
    const { timestamp } = begun.first;
    const content = Buffer.concat(begun.parts);
    return {
      timestamp,
      stream,
      content: content.at(-1) === lineBreak[0] ? content : Buffer.concat([content, lineBreak]),
      atNano: timestampNano(timestamp),
    };
  }
}
