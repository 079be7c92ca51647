// One of several logs that are printed together: whole lines with their times, read as they are needed.
import { type LogLine, timestampNano } from './line.ts';
import type { Entry } from './log-file.ts';

const lineBreak = Buffer.from('\n');
/** Parts of a line that go on for longer are printed as lines. */
const longestLine = 1024 * 1024;

export interface WholeLine extends LogLine {
  atNano: bigint;
}

/** Puts the parts together in which runtimes write long lines, so that other logs' lines cannot come between. */
export class Assembler {
  readonly #begun = new Map<LogLine['stream'], { first: LogLine; parts: Buffer[]; length: number }>();

  /** The line that `line` ends, undefined when it goes on. */
  add(line: LogLine): WholeLine | undefined {
    const { stream, content } = line;
    const begun = this.#begun.get(stream) ?? { first: line, parts: [], length: 0 };
    begun.parts.push(content);
    begun.length += content.length;
    this.#begun.set(stream, begun);
    if (content.at(-1) !== lineBreak[0] && begun.length < longestLine) return undefined;
    return this.#take(stream);
  }

  /** What was begun and will not go on, as lines. */
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

/** What a lane reads: a LogSource, or what stands for one. */
export interface LaneSource {
  readOn(): Promise<Entry[]>;
  finish(): Entry[];
  close(): Promise<void>;
}

export class Lane {
  /** The container's name. */
  readonly name: string;
  readonly #source: LaneSource;
  readonly #onBadLine: (line: string, reason: string) => void;
  readonly #assembler = new Assembler();
  #lines: WholeLine[] = [];
  #next = 0;

  constructor(name: string, source: LaneSource, onBadLine: (line: string, reason: string) => void) {
    this.name = name;
    this.#source = source;
    this.#onBadLine = onBadLine;
  }

  /** The next line, undefined when there is none in memory. */
  get head(): WholeLine | undefined {
    return this.#lines[this.#next];
  }

  take(): void {
    this.#next += 1;
  }

  /** Reads on unless there are lines; false at the end of what is written so far. */
  async fill(): Promise<boolean> {
    while (this.head === undefined) {
      const entries = await this.#source.readOn();
      if (entries.length === 0) return false;
      this.#put(entries);
    }
    return true;
  }

  /** The container has ended and nothing more will be written: what was begun is a line. */
  finish(): void {
    this.#put(this.#source.finish());
    this.#lines.push(...this.#assembler.finish());
  }

  async close(): Promise<void> {
    await this.#source.close();
  }

  #put(entries: readonly Entry[]): void {
    this.#lines.splice(0, this.#next);
    this.#next = 0;
    for (const entry of entries) {
      if ('reason' in entry) this.#onBadLine(entry.text, entry.reason);
      else {
        const line = this.#assembler.add(entry);
        if (line) this.#lines.push(line);
      }
    }
  }
}

/**
 * Gives the lines of all lanes to `onLine` in the order of their times until all are at their end, those of one lane
 * always in the order of its file; false when `onLine` gave false, which ends it.
 */
export async function mergeLanes(
  lanes: readonly Lane[],
  onLine: (name: string, line: WholeLine) => boolean,
  whenWritable: () => Promise<void>,
): Promise<boolean> {
  const open = new Set(lanes);
  for (const lane of open) if (!(await lane.fill())) open.delete(lane);
  for (;;) {
    let first: { lane: Lane; line: WholeLine } | undefined;
    for (const lane of open) {
      const line = lane.head;
      if (line !== undefined && (first === undefined || line.atNano < first.line.atNano)) {
        first = { lane, line };
      }
    }
    if (first === undefined) return true;
    const { lane, line } = first;
    lane.take();
    if (!onLine(lane.name, line)) return false;
    if (lane.head === undefined) {
      await whenWritable();
      if (!(await lane.fill())) open.delete(lane);
    }
  }
}
