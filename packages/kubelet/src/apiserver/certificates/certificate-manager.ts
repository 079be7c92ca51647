// Keeps one certificate of the kubelet valid: asks for the first one, and for another before it expires or when it no
// longer says what it should.
import type { KeyObject } from 'node:crypto';
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { createLogger } from '../../klog/klog.ts';
import type { ApiClient } from '../api-client.ts';
import { type CertificatePair, type CertificateStore, readPair } from './certificate-store.ts';
import { type CertificateTemplate, lackOf, sameTemplate } from './certificate-template.ts';
import { keyPem, makeKey } from './private-key.ts';
import { issuedCertificate, makeRequest } from './request-certificate.ts';
import { retryDelayMs, rotationTime } from './rotation-time.ts';
import { isServerHealthy } from './server-health.ts';

const log = createLogger('certificate-manager.ts');

/** How long one attempt waits for approval. */
const approvalTimeoutMs = 15 * 60_000;
/** The least time between two rounds, for a signer whose certificates are due at once. */
const roundMs = 1000;
/** The clock may jump while a timer runs, so that the time is looked at again. */
const longestSleepMs = 10 * 60_000;

/** What a manager needs. */
export interface ManagerPorts {
  store: Pick<CertificateStore, 'current' | 'update'>;
  /** A pair for a store that has none, replaced at once. It may have privileges that are not the kubelet's. */
  initialPair?: { cert: string; key: string } | undefined;
  /** What the certificate should say; undefined when that is not known yet, so that none can be requested. */
  template(): CertificateTemplate | undefined;
  /** E.g. `kubernetes.io/kubelet-serving`. */
  signerName: string;
  usages(key: KeyObject): string[];
  /** The API server, with the identity of the current certificate, if there is one. */
  client(current: CertificatePair | undefined): ApiClient | Promise<ApiClient>;
  observer: ManagerObserver;
  clock: Clock;
}

/** The time, and waiting for it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Resolves after so many milliseconds, or when the signal fires. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's clock. */
export const systemClock: Clock = { now: () => Date.now(), sleep: sleepUntilAborted };

/** Who is told what a manager does. */
export interface ManagerObserver {
  /** An attempt failed. */
  renewFailed(): void;
  /** Another certificate is in use; `ageSeconds` is the age of the one before, if there was one. */
  renewed(ageSeconds: number | undefined): void;
}

/** Manages one certificate. */
export class CertificateManager {
  readonly #ports: ManagerPorts;
  readonly #stop = new AbortController();
  #pair: CertificatePair | undefined;
  /** Where between 70 and 90 % of its life the pair is renewed. */
  #random = Math.random();
  #isForced: boolean;
  /** The template for which the pair was issued to this process. */
  #issuedFor: CertificateTemplate | undefined;
  #attempt: { template: CertificateTemplate; controller: AbortController } | undefined;
  #wake = new AbortController();
  #isServerHealthy = false;
  #running: Promise<void> = Promise.resolve();

  /** Reads the store. Throws when it holds what cannot be used. */
  static async open(ports: ManagerPorts): Promise<CertificateManager> {
    const stored = await ports.store.current();
    if (stored !== undefined && ports.clock.now() < stored.facts.notAfter)
      return new CertificateManager(ports, stored, false);
    const { initialPair: initial } = ports;
    if (initial === undefined) return new CertificateManager(ports, undefined, true);
    const pair = readPair(initial.cert, initial.key);
    try {
      await ports.store.update(pair.cert, pair.key, new Date(ports.clock.now()));
    } catch (error) {
      log.error('Unable to store the initial cert/key pair', { signer: ports.signerName, err: error });
    }
    return new CertificateManager(ports, pair, true);
  }

  private constructor(ports: ManagerPorts, pair: CertificatePair | undefined, isForced: boolean) {
    this.#ports = ports;
    this.#pair = pair;
    this.#isForced = isForced;
  }

  /** The current pair; undefined before the first one, and after it has expired. */
  current(): CertificatePair | undefined {
    const pair = this.#pair;
    return pair !== undefined && this.#ports.clock.now() <= pair.facts.notAfter ? pair : undefined;
  }

  /** Whether the API server answered the latest request like one that works. */
  isServerHealthy(): boolean {
    return this.#isServerHealthy;
  }

