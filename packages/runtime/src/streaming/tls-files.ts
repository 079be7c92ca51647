// Reads the streaming server's certificate files and reloads them when they are renewed.

import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { StreamingTls } from '@berth/streaming/server/streaming-runtime.ts';
import type { Config } from '../config/config.ts';
import type { Logger } from '../logging/log.ts';
import { messageWithCauses } from '../rpc/errors.ts';

type TlsPaths = Pick<Config['streaming'], 'certFile' | 'keyFile' | 'clientCaFile'>;

/** Reads certificate, key and client authorities from the files; undefined when none are set. */
export async function readTls({
  certFile,
  keyFile,
  clientCaFile,
}: TlsPaths): Promise<StreamingTls | undefined> {
  if (certFile === undefined || keyFile === undefined) return undefined;
  const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')];
  return clientCaFile === undefined ? { cert, key } : { cert, key, ca: await readFile(clientCaFile, 'utf8') };
}

/**
 * Watches the directories of the files, because certificates are renewed by a rename or a changed link, and reloads
 * the files. Unusable files, for example while only one of a pair has been replaced, are logged and ignored until the
 * next change.
 */
export class TlsFiles implements Disposable {
  readonly #paths: TlsPaths;
  readonly #renew: (tls: StreamingTls) => void;
  readonly #log: Logger;
  readonly #watchers: FSWatcher[] = [];
  #current: string;
  #isReading = false;
  #isStale = false;

  /** `current` is in use; `renew` throws for unusable files. */
  constructor(
    paths: TlsPaths,
    { current, renew, log }: { current: StreamingTls; renew: (tls: StreamingTls) => void; log: Logger },
  ) {
    this.#paths = paths;
    this.#current = JSON.stringify(current);
    this.#renew = renew;
    this.#log = log;
    const files = [paths.certFile, paths.keyFile, paths.clientCaFile].filter((file) => file !== undefined);
    for (const dir of new Set(files.map(dirname))) {
      const failed = (error: unknown) =>
        log.error(`Watching the streaming server's certificates failed: ${messageWithCauses(error)}`, {
          dir,
        });
      try {
        const watcher = watch(dir, { persistent: false }, () => void this.#changed());
        this.#watchers.push(watcher.on('error', failed));
      } catch (error) {
        failed(error);
      }
    }
    // Reload changes that were made since the files were read.
    void this.#changed();
  }

  [Symbol.dispose](): void {
    for (const watcher of this.#watchers) watcher.close();
  }

  async #changed(): Promise<void> {
    this.#isStale = true;
    if (this.#isReading) return;
    this.#isReading = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#read();
    }
    this.#isReading = false;
  }

  async #read(): Promise<void> {
    try {
      const tls = await readTls(this.#paths);
      const text = JSON.stringify(tls);
      if (tls === undefined || text === this.#current) return;
      this.#renew(tls);
      this.#current = text;
      this.#log.info("Took on the streaming server's new certificate", { file: this.#paths.certFile });
    } catch (error) {
      this.#log.warning(
        `The streaming server's new certificate cannot be used, and the old one stays in use: ${messageWithCauses(error)}`,
        { certFile: this.#paths.certFile, keyFile: this.#paths.keyFile },
      );
    }
  }
}
