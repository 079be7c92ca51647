// ApiClient over HTTP: JSON in both directions, a rate limit, a timeout, and limits of what is read.
import type { Readable } from 'node:stream';
import { sleepUntilAborted } from '@berth/common/abort.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { printable } from '@berth/common/printable.ts';
import { ConnectionError } from '@berth/http/connection-error.ts';
import type { DeleteOptions } from 'kubernetes-types/meta/v1.d.ts';
import { createLogger } from '../klog/klog.ts';
import { type Answer, answerError, retryAfterSeconds } from './answer-error.ts';
import type {
  ApiClient,
  ApiObject,
  ListOptions,
  ObjectList,
  ObjectName,
  PatchOptions,
  PatchType,
  RequestOptions,
  Resource,
  Selection,
  WatchEvent,
  WatchOptions,
} from './api-client.ts';
import { type Query, requestPath, type Target } from './request-path.ts';
import { Throttle } from './throttle.ts';
import type { Rate } from './token-bucket.ts';
import type { HttpRequest, HttpResponse } from './transport/exchange.ts';
import { LineSplitter } from './watch-lines.ts';

const log = createLogger('client.ts');

/** The limits of a client. */
export interface ClientLimits extends Rate {
  /** Of a whole call, with all waits; the default is longer than an API server works on a request. */
  timeoutMs?: number;
}

/** What carries requests. */
export interface RequestSender {
  url: URL;
  send(request: HttpRequest): Promise<HttpResponse>;
}

const defaultTimeoutMs = 90_000;
/** How long a watch may outlive the time that the server was given for it. */
const watchGraceMs = 30_000;
const defaultWatchSeconds = 600;
const maxRetries = 10;
const maxAnswerBytes = 128 * 1024 * 1024;
const maxErrorBytes = 1024 * 1024;
/** etcd stores 1.5 MiB at most; JSON with escapes is larger. */
const maxEventBytes = 16 * 1024 * 1024;

const patchTypes: Readonly<Record<PatchType, string>> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
};

/** A call of the API. */
interface Call {
  method: string;
  resource: Resource;
  target: Target;
  query?: Query;
  body?: unknown;
  contentType?: string;
  signal?: AbortSignal | undefined;
}

/** The client of one identity with its own limits. */
export class HttpApiClient implements ApiClient {
  readonly #server: RequestSender;
  readonly #throttle: Throttle;
  readonly #timeoutMs: number;

  constructor(server: RequestSender, { timeoutMs = defaultTimeoutMs, ...rate }: ClientLimits) {
    this.#server = server;
    this.#throttle = new Throttle(rate);
    this.#timeoutMs = timeoutMs;
  }

  async get<T extends ApiObject>(
    resource: Resource,
    object: ObjectName,
    options: ListOptions = {},
  ): Promise<T> {
    const { signal, subresource, resourceVersion } = options;
    const target = { ...object, subresource };
    return await this.#call({ method: 'GET', resource, target, query: { resourceVersion }, signal });
  }

  async list<T extends ApiObject>(
    resource: Resource,
    selection: Selection = {},
    options: ListOptions = {},
  ): Promise<ObjectList<T>> {
    const { namespace, ...selectors } = selection;
    const { signal, subresource, resourceVersion } = options;
    const target = { namespace, subresource };
    const query = { ...selectors, resourceVersion };
    const list = await this.#call<Partial<ObjectList<T>>>({ method: 'GET', resource, target, query, signal });
    const { metadata, items } = list;
    if (!isObject(metadata)) throw new Error(`the list of ${resource.plural} has no metadata`);
    // Go prints an empty list as null.
    return { metadata, items: items ?? [] };
  }

  async *watch<T extends ApiObject>(
    resource: Resource,
    selection: Selection,
    options: WatchOptions,
  ): AsyncIterable<WatchEvent<T>> {
    const { namespace, ...selectors } = selection;
    const { resourceVersion, timeoutSeconds = defaultWatchSeconds, sendsInitialEvents } = options;
    const query = {
      ...selectors,
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion,
      ...(sendsInitialEvents && { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
      timeoutSeconds,
    };
    const target = { namespace, subresource: options.subresource };
    const call: Call = { method: 'GET', resource, target, query };
    using deadline = new Deadline(timeoutSeconds * 1000 + watchGraceMs, options.signal);
    let body: Readable | undefined;
    try {
      const response = await this.#send(call, deadline.signal, true);
      body = response.body;
      if (response.code !== 200) throw await this.#refusal(response, call);
      tellWarnings(response);
      const lines = new LineSplitter(maxEventBytes);
      for await (const chunk of body) for (const line of lines.push(chunk)) yield eventOf<T>(line);
      refuseCut(response);
    } catch (error) {
      throw this.#failure(error, call, options.signal);
    } finally {
      body?.destroy();
    }
  }

  async create<T extends ApiObject>(
    resource: Resource,
    where: { namespace?: string; name?: string },
    object: T,
    { signal, subresource }: RequestOptions = {},
  ): Promise<T> {
    const { namespace, name } = where;
    return await this.#call({
      method: 'POST',
      resource,
      // A new object is named in its body; the name in the path is that of what has the subresource.
      target: { namespace, ...(subresource !== undefined && { name, subresource }) },
      body: object,
      signal,
    });
  }