  /** Begins to renew. */
  start(): void {
    this.#running = this.#run(this.#stop.signal);
  }

  /** Ends what is under way. */
  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  /** Tells that `template` may return something else than before. */
  templateChanged(): void {
    this.#wake.abort();
    this.#wake = new AbortController();
    const template = this.#ports.template();
    const attempt = this.#attempt;
    if (attempt === undefined || template === undefined || sameTemplate(attempt.template, template)) return;
    attempt.controller.abort(new Error('the certificate has to say something else by now'));
  }

  /** Never rejects. */
  async #run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      const template = await this.#due(signal);
      if (template !== undefined) await this.#renew(template, signal);
      await this.#ports.clock.sleep(roundMs, signal);
    }
  }

  /** Waits until a certificate has to be requested, and returns for what; undefined when the signal fired. */
  async #due(signal: AbortSignal): Promise<CertificateTemplate | undefined> {
    while (!signal.aborted) {
      const template = this.#ports.template();
      const waitMs =
        template === undefined ? longestSleepMs : this.#dueAt(template) - this.#ports.clock.now();
      if (waitMs <= 0) return template;
      log.v(2, 'Waiting for next certificate rotation', { signer: this.#ports.signerName, sleepMs: waitMs });
      const wake = AbortSignal.any([signal, this.#wake.signal]);
      await this.#ports.clock.sleep(Math.min(waitMs, longestSleepMs), wake);
    }
    return undefined;
  }

  #dueAt(template: CertificateTemplate): number {
    const pair = this.#pair;
    if (pair === undefined || this.#isForced) return 0;
    const lack = lackOf(pair.facts, template);
    // A signer that left something out would do so again.
    if (lack === undefined || (this.#issuedFor !== undefined && sameTemplate(this.#issuedFor, template))) {
      return rotationTime(pair.facts, this.#random);
    }
    log.info('The certificate does not say what it should; requesting another', {
      signer: this.#ports.signerName,
      lack,
    });
    return 0;
  }

  /** Tries until there is another pair, the template changed, or the signal fired. */
  async #renew(template: CertificateTemplate, signal: AbortSignal): Promise<void> {
    this.#isForced = false;
    const controller = new AbortController();
    const attempt = { template, controller };
    this.#attempt = attempt;
    const ended = AbortSignal.any([signal, controller.signal]);
    for (let failures = 1; !(await this.#try(template, ended)); failures++) {
      if (ended.aborted) break;
      this.#ports.observer.renewFailed();
      await this.#ports.clock.sleep(retryDelayMs(failures, Math.random()), ended);
    }
    this.#attempt = undefined;
  }

  /** One attempt; false when it failed, which the log tells. */
  async #try(template: CertificateTemplate, ended: AbortSignal): Promise<boolean> {
    if (ended.aborted) return false;
    const { signerName: signer, usages, store, clock } = this.#ports;
    log.v(2, 'Rotating certificates', { signer });
    const signal = AbortSignal.any([ended, AbortSignal.timeout(approvalTimeoutMs)]);
    try {
      const client = await this.#ports.client(this.current());
      const key = await makeKey();
      const request = await makeRequest(
        client,
        { template, key, signerName: signer, usages: usages(key) },
        signal,
      ).catch((error: unknown) => {
        this.#isServerHealthy = isServerHealthy(error);
        throw error;
      });
      const cert = await issuedCertificate(client, request, signal);
      this.#use(await store.update(cert, keyPem(key), new Date(clock.now())), template);
      return true;
    } catch (error) {
      if (!ended.aborted)
        log.error('Unable to get a certificate from the API server', { signer, err: error });
      return false;
    }
  }

  #use(pair: CertificatePair, template: CertificateTemplate): void {
    const before = this.#pair;
    this.#pair = pair;
    this.#random = Math.random();
    this.#issuedFor = template;
    this.#isServerHealthy = true;
    log.info('Using a new certificate', {
      signer: this.#ports.signerName,
      expires: new Date(pair.facts.notAfter).toISOString(),
    });
    const lack = lackOf(pair.facts, template);
    if (lack !== undefined) {
      log.warn('The signer did not issue what was requested', { signer: this.#ports.signerName, lack });
    }
    this.#ports.observer.renewed(
      before === undefined ? undefined : (this.#ports.clock.now() - before.facts.notBefore) / 1000,
    );
  }
}
