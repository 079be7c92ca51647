// Prints parsed log lines, for --stream, --timestamps, --since and --limit-bytes.
import { fixedWidthTimestamp, type LogLine, timestampNano } from './line.ts';

export interface LogOutput {
  stdout: ((bytes: Buffer) => void) | undefined;
  stderr: ((bytes: Buffer) => void) | undefined;
}

export interface PrinterOptions {
  timestamps: boolean;
  /** Unix nanoseconds; earlier lines are not printed. */
  sinceNano: bigint | undefined;
  /** Maximum number of bytes to print. */
  limitBytes: number | undefined;
}

export class LogPrinter {
  readonly #output: LogOutput;
  readonly #options: PrinterOptions;
  #remaining: number;
  #atLineStart = true;

  constructor(output: LogOutput, options: PrinterOptions) {
    this.#output = output;
    this.#options = options;
    this.#remaining = options.limitBytes ?? Number.POSITIVE_INFINITY;
  }

  /** Prints one line, behind `linePrefix`; false when the limit of bytes is reached and nothing more will be printed. */
  print(line: LogLine, linePrefix = ''): boolean {
    const { timestamps, sinceNano } = this.#options;
    const isOld = sinceNano !== undefined && timestampNano(line.timestamp) < sinceNano;
    if (!isOld) {
      const time = timestamps && this.#atLineStart ? `${fixedWidthTimestamp(line.timestamp)} ` : '';
      const prefix = linePrefix + time;
      const whole = prefix === '' ? line.content : Buffer.concat([Buffer.from(prefix), line.content]);
      const write = this.#output[line.stream];
      if (write) {
        const bytes = whole.length > this.#remaining ? whole.subarray(0, this.#remaining) : whole;
        write(bytes);
        this.#remaining -= bytes.length;
      }
    }
    this.#atLineStart = line.content.length === 0 || line.content.at(-1) === 0x0a;
    return this.#remaining > 0;
  }
}
