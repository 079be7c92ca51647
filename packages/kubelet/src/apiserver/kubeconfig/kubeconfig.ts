// A kubeconfig (v1 Config) as plain data, in the words of its file; read as client-go's clientcmd reads it.
import { messageOf } from '@berth/common/error-message.ts';
import { isObject } from '@berth/common/json/is-object.ts';
import { parseYaml } from '@berth/go-yaml/document.ts';
import { base64Problem } from '../../objects/base64.ts';

/** A kubeconfig as in its file: fields that are absent or empty are left out. */
export interface Kubeconfig {
  'current-context'?: string;
  clusters: NamedCluster[];
  users: NamedUser[];
  contexts: NamedContext[];
}

export interface NamedCluster {
  name: string;
  cluster: Cluster;
}

/** How to reach an API server, and to tell that it is the right one. */
export interface Cluster {
  server?: string;
  'tls-server-name'?: string;
  'insecure-skip-tls-verify'?: boolean;
  'certificate-authority'?: string;
  /** Base64. */
  'certificate-authority-data'?: string;
  'proxy-url'?: string;
  'disable-compression'?: boolean;
  extensions?: NamedExtension[];
}

export interface NamedUser {
  name: string;
  user: User;
}

/** Who to be for an API server. */
export interface User {
  'client-certificate'?: string;
  /** Base64. */
  'client-certificate-data'?: string;
  'client-key'?: string;
  /** Base64. */
  'client-key-data'?: string;
  token?: string;
  tokenFile?: string;
  as?: string;
  'as-uid'?: string;
  'as-groups'?: string[];
  'as-user-extra'?: Record<string, string[]>;
  username?: string;
  password?: string;
  'auth-provider'?: { name: string };
  exec?: ExecConfig;
}

/** A program that prints credentials. */
export interface ExecConfig {
  command: string;
  args: string[];
  env: { name: string; value: string }[];
  apiVersion: string;
  installHint?: string;
  provideClusterInfo: boolean;
  interactiveMode: string;
}

export interface NamedContext {
  name: string;
  context: { cluster?: string; user?: string; namespace?: string };
}

export interface NamedExtension {
  name: string;
  extension: unknown;
}

/** A file is no kubeconfig; the message names the field. */
export class KubeconfigError extends Error {
  override name = 'KubeconfigError';
}

/** Reads a kubeconfig, YAML or JSON. Unknown fields are ignored. Throws KubeconfigError. */
export function parseKubeconfig(text: Uint8Array | string): Kubeconfig {
  const root = new Reader(parse(text), '');
  const { value: kind = 'Config' } = root.text('kind');
  const { value: apiVersion = 'v1' } = root.text('apiVersion');
  if (kind !== 'Config' || apiVersion !== 'v1') {
    throw new KubeconfigError(
      `kind ${JSON.stringify(kind)} of ${JSON.stringify(apiVersion)} is not supported; expected "Config" of "v1"`,
    );
  }
  return {
    ...root.text('current-context').field,
    clusters: root.named('clusters', (entry, name) => ({
      name,
      cluster: clusterOf(entry.object('cluster')),
    })),
    users: root.named('users', (entry, name) => ({ name, user: userOf(entry.object('user')) })),
    contexts: root.named('contexts', (entry, name) => {
      const context = entry.object('context');
      return {
        name,
        context: {
          ...context.text('cluster').field,
          ...context.text('user').field,
          ...context.text('namespace').field,
        },
      };
    }),
  };
}

function parse(text: Uint8Array | string): unknown {
  try {
    return parseYaml(text) ?? {};
  } catch (error) {
    throw new KubeconfigError(messageOf(error), { cause: error });
  }
}

function clusterOf(cluster: Reader): Cluster {
  const extensions = cluster.named('extensions', (entry, name) => ({
    name,
    extension: entry.any('extension'),
  }));
  return {
    ...cluster.text('server').field,
    ...cluster.text('tls-server-name').field,
    ...cluster.flag('insecure-skip-tls-verify'),
    ...cluster.text('certificate-authority').field,
    ...cluster.base64('certificate-authority-data'),
    ...cluster.text('proxy-url').field,
    ...cluster.flag('disable-compression'),
    ...(extensions.length > 0 && { extensions }),
  };
}

