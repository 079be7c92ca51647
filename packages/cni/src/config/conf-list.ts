import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { CniConfigError } from '../spec/errors.ts';
import {
  byBytes,
  goField,
  goJson,
  isJsonObject,
  type JsonObject,
  jsonTypeName,
  sortKeys,
} from '../spec/json.ts';
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
  /** The version to speak, as plugins are told it: empty when none is declared, and maybe one that only they know. */
  cniVersion: string;
  disableCheck: boolean;
  disableGC: boolean;
  plugins: readonly PluginConfig[];
  /** The list as text, with all its plugins; libcni's cache keeps exactly this. */
  text: string;
}

/** A file of the configuration directory: a usable list, or what is wrong with it. */
export type LoadedConfig =
  | { file: string; list: NetworkConfigList; error?: undefined }
  | { file: string; list?: undefined; error: CniConfigError };

/** Far more than any real one. */
const maxConfBytes = 4 * 1024 * 1024;

const EXTENSIONS = new Set(['.conflist', '.conf', '.json']);

/**
 * Loads every configuration of a directory in the order of file names, which is the order of
 * preference (as ocicni's). A file with a mistake does not hide the others.
 * @throws when the directory exists but cannot be read
 */
export async function loadConfLists(dir: string): Promise<LoadedConfig[]> {
  const names = await fileNames(dir, (each) => EXTENSIONS.has(each));
  const loaded = await Promise.all(
    names.map(async (name): Promise<LoadedConfig | undefined> => {
      const file = join(dir, name);
      try {
        return { file, list: await loadConfFile(file) };
      } catch (error) {
        // Removed since the directory was read.
        if (hasCode(error, 'ENOENT') && !isThere(file)) return undefined;
        if (error instanceof CniConfigError) return { file, error };
        const problem = messageOf(error);
        return { file, error: new CniConfigError({ file, problem }) };
      }
    }),
  );
  return loaded.filter((config) => config !== undefined);
}

/** Also true for a link that leads nowhere. */
function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Loads one file: a list (`.conflist`), or a single plugin's configuration (`.conf`, `.json`),
 * which becomes a list of one. A list's plugins may also live in DIR/NAME/*.conf beside it
 * (spec 1.1), unless it says `loadOnlyInlinedPlugins`.
 * @throws CniConfigError naming file and field
 */
export async function loadConfFile(file: string): Promise<NetworkConfigList> {
  const text = await readText(file);
  if (extension(file) !== '.conflist') return parseSingleConf(text, file);
  const raw = parseObject(text, file);
  const inlined = 'plugins' in raw;
  const onlyInlined = booleanField(raw, 'loadOnlyInlinedPlugins', file);
  if (onlyInlined && !inlined) {
    throw new CniConfigError({
      file,
      field: 'plugins',
      problem: 'missing, and loadOnlyInlinedPlugins is true',
    });
  }
  const list = parseList(raw, text, file);
  if (onlyInlined) return list;
  const files = await loadPluginFiles(join(dirname(file), list.name));
  const plugins = [...list.plugins, ...files];
  if (plugins.length === 0) {
    throw new CniConfigError({
      file,
      field: 'plugins',
      problem: 'missing; a network needs at least one plugin',
    });
  }
  if (files.length === 0) return list;
  // DEL goes by the recorded text, when the files may be gone.
  const whole = { ...raw, loadOnlyInlinedPlugins: true, plugins: plugins.map(({ config }) => config) };
  return { ...list, plugins, text: goJson(whole) };
}

/**
 * Parses the text of a list whose plugins are all in it.
 * @param file where the text comes from, for error messages
 * @throws CniConfigError naming file and field
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

/** Turns a single plugin's configuration (the form before lists) into a list of one. */
function parseSingleConf(text: string, file: string): NetworkConfigList {
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

function parseList(raw: JsonObject, text: string, file: string | undefined): NetworkConfigList {
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

/** The version to speak. One that Berth does not know may be known to the plugins, but it has to be a version. */
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

/** libcni takes any text here, but fails to compare it when the pod is to be detached. */
function checkVersion(version: string, field: string, file: string | undefined): void {
  if (isVersion(version)) return;
  throw new CniConfigError({ file, field, problem: `"${version}" is not a version, such as 1.0.0` });
}

function parsePlugin(raw: unknown, field: string, file: string | undefined): PluginConfig {
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

async function loadPluginFiles(dir: string): Promise<PluginConfig[]> {
  const names = await fileNames(dir, (each) => each === '.conf');
  return Promise.all(
    names.map(async (name) => {
      const file = join(dir, name);
      return parsePlugin(parseObject(await readText(file), file), '', file);
    }),
  );
}

async function readText(file: string): Promise<string> {
  return (await readRegularFile(file, { maxBytes: maxConfBytes })).toString();
}

async function fileNames(dir: string, wanted: (extension: string) => boolean): Promise<string[]> {
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return entries
    .filter((entry) => !entry.isDirectory() && wanted(extension(entry.name)))
    .map((entry) => entry.name)
    .sort(byBytes);
}

/** From the last dot on, as Go has it: of `.conflist` that is the whole name. */
function extension(file: string): string {
  const dot = file.lastIndexOf('.');
  return dot > file.lastIndexOf('/') ? file.slice(dot) : '';
}

function parseObject(text: string, file: string | undefined): JsonObject {
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

/** libcni takes these as booleans or as the words "true" and "false". */
function booleanField(raw: JsonObject, field: string, file: string | undefined): boolean {
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
