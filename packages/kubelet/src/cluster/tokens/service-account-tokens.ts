// Tokens of the service accounts of pods, from the API server. Each is bound to its pod, kept in memory and replaced in time.
import { messageOf } from '@berth/common/error-message.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import type { Pod } from '../../api/pod.ts';
import type { ApiClient, ApiObject, Resource } from '../../apiserver/api-client.ts';
import { createLogger } from '../../klog/klog.ts';
import type { IssuedToken, TokenRequest } from '../../volumes/server-contents.ts';
import { maxJitterMs, needsRefresh, type Validity } from './token-refresh.ts';

const log = createLogger('service-account-tokens.ts');

/** Service accounts in the API. */
export const serviceAccounts: Resource = { group: '', version: 'v1', plural: 'serviceaccounts' };

/** Number of tokens that are kept: some for each pod of a large node. */
const maxTokens = 5000;

/** A token, which no log line and no error may have. */
interface Token extends Validity {
  token: string;
}

interface TokenRequestObject extends ApiObject {
  spec: object;
  status?: unknown;
}

/** The tokens of this node's pods. */
export class ServiceAccountTokens {
  readonly #client: Pick<ApiClient, 'create'>;
  readonly #tokens = new Map<string, Token>();
  readonly #requests = new Map<string, Promise<Token>>();

  constructor(client: Pick<ApiClient, 'create'>) {
    this.#client = client;
  }

  /** A token that is valid for a while. Rejects when there is none. */
  async token(pod: Pod, request: TokenRequest): Promise<string> {
    return (await this.#valid(pod, request)).token;
  }

  /** Such a token, with its end. */
  async issuedToken(pod: Pod, request: TokenRequest): Promise<IssuedToken> {
    const { token, expiresAt } = await this.#valid(pod, request);
    return { token, expirationTimestamp: new Date(expiresAt).toISOString().replace(/\.\d+Z$/, 'Z') };
  }

  async #valid(pod: Pod, request: TokenRequest): Promise<Token> {
    const key = keyOf(pod, request);
    const known = this.#tokens.get(key);
    if (known && !needsRefresh(known, Date.now(), Math.random() * maxJitterMs)) return known;
    try {
      return await this.#renewed(key, pod, request);
    } catch (error) {
      const message = messageOf(error);
      if (!known) throw new Error(`failed to fetch token: ${message}`, { cause: error });
      if (known.expiresAt <= Date.now()) {
        throw new Error(`token ${key} expired and refresh failed: ${message}`, { cause: error });
      }
      log.error("Couldn't update token", { err: error, cacheKey: key });
      return known;
    }
  }

  /** Forgets the tokens of a pod that has ended. */
  forget(uid: string): void {
    for (const key of this.#tokens.keys()) if (key.endsWith(`/${uid}`)) this.#tokens.delete(key);
  }

  /** One request at a time for the same token. */
  #renewed(key: string, pod: Pod, request: TokenRequest): Promise<Token> {
    const underWay = this.#requests.get(key);
    if (underWay) return underWay;
    const renewed = this.#request(pod, request)
      .then((token) => {
        this.#keep(key, token);
        return token;
      })
      .finally(() => this.#requests.delete(key));
    this.#requests.set(key, renewed);
    return renewed;
  }

  #keep(key: string, token: Token): void {
    this.#tokens.delete(key);
    this.#tokens.set(key, token);
    const [oldest] = this.#tokens.keys();
    if (this.#tokens.size > maxTokens && oldest !== undefined) this.#tokens.delete(oldest);
  }

  async #request(pod: Pod, { audience, expirationSeconds, serviceAccountUid }: TokenRequest): Promise<Token> {
    const { name, namespace, uid } = pod.metadata;
    const object: TokenRequestObject = {
      apiVersion: 'authentication.k8s.io/v1',
      kind: 'TokenRequest',
      ...(serviceAccountUid !== undefined && { metadata: { uid: serviceAccountUid } }),
      spec: {
        audiences: audience ? [audience] : [],
        expirationSeconds,
        boundObjectRef: { apiVersion: 'v1', kind: 'Pod', name, uid },
      },
    };
    const where = { namespace, name: pod.spec.serviceAccountName || 'default' };
    const answer = await this.#client.create(serviceAccounts, where, object, { subresource: 'token' });
    return readToken(answer, expirationSeconds);
  }
}

/** The token of an answer. The server may issue one for another time than was asked for. */
function readToken({ spec, status }: TokenRequestObject, askedSeconds: number): Token {
  const { token, expirationTimestamp } = isObject(status) ? status : {};
  const expiresAt = Date.parse(String(expirationTimestamp));
  if (typeof token !== 'string' || token === '' || !Number.isFinite(expiresAt)) {
    throw new Error('the API server answered without a token');
  }
  const issued: unknown = Reflect.get(spec, 'expirationSeconds');
  const seconds = typeof issued === 'number' ? issued : askedSeconds;
  return { token, expiresAt, lifetimeMs: seconds * 1000 };
}

/** Names a token without telling anything of it. */
function keyOf(
  { metadata, spec }: Pod,
  { audience, expirationSeconds, serviceAccountUid }: TokenRequest,
): string {
  const name = spec.serviceAccountName || 'default';
  const account = serviceAccountUid === undefined ? name : `${name}/${serviceAccountUid}`;
  return [metadata.namespace, account, audience, expirationSeconds, metadata.name, metadata.uid].join('/');
}