  async update<T extends ApiObject>(
    resource: Resource,
    where: ObjectName,
    object: T,
    { signal, subresource }: RequestOptions = {},
  ): Promise<T> {
    return await this.#call({
      method: 'PUT',
      resource,
      target: { ...where, subresource },
      body: object,
      signal,
    });
  }

  async patch<T extends ApiObject>(
    resource: Resource,
    where: ObjectName,
    type: PatchType,
    patch: unknown,
    { signal, subresource, fieldManager, force }: PatchOptions = {},
  ): Promise<T> {
    return await this.#call({
      method: 'PATCH',
      resource,
      target: { ...where, subresource },
      query: { fieldManager, force },
      body: patch,
      contentType: patchTypes[type],
      signal,
    });
  }

  async delete(
    resource: Resource,
    where: ObjectName,
    options: DeleteOptions = {},
    { signal, subresource }: RequestOptions = {},
  ): Promise<void> {
    await this.#call({
      method: 'DELETE',
      resource,
      target: { ...where, subresource },
      body: { kind: 'DeleteOptions', apiVersion: 'v1', ...options },
      signal,
    });
  }

  async deleteCollection(
    resource: Resource,
    { namespace, ...selectors }: Selection,
    { signal }: RequestOptions = {},
  ): Promise<void> {
    await this.#call({
      method: 'DELETE',
      resource,
      target: { namespace },
      query: selectors,
      body: { kind: 'DeleteOptions', apiVersion: 'v1' },
      signal,
    });
  }

  async #call<Result extends object>(call: Call): Promise<Result> {
    using deadline = new Deadline(this.#timeoutMs, call.signal);
    try {
      for (let retries = 0; ; retries++) {
        await this.#throttle.wait(this.#describe(call), deadline.signal);
        const response = await this.#send(call, deadline.signal, false);
        const seconds = retryAfterSeconds(response);
        if (seconds === undefined || retries === maxRetries) return await this.#result(response, call);
        response.body.destroy();
        log.v(4, 'Got a Retry-After response', { delay: `${seconds}s`, attempt: retries + 1 });
        await sleepUntilAborted(seconds * 1000, deadline.signal);
      }
    } catch (error) {
      throw this.#failure(error, call, call.signal);
    }
  }

  async #send(call: Call, signal: AbortSignal, isLong: boolean): Promise<HttpResponse> {
    const { method, resource, target, query, body, contentType = 'application/json' } = call;
    return await this.#server.send({
      method,
      path: requestPath(resource, target, query),
      headers: body === undefined ? {} : { 'content-type': contentType },
      body: body === undefined ? undefined : Buffer.from(JSON.stringify(body)),
      signal,
      isLong,
    });
  }

  async #result<Result extends object>(response: HttpResponse, call: Call): Promise<Result> {
    tellWarnings(response);
    const answer = { ...response, body: await read(response, maxAnswerBytes) };
    const error = this.#errorOf(answer, call);
    if (error) throw error;
    return parse<Result>(answer.body.toString());
  }

  async #refusal(response: HttpResponse, call: Call): Promise<Error> {
    const answer = { ...response, body: await read(response, maxErrorBytes) };
    return this.#errorOf(answer, call) ?? new Error(`unexpected status ${response.code}`);
  }

  #errorOf(answer: Answer, { method, resource, target }: Call): Error | undefined {
    return answerError(answer, { method, resource, name: target.name });
  }

  /** The caller's own abort as it is; connections that fail with what was asked. */
  #failure(error: unknown, call: Call, signal: AbortSignal | undefined): unknown {
    if (signal?.aborted) return signal.reason;
    if (!(error instanceof Error) || error.name === 'ApiError') return error;
    const code = 'code' in error && typeof error.code === 'string' ? error.code : 'UNKNOWN';
    // Of a name with several addresses: an error for each.
    const [first = error] = error instanceof AggregateError ? error.errors : [];
    return new ConnectionError(code, `${this.#describe(call)}: ${messageOf(first)}`, { cause: error });
  }

  #describe({ method, resource, target }: Call): string {
    return `${method} ${this.#server.url.origin}${requestPath(resource, target)}`;
  }
}

/** Aborts with the caller's signal, and after a time. */
class Deadline implements Disposable {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #caller: AbortSignal | undefined;

  constructor(ms: number, caller: AbortSignal | undefined) {
    this.#caller = caller;
    this.#timer = setTimeout(
      () => this.#controller.abort(new ConnectionError('ETIMEDOUT', `no answer in ${ms / 1000} s`)),
      ms,
    );
    if (caller?.aborted) this.#abort();
    else caller?.addEventListener('abort', this.#abort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  [Symbol.dispose](): void {
    clearTimeout(this.#timer);
    this.#caller?.removeEventListener('abort', this.#abort);
  }

  readonly #abort = (): void => this.#controller.abort(this.#caller?.reason);
}

async function read(response: HttpResponse, maxBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response.body) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer has more than ${maxBytes} bytes, the limit`);
    chunks.push(chunk);
  }
  refuseCut(response);
  return Buffer.concat(chunks);
}

function refuseCut(response: HttpResponse): void {
  if (response.isComplete()) return;
  throw new ConnectionError('ECONNRESET', 'the connection was closed before the answer was complete');
}

/** JSON whose types the API server answers for. */
function parse<Result extends object>(text: string): Result {
  const value: Result = JSON.parse(text);
  if (!isObject(value)) throw new Error('the answer is not a JSON object');
  return value;
}

function eventOf<T extends ApiObject>(line: string): WatchEvent<T> {
  const event = parse<WatchEvent<T>>(line);
  if (typeof event.type !== 'string' || !isObject(event.object))
    throw new Error('a line of the watch is no event');
  return event;
}

/** Deprecations, and what admission has to say. */
function tellWarnings({ headers }: HttpResponse): void {
  const { warning } = headers;
  for (const [, message = ''] of String(warning ?? '').matchAll(/\b299 \S+ "((?:[^"\\]|\\.)*)"/g)) {
    log.warn(printable(message, 1024));
  }
}
