import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { parseGoDuration } from '@berth/common/go-duration.ts';
import { printable, quoted } from '@berth/common/printable.ts';
import { readRegularFile } from '@berth/linux/files/regular-file.ts';
import { isTable, parseToml, type TomlTable, type TomlValue } from './toml.ts';

/** One place that may serve an image: a mirror or the registry itself. */
export interface RegistryHost {
  /** Root of the distribution API, as `https://registry-1.docker.io/v2`, without a slash at the end. */
  url: URL;
  /** `resolve` turns tags into digests, `pull` serves content by digest. */
  capabilities: ReadonlySet<'pull' | 'resolve'>;
  /** Sent with every request to this host. */
  headers: Record<string, string | string[]>;
  tls: TlsFiles;
  /** Whether it is spoken to without TLS where it turns out not to speak TLS. */
  mayBePlain?: boolean;
  /** Set for a mirror: the registry that it stands in for, sent along as `?ns=`. */
  mirrorOf?: string;
  /** The registry's name where that is not the host of `url`: credentials are looked up by it. */
  registry?: string;
  /** Tried in order on the repository's name; the first pattern that matches is replaced. */
  rewrites: readonly Rewrite[];
  /** Milliseconds that a connection may take to come about. */
  dialTimeout?: number;
}

/** Where a host has repositories under other names. */
export interface Rewrite {
  pattern: RegExp;
  /** With `$1` for what a group matched. */
  replacement: string;
}

/** The name under which a host has a repository. */
export function rewrite(repository: string, rewrites: readonly Rewrite[]): string {
  const rule = rewrites.find(({ pattern }) => pattern.test(repository));
  return rule ? repository.replace(rule.pattern, rule.replacement) : repository;
}

/** Files for TLS, absolute paths. */
export interface TlsFiles {
  ca: string[];
  /** Client certificates; a missing key is in the certificate's file. */
  client: { cert: string; key?: string }[];
  skipVerify: boolean;
}

/** Far more than any real one. */
const maxHostsBytes = 1024 * 1024;

const noTls: TlsFiles = { ca: [], client: [], skipVerify: false };

/** What is passed over in a file, told as it goes to the log. */
export type Warn = (message: string) => void;

/**
 * The hosts to try for a registry, in order: the mirrors of `certs.d/HOST/hosts.toml` in the order of the file,
 * then its `server`, or the registry itself when the file names none. Without a directory for the host that of
 * `_default` is used; without a hosts.toml in it, Docker's certificate files (`*.crt`, `*.cert` with `*.key`). A file
 * that cannot be understood is passed over for those, as by containerd.
 * A registry on this machine is spoken to without TLS unless the port is 443, all others with.
 *
 * @param hostsDir the certs.d directory; it need not exist
 */
export async function registryHosts(
  registry: string,
  hostsDir: string | undefined,
  warn: Warn,
): Promise<RegistryHost[]> {
  const dir =
    hostsDir &&
    hostDirectories(registry)
      .map((name) => join(hostsDir, name))
      .find((path) => existsSync(path));
  if (!dir) return [upstream(registry, noTls)];
  const file = join(dir, 'hosts.toml');
  if (existsSync(file)) {
    try {
      const text = (await readRegularFile(file, { maxBytes: maxHostsBytes })).toString();
      if (text !== '') return parseHostsFile(text, registry, dir, (problem) => warn(`${file}: ${problem}`));
    } catch (cause) {
      const problem = messageOf(cause);
      warn(`${file}: ${problem}; the file is passed over, and ${registry} asked without its mirrors`);
    }
  }
  return [upstream(registry, await certificateFiles(dir))];
}

/** Directory names that may hold a registry's configuration; containerd writes `host_port_` for those with a port. */
function hostDirectories(registry: string): string[] {
  const portForm = registry.replace(/:(\d+)$/, '_$1_');
  return [...new Set([portForm, registry, '_default'])];
}

/**
 * The registry itself, as it is reached without any configuration. Where it is on this machine nobody else can answer
 * in its place, so that its certificate need not be one that the machine trusts.
 */
function upstream(registry: string, tls: TlsFiles): RegistryHost {
  const isLocal = isLoopback(registry);
  // Who has set up TLS for it wants TLS, unless the registry turns out not to speak it.
  const hasTls = tls.ca.length > 0 || tls.client.length > 0 || tls.skipVerify;
  const mayBePlain = isLocal && !registry.endsWith(':443');
  const isPlain = mayBePlain && (!hasTls || registry.endsWith(':80'));
  return {
    url: new URL(`${isPlain ? 'http' : 'https'}://${upstreamHost(registry)}/v2`),
    capabilities: new Set(['pull', 'resolve']),
    headers: {},
    tls: isLocal && tls.ca.length === 0 ? { ...tls, skipVerify: true } : tls,
    rewrites: [],
    ...(mayBePlain && !isPlain && { mayBePlain }),
    ...(upstreamHost(registry) !== registry && { registry }),
  };
}

function upstreamHost(registry: string): string {
  return registry === 'docker.io' ? 'registry-1.docker.io' : registry;
}

/** Whether a `host` or `host:port` is this machine. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '');
  return (
    name === 'localhost' ||
    name.endsWith('.localhost') ||
    name === '[::1]' ||
    /^127(\.\d{1,3}){3}$/.test(name)
  );
}

async function certificateFiles(dir: string): Promise<TlsFiles> {
  const entries = await readdir(dir, { withFileTypes: true });
  const names = entries.flatMap((entry) => (entry.isDirectory() ? [] : [entry.name])).sort();
  const client = names
    .filter((name) => name.endsWith('.cert'))
    .map((name) => {
      const key = name.replace(/cert$/, 'key');
      return { cert: join(dir, name), ...(names.includes(key) && { key: join(dir, key) }) };
    });
  return {
    ca: names.filter((name) => name.endsWith('.crt')).map((name) => join(dir, name)),
    client,
    skipVerify: false,
  };
}

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

/** Members of a table; a name counts in any case, as for Go's decoder, and one that is not known is told. */
class Fields {
  readonly where: string;
  readonly #members: Map<string, TomlValue>;

  constructor(value: TomlValue, where: string, known: readonly string[], warn: Warn) {
    this.where = where;
    this.#members = new Map();
    for (const [name, member] of Object.entries(table(value, where.replace(/\.$/, '')))) {
      const field = known.find((each) => each === name.toLowerCase());
      if (field !== undefined) this.#members.set(field, member);
      else
        warn(
          `${where}${printable(name, 100)}: unknown field, which is passed over; known are ${known.join(', ')}`,
        );
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
  // What is said of no host in particular is said of the registry itself.
  for (const name of ['capabilities', 'override_path'] as const) {
    if (root.has(name)) warn(`${name}: has no effect without a server`);
  }
  const { tls, ...settings } = hostSettings(root, dir);
  return [...mirrors, { ...upstream(registry, tls), ...settings }];
}

/** A host with its address in the file. */
function configured(address: string, fields: Fields, registry: string, dir: string): RegistryHost {
  const url = apiUrl(address, fields.boolean('override_path'));
  return {
    url,
    capabilities: capabilities(fields.get('capabilities'), `${fields.where}capabilities`),
    ...hostSettings(fields, dir),
    ...(url.host === upstreamHost(registry) ? { registry } : { mirrorOf: registry }),
  };
}

/** What a file can say of any host. */
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

/** A rule as k3s writes it, in the syntax of Go's regexp package where `${1}` is `$1`. */
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
