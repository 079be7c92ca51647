// The context of a command: settings, logger, connections to the runtime, and cancellation.
import type {
  CriClient,
  ImageClient,
  ImageProgressClient,
  PodStartsClient,
  RuntimeClient,
} from '@berth/cri/client/client.ts';
import { connectProblem } from '@berth/cri/client/connect-problem.ts';
import { parseEndpoint } from '@berth/cri/client/endpoint.ts';
import { connectCriLight } from '@berth/cri/client/http2-client.ts';
import type { CriError } from '@berth/cri/errors/cri-error.ts';
import type { Logger } from '../cli/logger.ts';
import { defaultEndpoints, type Settings } from '../config/settings.ts';
import { describeError, statusIn } from '../errors/describe.ts';
import { NoRuntimeError, Unwrapped } from '../errors/within.ts';
import type { Tracing } from '../opentelemetry/spans.ts';
import { logCalls } from './call-log.ts';
import type { FailedLookup } from './failed-lookup.ts';

export class App {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Aborted by Ctrl-C or SIGTERM. */
  readonly signal: AbortSignal;
  /** The last name that could not be resolved; `known` is called only when the error needs a hint. */
  failedLookup: (Omit<FailedLookup, 'known'> & { known: () => string[] | Promise<string[]> }) | undefined;
  readonly #clients = new Map<string, CriClient>();
  readonly #tracing: Tracing | undefined;
  #endpoint: string | undefined;
  #imageEndpoint: string | undefined;
  /** The service that the command used first: the real crictl connects to that one first. */
  #firstService: 'runtime' | 'image' | undefined;
  /** Prefix of connection errors. */
  connecting = '';

  constructor(settings: Settings, logger: Logger, signal: AbortSignal, tracing?: Tracing) {
    this.settings = settings;
    this.logger = logger;
    this.signal = signal;
    this.#tracing = tracing;
  }

  /** The RuntimeService client. Throws NoRuntimeError when no endpoint is set and no default socket answers. */
  async runtime(): Promise<RuntimeClient> {
    this.#firstService ??= 'runtime';
    return this.#client(await this.#runtimeEndpoint()).runtime;
  }

  /** Berth's extension with the traces of pod starts; other runtimes answer UNIMPLEMENTED. */
  async podStarts(): Promise<PodStartsClient> {
    return this.#client(await this.#runtimeEndpoint()).podStarts;
  }

