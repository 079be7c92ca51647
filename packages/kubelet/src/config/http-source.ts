// Static pods from a URL, which is asked again and again. What it said last counts as long as it says nothing else, over
// restarts of the kubelet too.
import { messageOf } from '@berth/common/error-message.ts';
import { createLogger } from '../klog/klog.ts';
import type { Decoded } from './decode.ts';
import { fetchManifest, type Headers, type Validators } from './fetch-manifest.ts';
import { LastGoodManifests } from './last-good.ts';
import { combineFiles, failFile, type ManifestFile, maxManifestBytes, updateFile } from './manifests.ts';
import type { PodSource, PodUpdate } from './pod-source.ts';

const log = createLogger('http-source.ts');

/** Time for one answer. */
const timeoutMs = 10_000;
/** Failures that are told; further ones only in detail. */
const toldFailures = 4;

/** The parameters of a URL source. */
export interface HttpSourceOptions {
  url: string;
  headers: Headers;
  /** How often to ask. */
  checkFrequencyMs: number;
  /** Folder for the last valid manifest (last-good.ts). */
  stateDir: string;
  /** Decodes a manifest; throws when there is nothing in it that can be read. */
  decode(content: Uint8Array): Decoded[];
}

/** A URL as a source of pods. */
export class HttpSource implements PodSource {
  readonly name = 'http';
  readonly #options: HttpSourceOptions;
  readonly #lastGood: LastGoodManifests;
  readonly #stopped = new AbortController();
  #onUpdate: (update: PodUpdate) => void = () => {};
  #manifest: ManifestFile | undefined;
  #content: Buffer | undefined;
  #validators: Validators = {};
  /** Whether there was an answer, of this server or to an earlier kubelet. */
  #wasRead = false;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #work: Promise<void> = Promise.resolve();

  constructor(options: HttpSourceOptions) {
    this.#options = options;
    this.#lastGood = new LastGoodManifests(options.stateDir);
  }

  start(onUpdate: (update: PodUpdate) => void): void {
    this.#onUpdate = onUpdate;
    log.v(1, 'Watching URL', { URL: this.#options.url });
    this.#work = this.#begin();
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    clearTimeout(this.#timer);
    this.#onUpdate = () => {};
    await this.#work;
  }

  /** Starts with what an earlier kubelet was told, so that a server that is away ends nothing. */
  async #begin(): Promise<void> {
    const { url, decode } = this.#options;
    const content = await this.#lastGood.load(url);
    try {
      if (content !== undefined) this.#take(updateFile(url, undefined, decode(content)));
    } catch (err) {
      log.warn('The last manifest of the URL cannot be read any more', { URL: url, err });
    }
    await this.#check();
  }

  /** Asks once, and sets the timer for the next time. Never rejects. */
  async #check(): Promise<void> {
    try {
      await this.#ask();
      if (this.#failures > 0) log.info('Successfully read pods from URL');
      this.#failures = 0;
    } catch (error) {
      if (this.#stopped.signal.aborted) return;
      this.#tellFailure(error);
      // The other sources wait until each has reported.
      if (this.#manifest === undefined) this.#send(failFile(this.#options.url, undefined, messageOf(error)));
    }
    this.#timer = setTimeout(() => {
      this.#work = this.#check();
    }, this.#options.checkFrequencyMs);
  }

  async #ask(): Promise<void> {
    const { url, headers, decode } = this.#options;
    const fetched = await fetchManifest(url, {
      headers,
      validators: this.#validators,
      maxBytes: maxManifestBytes,
      signal: AbortSignal.any([this.#stopped.signal, AbortSignal.timeout(timeoutMs)]),
    });
    if (!fetched.changed) return;
    this.#validators = fetched.validators;
    const { content } = fetched;
    if (content.length === 0) {
      this.#content = undefined;
      this.#take(updateFile(url, undefined, []));
      throw new Error(`zero-length data received from ${url}`);
    }
    if (this.#content?.equals(content)) return;
    this.#content = content;
    let decoded: Decoded[];
    try {
      decoded = decode(content);
    } catch (error) {
      this.#send(failFile(url, this.#manifest, messageOf(error)));
      throw error;
    }
    this.#take(updateFile(url, this.#manifest, decoded));
    if (decoded.every(({ ok }) => ok)) await this.#save(content);
  }

  #take(manifest: ManifestFile): void {
    this.#wasRead = true;
    this.#send(manifest);
  }

  #send(manifest: ManifestFile): void {
    const { url } = this.#options;
    for (const { message, ...what } of manifest.warnings ?? []) {
      log.warn('Part of the manifest has no effect', { URL: url, ...what, warning: message });
    }
    for (const { message, lastGoodRuns, file: _file, ...what } of manifest.rejected) {
      log.error('Could not process the manifest of the URL', {
        URL: url,
        ...what,
        err: message,
        lastGoodRuns,
      });
    }
    this.#manifest = manifest;
    const combined = combineFiles(new Map([[url, manifest]]));
    this.#onUpdate({ op: 'set', source: this.name, ...combined, isUnread: !this.#wasRead });
  }

  async #save(content: Buffer): Promise<void> {
    try {
      await this.#lastGood.save(this.#options.url, content);
      await this.#lastGood.keepOnly([this.#options.url]);
    } catch (err) {
      log.warn('Unable to keep a copy of the manifest; its pods run all the same', { err });
    }
  }

  #tellFailure(error: unknown): void {
    const isLast = this.#failures === toldFailures - 1;
    const message = `Failed to read pods from URL${isLast ? '. Dropping verbosity of this message to V(4)' : ''}`;
    if (this.#failures < toldFailures) log.info(message, { err: error });
    else log.v(4, message, { err: error });
    this.#failures++;
  }
}
