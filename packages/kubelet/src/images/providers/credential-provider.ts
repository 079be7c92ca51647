// One credential provider: asks its program about images that it is configured for, and keeps the answers.
import { createHash } from 'node:crypto';
import { messageOf } from '@berth/common/error-message.ts';
import type { Pod } from '../../api/pod.ts';
import { createLogger } from '../../klog/klog.ts';
import type { RegistryEntry } from '../credentials/docker-config.ts';
import { matchesImage } from '../credentials/keyring.ts';
import type { PullServiceAccount } from '../credentials/pull-credentials.ts';
import { CredentialCache, cacheKey } from './credential-cache.ts';
import { type CredentialAnswer, type CredentialRequest, readAnswer, requestText } from './exchange.ts';
import { defaultCacheMs, type ProviderConfig, type TokenAttributes } from './provider-config.ts';

const log = createLogger('credential-provider.ts');

/** The default of TokenRequests. */
const tokenSeconds = 3600;

/** The service accounts of a cluster. Both reject when there is none. */
export interface ServiceAccounts {
  account(namespace: string, name: string): Promise<{ uid: string; annotations: Record<string, string> }>;
  token(
    pod: Pod,
    request: { audience: string; expirationSeconds: number; serviceAccountUid: string },
  ): Promise<string>;
}

/** What a provider needs. */
export interface CredentialProviderPorts {
  /** Runs the program; rejects when it fails. */
  run(request: { image: string; text: string }): Promise<string>;
  /** Undefined on a standalone node. */
  accounts: ServiceAccounts | undefined;
}

/** What a provider knows about an image. */
export interface Provided {
  entries: readonly RegistryEntry[];
  /** The service account that they are for; undefined: they are the node's. */
  serviceAccount: PullServiceAccount | undefined;
}

/** The token and the annotations that the program is given, and the key of what is kept for them. */
interface AccountData {
  serviceAccount: PullServiceAccount;
  token: string;
  annotations: Record<string, string>;
  key: string;
}

const nothing: Provided = { entries: [], serviceAccount: undefined };

/** A provider. */
export class CredentialProvider {
  readonly #config: ProviderConfig;
  readonly #ports: CredentialProviderPorts;
  readonly #cache = new CredentialCache();
  readonly #running = new Map<string, Promise<CredentialAnswer>>();

  constructor(config: ProviderConfig, ports: CredentialProviderPorts) {
    this.#config = config;
    this.#ports = ports;
  }

  /** What it provides for an image of a pod; nothing when it fails, which is logged. */
  async provide(pod: Pod, image: string): Promise<Provided> {
    const { name, matchImages } = this.#config;
    if (!matchImages.some((pattern) => matchesImage(pattern, image))) return nothing;
    try {
      return await this.#provide(pod, image);
    } catch (err) {
      const { namespace, name: podName } = pod.metadata;
      const about = { pod: `${namespace}/${podName}`, provider: name, image };
      log.error('Failed to provide credentials for image', { err, ...about });
      return nothing;
    }
  }

  async #provide(pod: Pod, image: string): Promise<Provided> {
    const { tokenAttributes } = this.#config;
    const hasAccount = pod.spec.serviceAccountName !== undefined && pod.spec.serviceAccountName !== '';
    // One that needs no account also serves pods without, as static pods.
    if (tokenAttributes?.requireServiceAccount && !hasAccount) return nothing;
    const data = tokenAttributes && hasAccount ? await this.#accountData(pod, tokenAttributes) : undefined;
    if (data === 'not opted in') return nothing;
    const known = this.#cache.find(image, data?.key ?? '', Date.now());
    const entries = known ?? (await this.#asked(image, data));
    return { entries, serviceAccount: data?.serviceAccount };
  }

  async #asked(image: string, data: AccountData | undefined): Promise<readonly RegistryEntry[]> {
    const answer = await this.#answer(image, data);
    const { tokenAttributes } = this.#config;
    if (data && tokenAttributes?.cacheType !== 'Token') {
      if (answer.entries.some(({ password }) => password === data.token)) {
        throw new Error(
          "credential provider plugin returned the service account token as the password which is not allowed when service account cache type is not set to 'Token'",
        );
      }
    }
    const key = cacheKey(answer.cacheKeyType, image);
    if (key === undefined) {
      const type = answer.cacheKeyType.slice(0, 100);
      throw new Error(`credential provider plugin did not return a valid cacheKeyType: ${type}`);
    }
    const cacheMs = answer.cacheMs ?? defaultCacheMs(this.#config);
    if (cacheMs !== 0) this.#cache.put(key, data?.key ?? '', answer.entries, Date.now() + cacheMs);
    return answer.entries;
  }

  /** One run at a time for the same question. */
  async #answer(image: string, data: AccountData | undefined): Promise<CredentialAnswer> {
    const key = JSON.stringify([image, data ? sha256(data.token) : '', sorted(data?.annotations ?? {})]);
    const running = this.#running.get(key) ?? this.#run(image, data);
    this.#running.set(key, running);
    try {
      return await running;
    } catch (cause) {
      const what = 'failed to get credential from external registry credential provider';
      throw new Error(`${what}: ${messageOf(cause)}`, { cause });
    } finally {
      this.#running.delete(key);
    }
  }

  async #run(image: string, data: AccountData | undefined): Promise<CredentialAnswer> {
    const { apiVersion } = this.#config;
    const request: CredentialRequest = {
      image,
      ...(data && { serviceAccountToken: data.token, serviceAccountAnnotations: data.annotations }),
    };
    return readAnswer(await this.#ports.run({ image, text: requestText(apiVersion, request) }), apiVersion);
  }

  async #accountData(pod: Pod, attributes: TokenAttributes): Promise<AccountData | 'not opted in'> {
    const { accounts } = this.#ports;
    if (accounts === undefined) {
      throw new Error(
        'failed to get service account: cannot get ServiceAccounts when kubelet is in standalone mode',
      );
    }
    const { namespace } = pod.metadata;
    const name = pod.spec.serviceAccountName ?? '';
    const account = await accounts.account(namespace, name).catch((cause: unknown) => {
      throw new Error(`failed to get service account: ${messageOf(cause)}`, { cause });
    });
    const annotations = chosenAnnotations(account.annotations, attributes);
    if (annotations === undefined) return 'not opted in';
    const { serviceAccountTokenAudience: audience, cacheType } = attributes;
    const request = { audience, expirationSeconds: tokenSeconds, serviceAccountUid: account.uid };
    const token = await accounts.token(pod, request).catch((cause: unknown) => {
      throw new Error(`failed to get service account token: ${messageOf(cause)}`, { cause });
    });
    const serviceAccount = { uid: account.uid, namespace, name };
    const own = cacheType === 'Token' ? [sha256(token)] : [];
    const key = JSON.stringify([namespace, name, account.uid, sorted(annotations), ...own]);
    return { serviceAccount, token, annotations, key };
  }
}

/** The annotations that the program is given; undefined when one that is required is missing. */
export function chosenAnnotations(
  annotations: Readonly<Record<string, string>>,
  attributes: TokenAttributes,
): Record<string, string> | undefined {
  const { requiredServiceAccountAnnotationKeys: needed, optionalServiceAccountAnnotationKeys: wanted } =
    attributes;
  if (needed.some((key) => annotations[key] === undefined)) return undefined;
  return Object.fromEntries(
    [...needed, ...wanted].flatMap((key) => {
      const value = annotations[key];
      return value === undefined ? [] : [[key, value]];
    }),
  );
}

function sorted(values: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