  async image(): Promise<ImageClient> {
    return (await this.#imageClient()).image;
  }

  /** Berth's extension for pulls; other runtimes answer UNIMPLEMENTED. */
  async imageProgress(): Promise<ImageProgressClient> {
    return (await this.#imageClient()).imageProgress;
  }

  async #imageClient(): Promise<CriClient> {
    this.#firstService ??= 'image';
    const { imageEndpoint } = this.settings;
    if (imageEndpoint) this.#imageEndpoint ??= await this.#reachable(imageEndpoint);
    return this.#client(this.#imageEndpoint ?? (await this.#runtimeEndpoint('--image-endpoint')));
  }

  /** Options of one call: cancellation, and a deadline of `timeoutMs` (default: --timeout; 0 for none). */
  call(timeoutMs: number = this.settings.timeoutMs): { timeoutMs?: number; signal: AbortSignal } {
    return { signal: this.signal, ...(timeoutMs > 0 && { timeoutMs }) };
  }

  close(): void {
    for (const client of this.#clients.values()) client.close();
  }

  /** The text of an error as the real crictl prints it. */
  explain(error: unknown): string {
    const origin = statusIn(error);
    if (this.signal.aborted) {
      const interrupted = 'interrupted: context canceled';
      return origin === undefined
        ? interrupted
        : describeError(error).replace(describeError(origin), () => interrupted);
    }
    // The real crictl validates the connection first, so its message has no other context.
    if (origin !== undefined && /^connection error:|connections to become ready$/.test(origin.message)) {
      const isImageFirst = this.#firstService === 'image' && this.#imageEndpoint === undefined;
      const kind = isImageCall(origin) || isImageFirst ? 'image' : 'runtime';
      const endpoint = this.endpointOf(origin);
      const reason = describeError(origin);
      return `${this.connecting}validate service connection: validate CRI v1 ${kind} API for endpoint "${endpoint}": ${reason}`;
    }
    return describeError(error);
  }

  /** The endpoint of the call that failed. */
  endpointOf(failed: CriError): string {
    return (isImageCall(failed) ? this.#imageEndpoint : undefined) ?? this.#endpoint ?? '';
  }

  #client(endpoint: string): CriClient {
    const known = this.#clients.get(endpoint);
    if (known) return known;
    const client = this.#traced(connectCriLight(endpoint));
    const log = (message: string) => this.logger.debug(message);
    const shown = this.logger.debugEnabled
      ? { ...client, runtime: logCalls(client.runtime, log), image: logCalls(client.image, log) }
      : client;
    this.#clients.set(endpoint, shown);
    return shown;
  }

  #traced(client: CriClient): CriClient {
    const tracing = this.#tracing;
    if (tracing === undefined) return client;
    const runtime = tracing.traceCalls(client.runtime, 'runtime.v1.RuntimeService');
    return { ...client, runtime, image: tracing.traceCalls(client.image, 'runtime.v1.ImageService') };
  }

  async #runtimeEndpoint(flag = '--runtime-endpoint'): Promise<string> {
    const { runtimeEndpoint } = this.settings;
    if (runtimeEndpoint === '') throw new Unwrapped(`${flag} is not set`);
    this.#endpoint ??= runtimeEndpoint ? await this.#reachable(runtimeEndpoint) : await this.#findEndpoint();
    return this.#endpoint;
  }

  /** Retries a socket that does not answer, up to --max-retries times. The call reports its error. */
  async #reachable(endpoint: string): Promise<string> {
    const { maxRetries } = this.settings;
    const path = socketPath(endpoint);
    if (maxRetries === 0) return endpoint;
    const { setTimeout } = await import('node:timers/promises');
    let delayMs = 500;
    for (let attempt = 0; maxRetries < 0 || attempt < maxRetries; attempt++) {
      if (await answers(path)) break;
      this.logger.debug(`${endpoint} does not answer, retrying in ${delayMs / 1000}s`);
      await setTimeout(delayMs, undefined, { signal: this.signal });
      delayMs = Math.min(2 * delayMs, 5000);
    }
    return endpoint;
  }

  async #findEndpoint(): Promise<string> {
    const forbidden: string[] = [];
    for (const endpoint of defaultEndpoints) {
      const problem = await connectProblem(parseEndpoint(endpoint));
      if (problem === undefined) {
        this.logger.debug(`Connected successfully using endpoint: ${endpoint}`);
        return endpoint;
      }
      if (problem === 'EACCES' || problem === 'EPERM') forbidden.push(endpoint);
    }
    throw new NoRuntimeError(
      forbidden.length > 0
        ? `permission denied at ${forbidden.join(', ')}; run crictl as root (sudo crictl), or have berthd give your group its socket (socketGroup in /etc/berth/config.yaml)`
        : `no container runtime answers at ${defaultEndpoints.join(', ')}; ` +
            'start one (berth up) or set its endpoint with --runtime-endpoint or in /etc/crictl.yaml',
    );
  }
}

function socketPath(endpoint: string): string {
  try {
    return parseEndpoint(endpoint);
  } catch (error) {
    throw new Unwrapped(describeError(error), { cause: error });
  }
}

const isImageCall = ({ rpc }: CriError) => rpc?.includes('Image') === true;

async function answers(socketPath: string): Promise<boolean> {
  return (await connectProblem(socketPath)) === undefined;
}
