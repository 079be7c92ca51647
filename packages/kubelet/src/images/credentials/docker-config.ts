// The files in which Docker keeps passwords of registries, as Secrets and nodes have them. No error quotes one.
import { isObject } from '@berth/common/json/is-object.ts';
import { base64Problem } from '../../objects/base64.ts';

/** The credentials of one registry, or of a part of it. */
export interface RegistryEntry {
  /** As the file has it: `registry.example`, `*.example:5000/team` or `https://index.docker.io/v1/`. */
  registry: string;
  username: string;
  password: string;
  /** '' unless the file has one; only a part of what the credentials' hash is of. */
  email: string;
}

/** The entries of a `config.json`: those of its `auths`. Throws when it is no such file. */
export function parseDockerConfigJson(text: string): RegistryEntry[] {
  return entriesOf(member(parsed(text), 'auths'));
}

/** The entries of a `.dockercfg`, the older form. Throws when it is no such file. */
export function parseDockercfg(text: string): RegistryEntry[] {
  return entriesOf(parsed(text));
}

function parsed(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // The parser's own message quotes the text.
    throw new Error('not valid JSON');
  }
  return object(value, 'the file');
}

function entriesOf(value: unknown): RegistryEntry[] {
  return Object.entries(object(value, 'auths')).map(([registry, entry]) => {
    const fields = object(entry, `the entry of ${registry}`);
    const auth = text(fields, 'auth', registry);
    const [username, password] = auth
      ? decodedAuth(auth, registry)
      : [text(fields, 'username', registry), text(fields, 'password', registry)];
    return { registry, username, password, email: text(fields, 'email', registry) };
  });
}

/** `auth` is the base64 of `USERNAME:PASSWORD`, with or without padding. */
function decodedAuth(auth: string, registry: string): [username: string, password: string] {
  const padded = auth.trim().endsWith('=') ? auth : auth.padEnd(Math.ceil(auth.length / 4) * 4, '=');
  const problem = base64Problem(padded);
  if (problem !== undefined) throw new Error(`the entry of ${registry}: auth: ${problem}`);
  const decoded = Buffer.from(padded, 'base64').toString();
  const colon = decoded.indexOf(':');
  if (colon === -1) {
    const form = 'must be formatted as base64(username:password)';
    throw new Error(`the entry of ${registry}: unable to parse auth field, ${form}`);
  }
  return [decoded.slice(0, colon), decoded.slice(colon + 1)];
}

function object(value: unknown, what: string): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new Error(`${what} is not a JSON object`);
  return value;
}

function text(fields: Record<string, unknown>, name: string, registry: string): string {
  const value = member(fields, name) ?? '';
  if (typeof value !== 'string') throw new Error(`the entry of ${registry}: ${name} is not a string`);
  return value;
}

/** A member by its name in any case, as Go reads it; of several the last. */
function member(fields: Record<string, unknown>, name: string): unknown {
  return Object.entries(fields).findLast(([key]) => key.toLowerCase() === name)?.[1];
}
