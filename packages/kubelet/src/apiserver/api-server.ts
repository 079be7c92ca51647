// One API server with one identity: its connections and credentials, shared by clients that differ in their limits.
import { ConnectionError } from '@berth/http/connection-error.ts';
import { proxiesOf } from '@berth/http/proxy/proxy.ts';
import { createLogger } from '../klog/klog.ts';
import type { ApiClient } from './api-client.ts';
import { type ClientLimits, HttpApiClient } from './client.ts';
import type { ClientCertificate, CredentialSource } from './credentials/credential.ts';
import { kubeconfigCredentials } from './credentials/kubeconfig-credentials.ts';
import { pemReader } from './credentials/pem-reader.ts';
import type { ApiAccess, Impersonation } from './kubeconfig/api-access.ts';
import { acceptEncoding, decoded } from './transport/decoded.ts';
import type { HttpRequest, HttpResponse } from './transport/exchange.ts';
import { Transport } from './transport/transport.ts';
import { userAgent } from './user-agent.ts';

const log = createLogger('api-server.ts');

/** What else there is to say about a server. */
export interface ApiServerOptions {
  /** Of the kubelet, e.g. `v1.37.2`; for the user agent. */
  version: string;
  /** The certificate that is valid now, which is the only credential; by default those of the kubeconfig. */
  certificate?: (() => ClientCertificate | undefined) | undefined;
  /** Told of each answer, for metrics; `<error>` is the code of none. */
  onAnswer?: ((answer: AnsweredRequest) => void) | undefined;
  /** For proxies, and DISABLE_HTTP2 as Go programs have it. */
  environment?: NodeJS.ProcessEnv;
}

/** A request whose answer has begun, or that failed. */
export interface AnsweredRequest {
  method: string;
  host: string;
  code: string;
  seconds: number;
}

/** An API server, with the access of a kubeconfig (loadKubeconfig). Connects with the first request. */
export class ApiServer implements Disposable {
  /** Its URL. */
  readonly url: URL;
  readonly #transport: Transport;
  readonly #credentials: CredentialSource;
  readonly #authority: (() => Promise<string>) | undefined;
  readonly #headers: Readonly<Record<string, string | string[]>>;
  readonly #onAnswer: ((answer: AnsweredRequest) => void) | undefined;

  constructor(
    access: ApiAccess,
    { version, certificate, onAnswer, environment = process.env }: ApiServerOptions,
  ) {
    const { server, certificateAuthority, proxyUrl, user } = access;
    this.url = server;
    this.#onAnswer = onAnswer;
    this.#credentials = certificate ? certificateOnly(certificate) : kubeconfigCredentials(access);
    this.#authority = certificateAuthority && pemReader(certificateAuthority);
    this.#headers = {
      'user-agent': userAgent(version, process.arch),
      accept: 'application/json',
      'accept-encoding': acceptEncoding,
      ...(user.impersonate && !certificate && impersonationHeaders(user.impersonate)),
    };
    const fromEnvironment = proxiesOf(environment);
    const destination = {
      ...access,
      proxyFor: proxyUrl === undefined ? fromEnvironment : () => proxyUrl,
      offersHttp2: !environment['DISABLE_HTTP2'],
    };
    this.#transport = new Transport(destination, () =>
      log.v(
        1,
        'Certificate rotation detected, shutting down client connections to start using new credentials',
      ),
    );
  }

  /** A client with its own rate limit and timeout. */
  client(limits: ClientLimits): ApiClient {
    return new HttpApiClient(this, limits);
  }

  /** Sends a request to a path below the server's URL, with the credentials. */
  async send(request: HttpRequest): Promise<HttpResponse> {
    const started = performance.now();
    const tell = (code: string): void =>
      this.#onAnswer?.({
        method: request.method,
        host: this.url.host,
        code,
        seconds: (performance.now() - started) / 1000,
      });
    try {
      const credential = await this.#credentials.current();
      const { authorization, certificate } = credential;
      const authority = await this.#authority?.();
      const response = await this.#transport.send(
        {
          ...request,
          path: `${this.url.pathname.replace(/\/$/, '')}${request.path}`,
          headers: {
            ...this.#headers,
            ...request.headers,
            ...(authorization !== undefined && { authorization }),
          },
        },
        { authority, certificate },
      );
      if (response.code === 401) this.#credentials.refused(credential);
      tell(String(response.code));
      return decoded(response);
    } catch (error) {
      tell('<error>');
      throw error;
    }
  }

  /** Closes all connections, so that the next request opens one: for a server that seems to be gone. */
  closeConnections(): void {
    this.#transport.reset(new ConnectionError('ECONNABORTED', 'the connections were closed'));
  }

  [Symbol.dispose](): void {
    this.#transport.close(new ConnectionError('ECONNABORTED', 'the kubelet is stopping'));
  }
}

function certificateOnly(certificate: () => ClientCertificate | undefined): CredentialSource {
  return {
    current: async () => {
      const found = certificate();
      return found ? { certificate: found } : {};
    },
    refused: () => {},
  };
}

function impersonationHeaders({
  user,
  uid,
  groups,
  extra,
}: Impersonation): Record<string, string | string[]> {
  return {
    'impersonate-user': user,
    ...(uid !== undefined && { 'impersonate-uid': uid }),
    ...(groups.length > 0 && { 'impersonate-group': groups }),
    ...Object.fromEntries(
      Object.entries(extra).map(([name, values]) => [
        `impersonate-extra-${encodeURIComponent(name).toLowerCase()}`,
        values,
      ]),
    ),
  };
}
