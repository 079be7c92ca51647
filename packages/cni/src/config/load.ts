// Reads network configurations from files.
import { lstatSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { CniConfigError } from '../spec/errors.ts';
import { byBytes, goJson } from '../spec/json.ts';
import {
  booleanField,
  extension,
  type NetworkConfigList,
  type PluginConfig,
  parseList,
  parseObject,
  parsePlugin,
  parseSingleConf,
} from './conf-list.ts';

/** A file of the configuration directory: its list, or the error in it. */
export type LoadedConfig =
  | { file: string; list: NetworkConfigList; error?: undefined }
  | { file: string; list?: undefined; error: CniConfigError };

/** A larger configuration file is refused. */
const maxConfBytes = 4 * 1024 * 1024;

const extensions = new Set(['.conflist', '.conf', '.json']);

/**
 * The configuration files of a directory in the order of their names; none when there is no such directory.
 * @throws when the directory exists but cannot be read
 */
export async function confFiles(dir: string): Promise<string[]> {
  const names = await fileNames(dir, (each) => extensions.has(each));
  return names.map((name) => join(dir, name));
}

/**
 * Loads the network of a name: the first one in the order of file names. Files with a mistake are skipped.
 * @throws CniConfigError when no file has it
 *
 * @example
 * import { writeFile } from 'node:fs/promises';
 *
 * const conflist = { cniVersion: '1.1.0', name: 'pods', plugins: [{ type: 'bridge' }] };
 * await writeFile('10-pods.conflist', JSON.stringify(conflist));
 * const list = await loadConfList(process.cwd(), 'pods');
 * assert.deepEqual(list.plugins.map(({ type }) => type), ['bridge']);
 */
export async function loadConfList(dir: string, name: string): Promise<NetworkConfigList> {
  const found = (await loadConfLists(dir)).find(({ list }) => list?.name === name)?.list;
  if (found !== undefined) return found;
  throw new CniConfigError({
    file: dir,
    problem: `no usable configuration of network ${JSON.stringify(name)}`,
  });
}

/**
 * Loads every configuration of a directory in the order of file names, which is the order of preference, as in ocicni.
 * An error in one file does not affect the others.
 * @throws when the directory exists but cannot be read
 */
export async function loadConfLists(dir: string): Promise<LoadedConfig[]> {
  const loaded = await Promise.all(
    (await confFiles(dir)).map(async (file): Promise<LoadedConfig | undefined> => {
      try {
        return { file, list: await loadConfFile(file) };
      } catch (error) {
        // The file was removed after the directory was read.
        if (hasCode(error, 'ENOENT') && !isThere(file)) return undefined;
        if (error instanceof CniConfigError) return { file, error };
        const problem = messageOf(error);
        return { file, error: new CniConfigError({ file, problem }) };
      }
    }),
  );
  return loaded.filter((config) => config !== undefined);
}

/** Also true for a dangling symbolic link. */
function isThere(file: string): boolean {
  return lstatSync(file, { throwIfNoEntry: false }) !== undefined;
}

/**
 * Loads one file: a list (`.conflist`), or the configuration of a single plugin (`.conf`, `.json`) as a list of one.
 * Further plugins of a list come from the files DIR/NAME/*.conf beside it (spec 1.1), unless it sets
 * `loadOnlyInlinedPlugins`.
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
  // DEL parses the recorded text; by then the files may be gone.
  const whole = { ...raw, loadOnlyInlinedPlugins: true, plugins: plugins.map(({ config }) => config) };
  return { ...list, plugins, text: goJson(whole) };
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
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    if (hasCode(error, 'ENOENT')) return [];
    throw error;
  });
  return entries
    .filter((entry) => !entry.isDirectory() && wanted(extension(entry.name)))
    .map((entry) => entry.name)
    .sort(byBytes);
}
