// The hosts.toml of a registry's directory in certs.d, as containerd reads it.
import { resolve } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { parseGoDuration } from '@berth/common/go-duration.ts';
import { printable, quoted } from '@berth/common/printable.ts';
import { type RegistryHost, type Rewrite, type TlsFiles, upstream, upstreamHost } from './host.ts';
import { isTable, parseToml, type TomlTable, type TomlValue } from './toml.ts';

/** Logs what is ignored in a file. */
export type Warn = (message: string) => void;

const hostFields = [
  'capabilities',
  'ca',
  'client',
  'skip_verify',
  'header',
  'override_path',
  'dial_timeout',
  'rewrite',
] as const;

/** The members of a table, by names in any case as for Go's decoder. Warns of unknown ones. */
class Fields {
  readonly where: string;
  readonly #members: Map<string, TomlValue>;

  constructor(value: TomlValue, where: string, known: readonly string[], warn: Warn) {
    this.where = where;
    this.#members = new Map();
    for (const [name, member] of Object.entries(table(value, where.replace(/\.$/, '')))) {
      const field = known.find((each) => each === name.toLowerCase());
      if (field !== undefined) this.#members.set(field, member);
      else warn(`${where}${printable(name, 100)}: unknown field, ignored; known are ${known.join(', ')}`);
    }
  }

  get(name: string): TomlValue {
    return this.#members.get(name);
  }

  has(name: string): boolean {
    return this.#members.has(name);
  }

  boolean(name: string): boolean {
    const value = this.get(name) ?? false;
    if (typeof value !== 'boolean') throw new Error(`${this.where}${name}: expected true or false`);
    return value;
  }
}

/** Reads a hosts.toml; `dir` is what relative paths in it start from. Pure. */
export function parseHostsFile(text: string, registry: string, dir: string, warn: Warn): RegistryHost[] {
  const root = new Fields(parseToml(text), '', ['server', 'host', ...hostFields], warn);
  const mirrors = Object.entries(table(root.get('host'), 'host')).map(([address, value]) => {
    const fields = new Fields(value, `host."${printable(address, 200)}".`, hostFields, warn);
    return configured(address, fields, registry, dir);
  });
  const server = root.get('server');
  if (server !== undefined && server !== '') {
    return [...mirrors, configured(string(server, 'server'), root, registry, dir)];
  }
  // Settings outside of [host] tables are those of the registry itself.
  for (const name of ['capabilities', 'override_path'] as const) {
    if (root.has(name)) warn(`${name}: has no effect without a server`);
  }
  const { tls, ...settings } = hostSettings(root, dir);
  return [...mirrors, { ...upstream(registry, tls), ...settings }];
}

/** A host with the address and settings that the file gives it. */
function configured(address: string, fields: Fields, registry: string, dir: string): RegistryHost {
  const url = apiUrl(address, fields.boolean('override_path'));
  return {
    url,
    capabilities: capabilities(fields.get('capabilities'), `${fields.where}capabilities`),
    ...hostSettings(fields, dir),
    ...(url.host === upstreamHost(registry) ? { registry } : { mirrorOf: registry }),
  };
}

/** The settings that any host can have. */
function hostSettings(
  fields: Fields,
  dir: string,
): Pick<RegistryHost, 'headers' | 'tls' | 'rewrites' | 'dialTimeout'> {
  const { where } = fields;
  const dialTimeout = fields.get('dial_timeout') || undefined;
  return {
    headers: Object.fromEntries(
      Object.entries(table(fields.get('header'), `${where}header`)).map(([name, value]) => {
        const values = strings(value, `${where}header.${name}`);
        // A request has one Host.
        return [name, name.toLowerCase() === 'host' ? (values[0] ?? '') : values];
      }),
    ),
    tls: {
      ca: strings(fields.get('ca') ?? [], `${where}ca`).map((path) => resolve(dir, path)),
      client: clientPairs(fields.get('client') ?? [], `${where}client`, dir),
      skipVerify: fields.boolean('skip_verify'),
    },
    rewrites: Object.entries(table(fields.get('rewrite'), `${where}rewrite`)).map(([pattern, replacement]) =>
      parseRewrite(pattern, string(replacement, `${where}rewrite."${pattern}"`), `${where}rewrite`),
    ),
    ...(dialTimeout !== undefined && goDuration(dialTimeout, `${where}dial_timeout`)),
  };
}

/** A rewrite rule as in k3s: Go's `${1}` is JavaScript's `$1`. */
function parseRewrite(pattern: string, replacement: string, where: string): Rewrite {
  try {
    return { pattern: new RegExp(pattern), replacement: replacement.replace(/\$\{(\d+)\}/g, '$$$1') };
  } catch (cause) {
    throw new Error(`${where}."${pattern}": ${messageOf(cause)}`, { cause });
  }
}

/** A Go duration in milliseconds; none for 0, which means no limit. */
function goDuration(value: TomlValue, where: string): { dialTimeout?: number } {
  const text = string(value, where);
  const milliseconds = parseGoDuration(text);
  if (milliseconds === undefined || text.startsWith('-')) {
    throw new Error(`${where}: expected a duration such as "30s", got ${quoted(text)}`);
  }
  return milliseconds === 0 ? {} : { dialTimeout: milliseconds };
}

function apiUrl(address: string, overridePath: boolean): URL {
  const text = /^https?:\/\//.test(address) ? address : `https://${address}`;
  if (!URL.canParse(text)) throw new Error(`${quoted(address)} is not an address`);
  const url = new URL(text);
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = overridePath || path.endsWith('/v2') ? path : `${path}/v2`;
  return url;
}

function capabilities(value: TomlValue, where: string): Set<'pull' | 'resolve'> {
  const names = value === undefined ? [] : strings(value, where);
  if (names.length === 0) return new Set(['pull', 'resolve']);
  const chosen = new Set<'pull' | 'resolve'>();
  for (const name of names.map((it) => it.toLowerCase())) {
    if (name === 'pull' || name === 'resolve') chosen.add(name);
    else if (name !== 'push' && name !== 'referrers') throw new Error(`${where}: unknown capability ${name}`);
  }
  return chosen;
}

function clientPairs(value: TomlValue, where: string, dir: string): TlsFiles['client'] {
  if (typeof value === 'string') return [{ cert: resolve(dir, value) }];
  if (!Array.isArray(value)) throw new Error(`${where}: expected file names`);
  return value.map((item) => {
    const [cert, key, ...rest] = strings(item, where);
    if (cert === undefined || rest.length > 0) throw new Error(`${where}: expected [certificate, key]`);
    return { cert: resolve(dir, cert), ...(key && { key: resolve(dir, key) }) };
  });
}

function table(value: TomlValue, where: string): TomlTable {
  if (value === undefined) return {};
  if (!isTable(value)) throw new Error(`${where}: expected a table`);
  return value;
}

function string(value: TomlValue, where: string): string {
  if (typeof value !== 'string') throw new Error(`${where}: expected a string`);
  return value;
}

function strings(value: TomlValue, where: string): string[] {
  return (Array.isArray(value) ? value : [value]).map((item) => string(item, where));
}
