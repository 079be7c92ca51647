// The record of an image that the kubelet pulled: by which Secrets, so that pods without one of them cannot use it.
// The format is the real kubelet's ImagePulledRecord of kubelet.config.k8s.io/v1beta1.
import { createHash } from 'node:crypto';
import { isObject } from '@berth/common/json/is-object.ts';
import type { PullCredentials, PullServiceAccount } from '../credentials/pull-credentials.ts';

/** A Secret with which an image was pulled. */
export interface PullSecret {
  uid: string;
  namespace: string;
  name: string;
  /** A hash of the credentials; '' when it is not known. */
  credentialHash: string;
}

/** Who may use an image. None of the fields: everybody has to prove it. */
export interface AllowedPulls {
  kubernetesSecrets?: PullSecret[];
  kubernetesServiceAccounts?: PullServiceAccount[];
  /** True when it was pulled without credentials or with those of the node. */
  nodePodsAccessible?: boolean;
}

/** What is recorded about one image. */
export interface PulledRecord {
  /** The runtime's id of the image. */
  imageRef: string;
  /** RFC 3339, in whole seconds. */
  lastUpdatedTime: string;
  /** By the name in the container's `image`, without tag and digest. */
  credentialMapping: Record<string, AllowedPulls>;
}

/** So many Secrets are added to a record without a pull. */
const manySecrets = 100;

/** What a pod can show: its Secrets, and the service account that a credential provider has credentials for. */
export interface PodProof {
  secrets: readonly PullSecret[];
  serviceAccount: PullServiceAccount | undefined;
}

/** What the credentials of a pod prove. */
export function podProof(credentials: readonly PullCredentials[]): PodProof {
  return {
    secrets: pullSecrets(credentials),
    serviceAccount: credentials.findLast(({ serviceAccount }) => serviceAccount)?.serviceAccount,
  };
}

/** The Secrets among the credentials of a pod, as records have them. */
function pullSecrets(credentials: readonly PullCredentials[]): PullSecret[] {
  return credentials.flatMap(({ secret, username, password, email }) =>
    secret ? [{ uid: '', ...secret, credentialHash: credentialHash({ username, password, email }) }] : [],
  );
}

/** Who may use an image that was pulled with these credentials; undefined: none were needed. */
export function allowedBy(credentials: PullCredentials | undefined): AllowedPulls {
  if (credentials?.serviceAccount) return { kubernetesServiceAccounts: [credentials.serviceAccount] };
  const secrets = credentials ? pullSecrets([credentials]) : [];
  return secrets.length > 0 ? { kubernetesSecrets: secrets } : { nodePodsAccessible: true };
}

/** The decision about an image that is on the node and has to be verified. */
export interface Verdict {
  /** Whether the pod has to pull the image to prove that it may use it. */
  pull: boolean;
  /** A Secret to add to the record. */
  learnt?: PullSecret;
}

/**
 * Whether a pod with this proof may use the image `name` (without tag and digest) as the record stands. The same
 * Secret with other credentials may, and so may other Secrets with the same credentials; both are learnt. A service
 * account has to be the same one.
 */
export function verify(
  record: PulledRecord | undefined,
  name: string,
  { secrets, serviceAccount }: PodProof,
): Verdict {
  const allowed = allowedAs(record, name);
  if (allowed?.nodePodsAccessible) return { pull: false };
  const recorded = allowed?.kubernetesSecrets ?? [];
  for (const secret of secrets) {
    for (const known of recorded) {
      const isHash = known.credentialHash !== '' && known.credentialHash === secret.credentialHash;
      if (isHash && isSame(known, secret)) return { pull: false };
      if (recorded.length < manySecrets && (isHash || isSame(known, secret))) {
        return { pull: false, learnt: secret };
      }
      if (isHash) return { pull: false };
    }
  }
  const accounts = allowed?.kubernetesServiceAccounts ?? [];
  return { pull: !accounts.some((known) => serviceAccount && isSame(known, serviceAccount)) };
}

/** The record with another way to use the image; the same object when that is known. */
export function withPull(
  record: PulledRecord | undefined,
  imageRef: string,
  name: string,
  allowed: AllowedPulls | undefined,
  now: Date,
): PulledRecord {
  const lastUpdatedTime = now.toISOString().replace(/\.\d+Z$/, 'Z');
  if (!allowed) return record ?? { imageRef, lastUpdatedTime, credentialMapping: {} };
  const former = allowedAs(record, name);
  const merged = merge(former, allowed);
  if (record && merged === former) return record;
  return { imageRef, lastUpdatedTime, credentialMapping: { ...record?.credentialMapping, [name]: merged } };
}

