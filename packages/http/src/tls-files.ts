// Reads a server's certificate files, and reads them again when they are renewed.
import { type FSWatcher, watch } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';

/** Paths of PEM files. */
export interface TlsPaths {
  certFile: string;
  keyFile: string;
  /** Authorities of client certificates. */
  clientCaFile?: string | undefined;
}

/** The contents of those files. */
export interface TlsContents {
  cert: string;
  key: string;
  ca?: string;
}

/** The paths that are given. */
export function tlsFileNames({ certFile, keyFile, clientCaFile }: Partial<TlsPaths>): string[] {
  return [certFile, keyFile, clientCaFile].filter((file) => file !== undefined);
}

/** Reads the files. */
export async function readTlsFiles({ certFile, keyFile, clientCaFile }: TlsPaths): Promise<TlsContents> {
  const [cert, key] = [await readFile(certFile, 'utf8'), await readFile(keyFile, 'utf8')];
  return clientCaFile === undefined ? { cert, key } : { cert, key, ca: await readFile(clientCaFile, 'utf8') };
}

/** What happens with renewed files. */
export interface TlsFilesPorts<Contents> {
  /** Reads the files. */
  read(): Promise<Contents>;
  /** The contents in use. */
  current: Contents;
  /** Uses new contents; throws when it cannot. */
  renew(contents: Contents): void;
  /** Told after that. */
  onRenewed(): void;
  /** The new contents cannot be used, and the old ones stay in use. */
  onUnusable(error: unknown): void;
  /** Changes in a directory go unnoticed from now on. */
  onWatchFailed(error: unknown, directory: string): void;
}

/**
 * Watches the directories of the files, because certificates are renewed by a rename or a changed link, and reloads
 * the files. Unusable files, for example while only one of a pair has been replaced, are reported and ignored until the
 * next change.
 */
export class TlsFiles<Contents> implements Disposable {
  readonly #ports: TlsFilesPorts<Contents>;
  readonly #watchers: FSWatcher[] = [];
  #current: string;
  #isReading = false;
  #isStale = false;
  #isDisposed = false;

  constructor(files: readonly string[], ports: TlsFilesPorts<Contents>) {
    this.#ports = ports;
    this.#current = JSON.stringify(ports.current);
    for (const dir of new Set(files.map(dirname))) {
      try {
        const watcher = watch(dir, { persistent: false }, () => void this.#changed());
        this.#watchers.push(watcher.on('error', (error) => ports.onWatchFailed(error, dir)));
      } catch (error) {
        ports.onWatchFailed(error, dir);
      }
    }
    // Reload changes that were made since the files were read.
    void this.#changed();
  }

  [Symbol.dispose](): void {
    this.#isDisposed = true;
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
      const contents = await this.#ports.read();
      const text = JSON.stringify(contents);
      if (text === this.#current || this.#isDisposed) return;
      this.#ports.renew(contents);
      this.#current = text;
      this.#ports.onRenewed();
    } catch (error) {
      if (!this.#isDisposed) this.#ports.onUnusable(error);
    }
  }
}
