// An API server for tests that knows CertificateSigningRequests alone, and signs them when it is told to.
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { until } from '@berth/test-support/until.ts';
import type { CertificateSigningRequest } from 'kubernetes-types/certificates/v1.d.ts';
import {
  type ApiClient,
  ApiError,
  type ApiObject,
  type ObjectList,
  type WatchEvent,
} from '../apiserver/api-client.ts';
import { bitString, explicit, integer, oid, sequence, setOf, time, utf8String } from '../x509/der.ts';
import { signatureAlgorithm } from '../x509/fields.ts';
import { encodePem, pemBlocks } from '../x509/pem.ts';
import { elements } from './der-elements.ts';

/** When a certificate is valid; milliseconds since the epoch. */
export interface Validity {
  notBefore: number;
  notAfter: number;
}

/** What a request asks for: the encoded subject, public key and extensions. */
function partsOf(requestPem: string): { subject: Buffer; publicKey: Buffer; extensions: Buffer | undefined } {
  const [request] = elements(pemBlocks(requestPem)[0]?.der ?? Buffer.of());
  const [info] = elements(request?.content ?? Buffer.of());
  const [, subject, publicKey, attributes] = elements(info?.content ?? Buffer.of());
  const [attribute] = elements(attributes?.content ?? Buffer.of());
  const [, values] = elements(attribute?.content ?? Buffer.of());
  const none = Buffer.of();
  return {
    subject: subject?.whole ?? none,
    publicKey: publicKey?.whole ?? none,
    extensions: values && elements(values.content)[0]?.whole,
  };
}

/** Makes a certificate in PEM for what a request asks, with or without its alternative names. */
export function issue(
  requestPem: string,
  { notBefore, notAfter }: Validity,
  authority: KeyObject,
  hasNames = true,
): string {
  const { subject, publicKey, extensions } = partsOf(requestPem);
  const { identifier, digest } = signatureAlgorithm(authority);
  const issuer = sequence(setOf(sequence(oid('2.5.4.3'), utf8String('test-ca'))));
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(randomBytes(8)),
    identifier,
    issuer,
    sequence(time(new Date(notBefore)), time(new Date(notAfter))),
    subject,
    publicKey,
    ...(extensions === undefined || !hasNames ? [] : [explicit(3, extensions)]),
  );
  return encodePem('CERTIFICATE', sequence(body, identifier, bitString(sign(digest, body, authority))));
}

/** The public key for which a request was made. */
export function requestedKey(requestPem: string): KeyObject {
  return createPublicKey({ key: partsOf(requestPem).publicKey, type: 'spki', format: 'der' });
}

/** The requests of one API server; `client` is how a kubelet sees it. */
export class SigningApi {
  readonly requests = new Map<string, CertificateSigningRequest>();
  readonly authority = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  /** Thrown by the next calls, one after the other. */
  readonly failures: Error[] = [];
  /** Whether certificates lack the alternative names that were asked for. */
  leavesOutNames = false;
  /** Called for each new request. */
  onCreate: (request: CertificateSigningRequest) => void = () => {};
  #version = 0;
  readonly #watchers = new Set<(event: WatchEvent<CertificateSigningRequest> | undefined) => void>();

  /** Answers a request as a signer does. */
  sign(name: string, validity: Validity): void {
    const { spec } = this.#find(name);
    const pem = issue(
      Buffer.from(spec.request, 'base64').toString(),
      validity,
      this.authority,
      !this.leavesOutNames,
    );
    this.update(name, {
      conditions: [{ type: 'Approved', status: 'True' }],
      certificate: Buffer.from(pem).toString('base64'),
    });
  }

  /** Sets the status of a request. */
  update(name: string, status: NonNullable<CertificateSigningRequest['status']>): void {
    this.#put({ ...this.#find(name), status }, 'MODIFIED');
  }

  /** Removes a request. */
  remove(name: string): void {
    const object = this.#find(name);
    this.requests.delete(name);
    this.#tell({ type: 'DELETED', object });
  }

  /** Whether somebody watches. */
  isWatched(): boolean {
    return this.#watchers.size > 0;
  }

  /** Resolves when somebody watches. */
  async watched(): Promise<void> {
    await until('somebody watches', () => this.isWatched());
  }

  /** Ends the connections of all watches. */
  endWatches(): void {
    const watchers = [...this.#watchers];
    this.#watchers.clear();
    for (const tell of watchers) tell(undefined);
  }

  /** What a kubelet asks. Only the methods that certificates need are there. */
  get client(): ApiClient {
    const refuse = (): never => {
      throw new Error('the test has no such method');
    };
    return {
      get: async (_resource, { name }) => as(this.#find(name)),
      list: async (_resource, selection) => {
        this.#failIfTold();
        const name = selection?.fieldSelector?.replace('metadata.name=', '');
        const items = [...this.requests.values()].filter(({ metadata }) => metadata?.name === name);
        const list: ObjectList<CertificateSigningRequest> = {
          metadata: { resourceVersion: String(this.#version) },
          items,
        };
        return as(list);
      },
      watch: (_resource, _selection, { signal }) => as(this.#watch(signal)),
      create: async (_resource, _where, object) => {
        this.#failIfTold();
        return as(this.create(as(object)));
      },
      update: refuse,
      patch: refuse,
      delete: refuse,
      deleteCollection: refuse,
    };
  }

  /** Creates a request under its name, or one with its prefix. */
  create(object: CertificateSigningRequest): CertificateSigningRequest {
    const { name, generateName } = object.metadata ?? {};
    const chosen = name ?? `${generateName}${randomBytes(3).toString('hex')}`;
    if (this.requests.has(chosen)) throw apiError(409, 'AlreadyExists');
    const made = { ...object, metadata: { name: chosen, uid: `uid-${++this.#version}` } };
    this.#put(made, 'ADDED');
    this.onCreate(made);
    return made;
  }

  #find(name: string): CertificateSigningRequest {
    const found = this.requests.get(name);
    if (found === undefined) throw apiError(404, 'NotFound');
    return found;
  }

  #put(object: CertificateSigningRequest, type: 'ADDED' | 'MODIFIED'): void {
    this.#version++;
    this.requests.set(object.metadata?.name ?? '', object);
    this.#tell({ type, object });
  }

  #tell(event: WatchEvent<CertificateSigningRequest>): void {
    for (const tell of this.#watchers) tell(event);
  }

  #failIfTold(): void {
    const failure = this.failures.shift();
    if (failure !== undefined) throw failure;
  }

  async *#watch(signal: AbortSignal | undefined): AsyncGenerator<WatchEvent<CertificateSigningRequest>> {
    const queue: (WatchEvent<CertificateSigningRequest> | undefined)[] = [];
    let wake = (): void => {};
    const tell = (event: WatchEvent<CertificateSigningRequest> | undefined): void => {
      queue.push(event);
      wake();
    };
    this.#watchers.add(tell);
    signal?.addEventListener('abort', () => tell(undefined), { once: true });
    try {
      for (;;) {
        for (const event of queue.splice(0)) {
          signal?.throwIfAborted();
          if (event === undefined) return;
          yield event;
        }
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(tell);
    }
  }
}

/** An answer of the API server that refuses. */
export function apiError(code: number, reason: string, message = reason): ApiError {
  return new ApiError({ reason, message, code }, code);
}

/** The methods of the client are generic, and this server has one kind of object. */
function as<Result>(value: ObjectList<ApiObject> | ApiObject | AsyncIterable<unknown>): Result {
  return value as Result;
}
