// Parses network configurations; every error names the file and the field.
import { messageOf } from '@berth/common/error-message.ts';
import { CniConfigError } from '../spec/errors.ts';
import { goField, goJson, isJsonObject, type JsonObject, jsonTypeName, sortKeys } from '../spec/json.ts';
import { networkNameProblem } from '../spec/names.ts';
import { isVersion, newestSpoken } from '../spec/versions.ts';

/** One plugin of a list. */
export interface PluginConfig {
  /** The plugin's executable, a file name without directories. */
  type: string;
  /** Capabilities that the plugin declares as supported. */
  capabilities: readonly string[];
  /** The plugin's object as it stands in the list. */
  config: JsonObject;
}

/** A network: an ordered list of plugins, as the CNI spec's "network configuration". */
export interface NetworkConfigList {
  name: string;
  /** The version for the plugins; empty when none is declared. It may be one that only the plugins support. */
  cniVersion: string;
  disableCheck: boolean;
  disableGC: boolean;
  plugins: readonly PluginConfig[];
  /** The text of the list with all its plugins, as libcni's cache stores it. */
  text: string;
}

/**
 * Parses the text of a list whose plugins are all in it.
 * @param file where the text comes from, for error messages
 * @throws CniConfigError naming file and field
 *
 * @example
 * const list = parseConfList('{ "cniVersion": "1.1.0", "name": "pods", "plugins": [{ "type": "bridge" }] }');
 * assert.deepEqual([list.name, list.plugins[0]?.type], ['pods', 'bridge']);
 * assert.throws(() => parseConfList('{ "name": "pods" }'), /^CniConfigError: plugins: missing/);
 */
export function parseConfList(text: string, file?: string): NetworkConfigList {
  const list = parseList(parseObject(text, file), text, file);
  if (list.plugins.length === 0) {
    throw new CniConfigError({
      file,
      field: 'plugins',
      problem: 'missing; a network needs at least one plugin',
    });
  }
  return list;
}

/** Parses the configuration of a single plugin, the form before lists, as a list of one. */
export function parseSingleConf(text: string, file: string): NetworkConfigList {
  const raw = parseObject(text, file);
  if (goField(raw, 'type') === undefined && 'plugins' in raw) {
    const problem = `a list of plugins belongs in a file that ends in .conflist, not ${extension(file)}`;
    throw new CniConfigError({ file, field: 'plugins', problem });
  }
  const list: JsonObject = { plugins: [raw], cniVersion: goField(raw, 'cniVersion') ?? '' };
  const name = goField(raw, 'name');
  if (name !== undefined) list.name = name;
  return parseList(list, goJson(sortKeys(list)), file);
}

export function parseList(raw: JsonObject, text: string, file: string | undefined): NetworkConfigList {
  const { name, plugins = [] } = raw;
  if (typeof name !== 'string') throw wrongType(file, 'name', 'a string', name);
  const nameProblem = networkNameProblem(name);
  if (nameProblem !== undefined) throw new CniConfigError({ file, field: 'name', problem: nameProblem });
  if (!Array.isArray(plugins)) throw wrongType(file, 'plugins', 'an array', plugins);
  if ('plugins' in raw && plugins.length === 0) {
    throw new CniConfigError({
      file,
      field: 'plugins',
      problem: 'is empty; a network needs at least one plugin',
    });
  }
  return {
    name,
    cniVersion: parseVersion(raw, file),
    disableCheck: booleanField(raw, 'disableCheck', file),
    disableGC: booleanField(raw, 'disableGC', file),
    plugins: plugins.map((plugin, index) => parsePlugin(plugin, `plugins[${index}]`, file)),
    text,
  };
}

/** The version for the plugins: one that Berth does not support is accepted, because the plugins may support it. */
function parseVersion(raw: JsonObject, file: string | undefined): string {
  const { cniVersion = '', cniVersions } = raw;
  if (typeof cniVersion !== 'string') throw wrongType(file, 'cniVersion', 'a string', cniVersion);
  checkVersion(cniVersion, 'cniVersion', file);
  if (cniVersions === undefined) return cniVersion;
  if (!Array.isArray(cniVersions)) throw wrongType(file, 'cniVersions', 'an array', cniVersions);
  const offered = cniVersions.map((version, index) => {
    if (typeof version !== 'string') throw wrongType(file, `cniVersions[${index}]`, 'a string', version);
    checkVersion(version, `cniVersions[${index}]`, file);
    return version;
  });
  return newestSpoken(offered, cniVersion);
}

/** Stricter than libcni, which accepts any text here and then fails to compare versions at DEL. */
function checkVersion(version: string, field: string, file: string | undefined): void {
  if (isVersion(version)) return;
  throw new CniConfigError({ file, field, problem: `"${version}" is not a version, such as 1.0.0` });
}

export function parsePlugin(raw: unknown, field: string, file: string | undefined): PluginConfig {
  if (!isJsonObject(raw)) throw wrongType(file, field, 'an object', raw);
  const type = goField(raw, 'type');
  const capabilities = goField(raw, 'capabilities') ?? {};
  if (typeof type !== 'string') throw wrongType(file, `${field}.type`, 'a string', type);
  if (type === '' || type === '.' || type === '..' || type.includes('/')) {
    const problem = `"${type}" must be the file name of a plugin, without directories`;
    throw new CniConfigError({ file, field: `${field}.type`, problem });
  }
  if (!isJsonObject(capabilities)) throw wrongType(file, `${field}.capabilities`, 'an object', capabilities);
  const declared: string[] = [];
  for (const [capability, supported] of Object.entries(capabilities)) {
    if (supported === null) continue;
    if (typeof supported !== 'boolean') {
      throw wrongType(file, `${field}.capabilities.${capability}`, 'true or false', supported);
    }
    if (supported) declared.push(capability);
  }
  return { type, capabilities: declared, config: raw };
}

export function parseObject(text: string, file: string | undefined): JsonObject {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    throw new CniConfigError({
      file,
      problem: `not JSON: ${messageOf(error)}`,
    });
  }
  if (!isJsonObject(value)) throw wrongType(file, undefined, 'a JSON object', value);
  return value;
}

/** A field that is true or false; libcni takes the words "true" and "false" as well. */
export function booleanField(raw: JsonObject, field: string, file: string | undefined): boolean {
  const value = raw[field];
  if (value === undefined) return false;
  const word = typeof value === 'string' ? value.toLowerCase() : value;
  if (word === true || word === 'true') return true;
  if (word === false || word === 'false') return false;
  throw wrongType(file, field, 'true or false', value);
}

function wrongType(file: string | undefined, field: string | undefined, wanted: string, value: unknown) {
  const problem =
    value === undefined ? `missing; must be ${wanted}` : `must be ${wanted}, but is ${jsonTypeName(value)}`;
  return new CniConfigError({ file, field, problem });
}

/** The extension of a file name as Go's filepath.Ext has it, from the last dot on: a file `.conflist` is all extension. */
export function extension(file: string): string {
  const dot = file.lastIndexOf('.');
  return dot > file.lastIndexOf('/') ? file.slice(dot) : '';
}