function allowedAs(record: PulledRecord | undefined, name: string): AllowedPulls | undefined {
  return record && Object.hasOwn(record.credentialMapping, name) ? record.credentialMapping[name] : undefined;
}

function merge(former: AllowedPulls | undefined, added: AllowedPulls): AllowedPulls {
  if (former?.nodePodsAccessible || added.nodePodsAccessible) {
    return former?.nodePodsAccessible ? former : { nodePodsAccessible: true };
  }
  if (added.kubernetesServiceAccounts) return mergeAccounts(former, added.kubernetesServiceAccounts);
  const secrets = former?.kubernetesSecrets ?? [];
  const news = (added.kubernetesSecrets ?? []).filter(
    (each) => !secrets.some((known) => isSame(known, each) && known.credentialHash === each.credentialHash),
  );
  if (former && news.length === 0) return former;
  const others = secrets.filter((known) => !news.some((each) => isSame(known, each)));
  return { ...former, kubernetesSecrets: [...others, ...news].sort(byPlace) };
}

function mergeAccounts(former: AllowedPulls | undefined, added: readonly PullServiceAccount[]): AllowedPulls {
  const accounts = former?.kubernetesServiceAccounts ?? [];
  const news = added.filter((each) => !accounts.some((known) => isSame(known, each)));
  if (former && news.length === 0) return former;
  return { ...former, kubernetesServiceAccounts: [...accounts, ...news].sort(byPlace) };
}

function isSame(a: PullServiceAccount, b: PullServiceAccount): boolean {
  return a.uid === b.uid && a.namespace === b.namespace && a.name === b.name;
}

function byPlace(a: PullServiceAccount, b: PullServiceAccount): number {
  const place = ({ namespace, name, uid }: PullServiceAccount): string => [namespace, name, uid].join('\0');
  return place(a) < place(b) ? -1 : 1;
}

/** The real kubelet's: SHA-256 of the JSON that Go writes of the credentials. */
function credentialHash({
  username,
  password,
  email,
}: Pick<PullCredentials, 'username' | 'password' | 'email'>): string {
  const given = Object.entries({ username, password, email }).filter(([, value]) => value);
  const json = JSON.stringify(Object.fromEntries(given)).replace(
    /[<>&\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return createHash('sha256').update(json).digest('hex');
}

/** The record in a file; undefined when it is not one of this image. */
export function parseRecord(text: string, imageRef: string): PulledRecord | undefined {
  const value: unknown = JSON.parse(text);
  if (!isObject(value) || value.kind !== 'ImagePulledRecord' || value.imageRef !== imageRef) return undefined;
  const { lastUpdatedTime, credentialMapping } = value;
  const mapping = Object.entries(isObject(credentialMapping) ? credentialMapping : {});
  return {
    imageRef,
    lastUpdatedTime: typeof lastUpdatedTime === 'string' ? lastUpdatedTime : '',
    credentialMapping: Object.fromEntries(mapping.map(([name, allowed]) => [name, parseAllowed(allowed)])),
  };
}

function parseAllowed(value: unknown): AllowedPulls {
  if (!isObject(value)) return {};
  if (value.nodePodsAccessible === true) return { nodePodsAccessible: true };
  const { kubernetesSecrets, kubernetesServiceAccounts } = value;
  const objects = (list: unknown) => (Array.isArray(list) ? list : []).filter(isObject);
  const accounts = objects(kubernetesServiceAccounts);
  const text = (field: unknown): string => (typeof field === 'string' ? field : '');
  return {
    kubernetesSecrets: objects(kubernetesSecrets).map(({ uid, namespace, name, credentialHash }) => ({
      uid: text(uid),
      namespace: text(namespace),
      name: text(name),
      credentialHash: text(credentialHash),
    })),
    ...(accounts.length > 0 && {
      kubernetesServiceAccounts: accounts.map(({ uid, namespace, name }) => ({
        uid: text(uid),
        namespace: text(namespace),
        name: text(name),
      })),
    }),
  };
}
