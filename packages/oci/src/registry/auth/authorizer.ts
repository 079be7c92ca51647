// Answers a registry's 401: chooses Basic or a bearer token, fetches and renews tokens, and refuses to leak secrets.
import type { IncomingMessage } from 'node:http';
import { JsonCursor } from '@berth/common/json/cursor.ts';
import { printable } from '@berth/common/printable.ts';
import { isLoopback, type RegistryHost } from '../hosts/host.ts';
import { RegistryError } from '../http/errors.ts';
import { type HttpClient, senderOf } from '../http/http.ts';
import { readBody } from '../http/read-body.ts';
import { urlWithoutSecrets } from '../http/url-without-secrets.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type AuthSource, type Credentials, credentialsFor } from './credentials.ts';
import { TokenCache } from './token-cache.ts';

const maxTokenAnswer = 256 * 1024;
/** Maximum length of a token, which is cached and sent with each request. */
const maxToken = 64 * 1024;

/** The parameters of an Authorizer for a repository on one host. */
export interface Access {
  host: RegistryHost;
  repository: string;
  auth: AuthSource | undefined;
  http: HttpClient;
  tokens: TokenCache;
}

/**
 * Gets and caches the Authorization header for one host: Basic, or a bearer token of the server in the registry's
 * challenge (the distribution project's token and OAuth2 flows).
 */
export class Authorizer {
  readonly #host: RegistryHost;
  readonly #http: HttpClient;
  readonly #scope: string;
  readonly #tokens: TokenCache;
  readonly #lookUp: () => Promise<Credentials>;
  #found: Promise<Credentials> | undefined;
  #header: Promise<string | undefined> | undefined;

  constructor({ host, repository, auth, http, tokens }: Access) {
    this.#host = host;
    this.#http = http;
    this.#tokens = tokens;
    this.#scope = `repository:${repository}:pull`;
    const registry = host.registry ?? host.url.host;
    this.#lookUp = async () =>
      credentialsFor(host.url.host, typeof auth === 'function' ? await auth({ registry, repository }) : auth);
  }

  /** The header to send; undefined until the registry demanded one. */
  current(): Promise<string | undefined> {
    this.#header ??= this.#credentials().then((found) =>
      found.kind === 'bearer' ? `Bearer ${found.token}` : undefined,
    );
    return this.#header;
  }

  #credentials(): Promise<Credentials> {
    this.#found ??= this.#lookUp();
    return this.#found;
  }

  /**
   * Handles a 401. `used` is the refused header: fetches no token when another request has renewed it meanwhile.
   */
  async renew(
    used: string | undefined,
    response: IncomingMessage,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if ((await this.current().catch(() => undefined)) !== used) return;
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? '');
    this.#header = this.#answer(challenges, { refused: used, sender: senderOf(response) }, signal);
    await this.#header;
  }

  async #answer(challenges: Challenge[], last: Attempt, signal: AbortSignal | undefined): Promise<string> {
    const credentials = await this.#credentials();
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer && credentials.kind !== 'bearer') {
      return this.#bearer(credentials, bearer.parameters, last, signal);
    }
    const asksBasic = challenges.some(({ scheme }) => scheme === 'basic');
    if (asksBasic && credentials.kind === 'basic' && last.refused === undefined) return basic(credentials);
    const problem = credentials.kind === 'anonymous' ? 'no credentials for it' : 'credentials not accepted';
    throw new RegistryError(
      'unauthorized',
      `${this.#host.url.host}: unauthorized: authentication required, ${problem}`,
    );
  }

  async #bearer(
    credentials: Credentials,
    parameters: Map<string, string>,
    last: Attempt,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const url = this.#tokenServer(parameters.get('realm') ?? '');
    const service = parameters.get('service') ?? '';
    const scope = parameters.get('scope') || this.#scope;
    const key = TokenCache.key([
      this.#host.url.origin,
      url.href,
      service,
      scope,
      JSON.stringify(credentials),
    ]);
    const known = this.#tokens.get(key);
    if (known !== undefined && last.refused !== `Bearer ${known}`) return `Bearer ${known}`;
    this.#tokens.delete(key);
    const query = new URLSearchParams({ ...(service && { service }), scope });
    const { token, seconds } = await this.#fetchToken(url, query, credentials, last.sender, signal);
    this.#tokens.set(key, token, seconds);
    return `Bearer ${token}`;
  }

  async #fetchToken(
    url: URL,
    query: URLSearchParams,
    credentials: Credentials,
    sender: string,
    signal: AbortSignal | undefined,
  ): Promise<Token> {
    const isOwn = url.origin === this.#host.url.origin;
    const common = {
      tls: isOwn ? this.#host.tls : { ca: this.#host.tls.ca, client: [], skipVerify: false },
      signal,
      namedBy: isOwn ? undefined : sender,
    };
    const headers: Record<string, string> = {};
    if (credentials.kind === 'refresh-token') {
      query.set('grant_type', 'refresh_token');
      query.set('refresh_token', credentials.token);
      query.set('client_id', 'berth');
      headers['content-type'] = 'application/x-www-form-urlencoded';
      return readToken(
        await this.#http.send({ url, method: 'POST', headers, body: query.toString(), ...common }),
        url,
      );
    }
    const withQuery = new URL(url);
    for (const [name, value] of query) withQuery.searchParams.append(name, value);
    if (credentials.kind === 'basic') headers.authorization = basic(credentials);
    return readToken(await this.#http.send({ url: withQuery, method: 'GET', headers, ...common }), url);
  }

  /** Refuses to send credentials in cleartext to a server that a registry names. */
  #tokenServer(realm: string): URL {
    if (!URL.canParse(realm)) {
      throw new RegistryError('unauthorized', `${this.#host.url.host}: its challenge names no token server`);
    }
    const url = new URL(realm);
    const isSafe = url.protocol === 'https:' || this.#host.url.protocol === 'http:' || isLoopback(url.host);
    if (!isSafe || !/^https?:$/.test(url.protocol)) {
      throw new RegistryError(
        'refused',
        `${this.#host.url.host}: refusing its token server ${urlWithoutSecrets(realm)}, which is not https`,
      );
    }
    return url;
  }
}

/** A request with a 401 response. */
interface Attempt {
  /** Its Authorization header. */
  refused: string | undefined;
  /** IP address of the server. */
  sender: string;
}

interface Token {
  token: string;
  /** Its lifetime, if the server sent one. */
  seconds: number | undefined;
}

async function readToken(response: IncomingMessage, url: URL): Promise<Token> {
  const body = await readBody(response, maxTokenAnswer, url.host);
  const status = response.statusCode ?? 0;
  if (status < 200 || status >= 300) {
    const code = response.statusCode === 401 || response.statusCode === 403 ? 'unauthorized' : 'unavailable';
    throw new RegistryError(
      code,
      `${url.host}: no token: ${response.statusCode} ${printable(response.statusMessage ?? '', 200)}`,
    );
  }
  const json = JsonCursor.parse(body, `token answer of ${url.host}`);
  const token = ['token', 'access_token']
    .map((name) => json.field(name).optional((it) => it.string()))
    .find(Boolean);
  if (token !== undefined && token.length > maxToken) {
    throw new RegistryError('invalid-content', `${url.host}: its token has ${token.length} characters`);
  }
  if (!token) throw new RegistryError('unauthorized', `${url.host}: its answer has no token`);
  const { value: seconds } = json.field('expires_in');
  // Without a valid lifetime, use the minimum of the specification.
  return { token, seconds: typeof seconds === 'number' && seconds > 0 ? seconds : undefined };
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
