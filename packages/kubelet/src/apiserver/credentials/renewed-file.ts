// A small file that others renew, read again when it is used and the last reading is old.
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { createLogger } from '../../klog/klog.ts';

const log = createLogger('renewed-file.ts');

/** Maximum size of a file of certificates or a token. */
const maxBytes = 1024 * 1024;

/** Keeps the content of a file. While it cannot be read, the last content stays valid. */
export class RenewedFile {
  readonly path: string;
  readonly #maxAgeMs: number;
  readonly #now: () => number;
  #content: string | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #reading: Promise<string> | undefined;
  #hasFailed = false;

  constructor(path: string, maxAgeMs: number, now: () => number = () => performance.now()) {
    this.path = path;
    this.#maxAgeMs = maxAgeMs;
    this.#now = now;
  }

  /** The content. Rejects only when it could never be read. */
  async content(): Promise<string> {
    if (this.#content !== undefined && this.#now() - this.#readAt < this.#maxAgeMs) return this.#content;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return await this.#reading;
  }

  /** Reads again with the next use. */
  expire(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<string> {
    try {
      const content = (await readRegularFile(this.path, { maxBytes })).toString();
      if (content.trim() === '') throw new Error(`${this.path} is empty`);
      this.#content = content;
      this.#hasFailed = false;
    } catch (error) {
      if (this.#content === undefined) throw error;
      if (!this.#hasFailed) {
        log.error('Unable to read a renewed file; its last content is used', {
          path: this.path,
          err: messageOf(error),
        });
      }
      this.#hasFailed = true;
    }
    this.#readAt = this.#now();
    return this.#content;
  }
}
