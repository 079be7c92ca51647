// PURE: CredentialProviderConfig of kubelet.config.k8s.io: which programs know the credentials of which images.
// https://kubernetes.io/docs/tasks/administer-cluster/kubelet-credential-provider/
import { goDurationProblem, parseGoDuration } from '@berth/common/go-duration.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { ManifestSyntaxError, readManifestDocuments } from '../../api/manifest-text.ts';

/** How a provider uses service accounts. */
export interface TokenAttributes {
  serviceAccountTokenAudience: string;
  cacheType: string;
  requireServiceAccount: boolean | undefined;
  requiredServiceAccountAnnotationKeys: readonly string[];
  optionalServiceAccountAnnotationKeys: readonly string[];
}

/** A provider, as it is configured. */
export interface ProviderConfig {
  /** Name of the program. */
  name: string;
  matchImages: readonly string[];
  /** As it is written; undefined: not given. */
  defaultCacheDuration: string | undefined;
  /** Of what is exchanged with the program. */
  apiVersion: string;
  args: readonly string[];
  env: readonly { name: string; value: string }[];
  tokenAttributes: TokenAttributes | undefined;
}

const group = 'kubelet.config.k8s.io';
const kind = 'CredentialProviderConfig';
const versions = ['v1', 'v1beta1', 'v1alpha1'].map((version) => `${group}/${version}`);

/** The providers of a file in YAML or JSON. Throws for unknown fields, too. */
export function parseProviderConfig(content: Uint8Array | string): ProviderConfig[] {
  const [document] = readManifestDocuments(content);
  if (document instanceof ManifestSyntaxError) throw document;
  const value = document?.value;
  if (!isObject(value)) throw new Error("couldn't get version/kind: the file is not an object");
  const { apiVersion = '', kind: givenKind = '' } = value;
  if (givenKind === '') throw new Error(`Object 'Kind' is missing in ${JSON.stringify(value)}`);
  if (givenKind !== kind || typeof apiVersion !== 'string' || !versions.includes(apiVersion)) {
    const [scheme, found] = [versions.join(', '), `"${givenKind}" is registered for version "${apiVersion}"`];
    throw new Error(`no kind ${found}: must be ${kind} of ${scheme}`);
  }
  const reader = new StrictReader(document?.warnings ?? []);
  const fields = reader.object(value, '', ['apiVersion', 'kind', 'providers']);
  const providers = reader
    .list(fields['providers'], 'providers')
    .map((entry, index) => readProvider(reader, entry, `providers[${index}]`));
  reader.finish();
  return providers;
}

function readProvider(reader: StrictReader, value: unknown, path: string): ProviderConfig {
  const fields = reader.object(value, path, [
    'name',
    'matchImages',
    'defaultCacheDuration',
    'apiVersion',
    'args',
    'env',
    'tokenAttributes',
  ]);
  const { defaultCacheDuration, tokenAttributes } = fields;
  return {
    name: reader.text(fields['name'], `${path}.name`),
    matchImages: reader.texts(fields['matchImages'], `${path}.matchImages`),
    defaultCacheDuration: reader.duration(defaultCacheDuration, `${path}.defaultCacheDuration`),
    apiVersion: reader.text(fields['apiVersion'], `${path}.apiVersion`),
    args: reader.texts(fields['args'], `${path}.args`),
    env: reader.list(fields['env'], `${path}.env`).map((entry, index) => {
      const at = `${path}.env[${index}]`;
      const { name, value: text } = reader.object(entry, at, ['name', 'value']);
      return { name: reader.text(name, `${at}.name`), value: reader.text(text, `${at}.value`) };
    }),
    tokenAttributes:
      tokenAttributes === undefined || tokenAttributes === null
        ? undefined
        : readTokenAttributes(reader, tokenAttributes, `${path}.tokenAttributes`),
  };
}

function readTokenAttributes(reader: StrictReader, value: unknown, path: string): TokenAttributes {
  const fields = reader.object(value, path, [
    'serviceAccountTokenAudience',
    'cacheType',
    'requireServiceAccount',
    'requiredServiceAccountAnnotationKeys',
    'optionalServiceAccountAnnotationKeys',
  ]);
  const texts = (name: string) => reader.texts(fields[name], `${path}.${name}`);
  const text = (name: string) => reader.text(fields[name], `${path}.${name}`);
  return {
    serviceAccountTokenAudience: text('serviceAccountTokenAudience'),
    cacheType: text('cacheType'),
    requireServiceAccount: reader.flag(fields['requireServiceAccount'], `${path}.requireServiceAccount`),
    requiredServiceAccountAnnotationKeys: texts('requiredServiceAccountAnnotationKeys'),
    optionalServiceAccountAnnotationKeys: texts('optionalServiceAccountAnnotationKeys'),
  };
}

/** Reads values of a given type and collects what is wrong with them. */
class StrictReader {
  readonly #problems: string[];

  constructor(problems: readonly string[]) {
    this.#problems = [...problems];
  }

  /** Throws when anything was wrong. */
  finish(): void {
    if (this.#problems.length > 0) throw new Error(`strict decoding error: ${this.#problems.join(', ')}`);
  }

  object(value: unknown, path: string, known: readonly string[]): Record<string, unknown> {
    if (!isObject(value)) return this.#wrong(path, 'an object', {});
    for (const name of Object.keys(value)) {
      if (!known.includes(name)) {
        this.#problems.push(`unknown field "${path === '' ? name : `${path}.${name}`}"`);
      }
    }
    return value;
  }

  list(value: unknown, path: string): unknown[] {
    if (value === undefined || value === null) return [];
    return Array.isArray(value) ? value : this.#wrong(path, 'a list', []);
  }

  texts(value: unknown, path: string): string[] {
    return this.list(value, path).map((entry, index) => this.text(entry, `${path}[${index}]`));
  }

  text(value: unknown, path: string): string {
    if (value === undefined || value === null) return '';
    return typeof value === 'string' ? value : this.#wrong(path, 'a string', '');
  }

  flag(value: unknown, path: string): boolean | undefined {
    if (value === undefined || value === null) return undefined;
    return typeof value === 'boolean' ? value : this.#wrong(path, 'true or false', undefined);
  }

  duration(value: unknown, path: string): string | undefined {
    if (value === undefined || value === null) return undefined;
    if (typeof value !== 'string') return this.#wrong(path, 'a duration such as "10m"', undefined);
    const problem = goDurationProblem(value);
    if (problem !== undefined) this.#problems.push(`${path}: ${problem}`);
    return value;
  }

  #wrong<Value>(path: string, type: string, fallback: Value): Value {
    this.#problems.push(`${path}: must be ${type}`);
    return fallback;
  }
}

/** How long credentials are kept when the program does not say, in milliseconds. */
export function defaultCacheMs({ defaultCacheDuration = '0' }: ProviderConfig): number {
  return parseGoDuration(defaultCacheDuration) ?? 0;
}
