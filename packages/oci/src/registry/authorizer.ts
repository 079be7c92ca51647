import type { IncomingMessage } from 'node:http';
import { JsonCursor } from '../json-cursor.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type AuthConfig, type Credentials, credentialsFor } from './credentials.ts';
import { RegistryError } from './errors.ts';
import { isLoopback, type RegistryHost } from './hosts.ts';
import type { HttpClient } from './http.ts';
import { readBody } from './read-body.ts';

const maxTokenAnswer = 1024 * 1024;

/**
 * Gets and keeps the Authorization header for one host: Basic, or a bearer token from the server that the
 * registry's challenge names (the distribution project's token and OAuth2 flows).
 */
export class Authorizer {
  private readonly host: RegistryHost;
  private readonly credentials: Credentials;
  private readonly http: HttpClient;
  private readonly scope: string;
  private header: Promise<string | undefined>;

  constructor(host: RegistryHost, auth: AuthConfig | undefined, repository: string, http: HttpClient) {
    this.host = host;
    this.credentials = credentialsFor(host.url.host, auth);
    this.http = http;
    this.scope = `repository:${repository}:pull`;
    const { credentials } = this;
    this.header = Promise.resolve(credentials.kind === 'bearer' ? `Bearer ${credentials.token}` : undefined);
  }

  /** The header to send now; undefined until the registry asked for one. */
  current(): Promise<string | undefined> {
    return this.header;
  }

  /**
   * Answers a 401. `used` is the header that was refused: when another request has renewed it meanwhile, nothing
   * is fetched.
   */
  async renew(
    used: string | undefined,
    response: IncomingMessage,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    if ((await this.header.catch(() => undefined)) !== used) return;
    const challenges = parseChallenges(response.headers['www-authenticate'] ?? '');
    this.header = this.answer(challenges, signal);
    await this.header;
  }

  private async answer(challenges: Challenge[], signal: AbortSignal | undefined): Promise<string> {
    const bearer = challenges.find(({ scheme }) => scheme === 'bearer');
    if (bearer && this.credentials.kind !== 'bearer') {
      return `Bearer ${await this.fetchToken(bearer.parameters, signal)}`;
    }
    if (challenges.some(({ scheme }) => scheme === 'basic') && this.credentials.kind === 'basic') {
      return basic(this.credentials);
    }
    const problem =
      this.credentials.kind === 'anonymous' ? 'no credentials for it' : 'credentials not accepted';
    throw new RegistryError(
      'unauthorized',
      `${this.host.url.host}: unauthorized: authentication required, ${problem}`,
    );
  }

  private async fetchToken(
    parameters: Map<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<string> {
    const url = this.tokenServer(parameters.get('realm') ?? '');
    const query = new URLSearchParams();
    const service = parameters.get('service');
    if (service) query.set('service', service);
    query.set('scope', parameters.get('scope') || this.scope);
    const { credentials } = this;
    const isSameHost = url.host === this.host.url.host;
    const common = {
      tls: isSameHost ? this.host.tls : { ca: this.host.tls.ca, client: [], skipVerify: false },
      signal,
    };
    const headers: Record<string, string> = {};
    if (credentials.kind === 'refresh-token') {
      query.set('grant_type', 'refresh_token');
      query.set('refresh_token', credentials.token);
      query.set('client_id', 'berth');
      headers['content-type'] = 'application/x-www-form-urlencoded';
      return readToken(
        await this.http.send({ url, method: 'POST', headers, body: query.toString(), ...common }),
        url,
      );
    }
    for (const [name, value] of query) url.searchParams.append(name, value);
    if (credentials.kind === 'basic') headers.authorization = basic(credentials);
    return readToken(await this.http.send({ url, method: 'GET', headers, ...common }), url);
  }

  /** Credentials must not leave in the clear because a registry said so. */
  private tokenServer(realm: string): URL {
    if (!URL.canParse(realm)) {
      throw new RegistryError('unauthorized', `${this.host.url.host}: its challenge names no token server`);
    }
    const url = new URL(realm);
    const isSafe = url.protocol === 'https:' || this.host.url.protocol === 'http:' || isLoopback(url.host);
    if (!isSafe || !/^https?:$/.test(url.protocol)) {
      throw new RegistryError(
        'refused',
        `${this.host.url.host}: refusing its token server ${realm}, which is not https`,
      );
    }
    return url;
  }
}

async function readToken(response: IncomingMessage, url: URL): Promise<string> {
  const body = await readBody(response, maxTokenAnswer, url.host);
  if (response.statusCode !== 200) {
    const code = response.statusCode === 401 || response.statusCode === 403 ? 'unauthorized' : 'unavailable';
    throw new RegistryError(
      code,
      `${url.host}: no token: ${response.statusCode} ${response.statusMessage ?? ''}`,
    );
  }
  const json = JsonCursor.parse(body, `token answer of ${url.host}`);
  const token = ['token', 'access_token']
    .map((name) => json.field(name).optional((it) => it.string()))
    .find(Boolean);
  if (!token) throw new RegistryError('unauthorized', `${url.host}: its answer has no token`);
  return token;
}

function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}