function userOf(user: Reader): User {
  const provider = user.optional('auth-provider');
  const exec = user.optional('exec');
  const extra = user.optional('as-user-extra');
  const groups = user.texts('as-groups');
  return {
    ...user.text('client-certificate').field,
    ...user.base64('client-certificate-data'),
    ...user.text('client-key').field,
    ...user.base64('client-key-data'),
    ...user.text('token').field,
    ...user.text('tokenFile').field,
    ...user.text('as').field,
    ...user.text('as-uid').field,
    ...(groups.length > 0 && { 'as-groups': groups }),
    ...(extra && {
      'as-user-extra': Object.fromEntries(extra.names().map((name) => [name, extra.texts(name)])),
    }),
    ...user.text('username').field,
    ...user.text('password').field,
    ...(provider && { 'auth-provider': { name: provider.text('name').value ?? '' } }),
    ...(exec && { exec: execOf(exec) }),
  };
}

function execOf(exec: Reader): ExecConfig {
  const apiVersion = exec.text('apiVersion').value ?? '';
  // The older versions had no such field.
  const defaultMode = /\/v1(alpha|beta)1$/.test(apiVersion) ? 'IfAvailable' : '';
  return {
    command: exec.text('command').value ?? '',
    args: exec.texts('args'),
    env: exec.objects('env').map((entry) => ({
      name: entry.text('name').value ?? '',
      value: entry.text('value').value ?? '',
    })),
    apiVersion,
    ...exec.text('installHint').field,
    provideClusterInfo: exec.flag('provideClusterInfo').provideClusterInfo ?? false,
    interactiveMode: exec.text('interactiveMode').value || defaultMode,
  };
}

/** Reads the fields of one object. Its errors name the field and quote no value, which may be a secret. */
class Reader {
  readonly #object: Readonly<Record<string, unknown>>;
  readonly #path: string;

  constructor(value: unknown, path: string) {
    if (!isObject(value)) {
      throw new KubeconfigError(path === '' ? 'not an object of kind Config' : `${path}: expected an object`);
    }
    this.#object = value;
    this.#path = path;
  }

  names(): string[] {
    return Object.keys(this.#object);
  }

  any(name: string): unknown {
    return Object.hasOwn(this.#object, name) ? this.#object[name] : undefined;
  }

  /** A text: its value, and the field as it is kept. Go knows no difference between an empty and an absent one. */
  text<Name extends string>(name: Name): { value?: string; field: { [K in Name]?: string } } {
    const value = this.any(name) ?? '';
    if (typeof value !== 'string') throw this.#expected(name, 'a string');
    if (value === '') return { field: {} };
    const field: { [K in Name]?: string } = {};
    field[name] = value;
    return { value, field };
  }

  base64<Name extends string>(name: Name): { [K in Name]?: string } {
    const { value = '', field } = this.text(name);
    const problem = base64Problem(value);
    if (problem !== undefined) throw new KubeconfigError(`${this.#at(name)}: ${problem}`);
    return field;
  }

  flag<Name extends string>(name: Name): { [K in Name]?: boolean } {
    const value = this.any(name) ?? false;
    if (typeof value !== 'boolean') throw this.#expected(name, 'true or false');
    const field: { [K in Name]?: boolean } = {};
    if (value) field[name] = value;
    return field;
  }

  texts(name: string): string[] {
    return this.#list(name).map((value, index) => {
      if (typeof value !== 'string') throw this.#expected(`${name}[${index}]`, 'a string');
      return value;
    });
  }

  /** An object whose fields are those of an empty one when it is absent. */
  object(name: string): Reader {
    return this.optional(name) ?? new Reader({}, this.#at(name));
  }

  optional(name: string): Reader | undefined {
    const value = this.any(name) ?? undefined;
    return value === undefined ? undefined : new Reader(value, this.#at(name));
  }

  objects(name: string): Reader[] {
    return this.#list(name).map((value, index) => new Reader(value ?? {}, `${this.#at(name)}[${index}]`));
  }

  /** A list of entries with names, each of which may occur once. */
  named<Entry>(name: string, read: (entry: Reader, name: string) => Entry): Entry[] {
    const seen = new Set<string>();
    return this.objects(name).map((entry) => {
      const { value = '' } = entry.text('name');
      if (seen.has(value)) {
        throw new KubeconfigError(`${this.#at(name)}: duplicate name ${JSON.stringify(value)}`);
      }
      seen.add(value);
      return read(entry, value);
    });
  }

  #list(name: string): unknown[] {
    const value = this.any(name) ?? [];
    if (!Array.isArray(value)) throw this.#expected(name, 'a list');
    return value;
  }

  #at(name: string): string {
    return this.#path === '' ? name : `${this.#path}.${name}`;
  }

  #expected(name: string, what: string): KubeconfigError {
    return new KubeconfigError(`${this.#at(name)}: expected ${what}`);
  }
}
