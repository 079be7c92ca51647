// PURE: what is written to a credential provider and read from it: credentialprovider.kubelet.k8s.io. No error quotes an
// answer, which may hold credentials.
import { parseGoDuration } from '@berth/common/go-duration.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import type { RegistryEntry } from '../credentials/docker-config.ts';

/** The versions, the newest first. */
export const credentialApiVersions: readonly string[] = ['v1', 'v1beta1', 'v1alpha1'].map(
  (version) => `credentialprovider.kubelet.k8s.io/${version}`,
);

/** What a provider is asked. */
export interface CredentialRequest {
  image: string;
  serviceAccountToken?: string;
  serviceAccountAnnotations?: Readonly<Record<string, string>>;
}

/** What a provider answers. */
export interface CredentialAnswer {
  cacheKeyType: string;
  /** How long it may be kept; undefined: as configured. */
  cacheMs: number | undefined;
  entries: RegistryEntry[];
}

/** The text on the provider's standard input. */
export function requestText(apiVersion: string, request: CredentialRequest): string {
  const { image, serviceAccountToken = '', serviceAccountAnnotations = {} } = request;
  return `${JSON.stringify({
    kind: 'CredentialProviderRequest',
    apiVersion,
    image,
    // Older versions know neither.
    ...(serviceAccountToken !== '' && { serviceAccountToken }),
    ...(Object.keys(serviceAccountAnnotations).length > 0 && { serviceAccountAnnotations }),
  })}\n`;
}

/** Reads the provider's standard output. Throws when it is no answer in this version. */
export function readAnswer(text: string, apiVersion: string): CredentialAnswer {
  const value = parsed(text);
  const given = value.apiVersion ?? '';
  if (given !== apiVersion) {
    const expected = `expected apiVersion:${apiVersion}, actual apiVersion:${String(given).slice(0, 100)}`;
    throw new Error(`apiVersion from credential plugin response did not match ${expected}`);
  }
  if (value.kind !== 'CredentialProviderResponse') throw undecodable();
  const { cacheKeyType = '', cacheDuration, auth } = value;
  if (typeof cacheKeyType !== 'string') throw undecodable();
  return { cacheKeyType, cacheMs: readDuration(cacheDuration), entries: readAuth(auth) };
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {
    // The parser's message quotes the text.
  }
  throw new Error("error reading GVK from response: couldn't get version/kind; json parse error");
}

function readDuration(value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  const ms = typeof value === 'string' ? parseGoDuration(value) : undefined;
  if (ms === undefined) throw undecodable();
  return ms;
}

function readAuth(value: unknown): RegistryEntry[] {
  if (value === undefined || value === null) return [];
  if (!isObject(value)) throw undecodable();
  return Object.entries(value).map(([registry, entry]) => {
    if (!isObject(entry)) throw undecodable();
    const { username = '', password = '' } = entry;
    if (typeof username !== 'string' || typeof password !== 'string') throw undecodable();
    return { registry, username, password, email: '' };
  });
}

function undecodable(): Error {
  return new Error('error decoding credential provider plugin response from stdout');
}
