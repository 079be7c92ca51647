// Writes the files of a volume so that a container sees either all old files or all new ones: the real kubelet's
// protocol. Each version is a folder `..TIME`; the link `..data` leads to the current one, and is replaced by rename(2).
// A file `a/b` of the volume is `a/b` in that folder, and `a` is a link to `..data/a`.
import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFileSync } from '@berth/common/files/regular-file.ts';
import { removeTree } from '@berth/linux/files/remove-tree.ts';
import { type VolumeFile, type VolumeFiles, withCleanPaths } from './contents/files.ts';

const dataLink = '..data';
const newDataLink = '..data_tmp';

/** Files that are read or written between two turns of the event loop. */
const breadth = 64;

/**
 * Makes `files` the content of the volume at `directory`. Writes nothing when it is already. `setPermissions` gives new
 * files owner and mode before a container can see them. Can be repeated after a kill at any instruction: it removes what
 * was left. Throws for a path that is not allowed in a volume.
 */
export async function writeAtomically(
  directory: string,
  files: VolumeFiles,
  setPermissions: () => Promise<void>,
): Promise<void> {
  const wanted = withCleanPaths(files);
  let version = currentVersion(directory);
  if (version === undefined || !(await isWritten(join(directory, version), wanted))) {
    version = await publish(directory, wanted, setPermissions);
  }
  makeLinks(directory, wanted);
  await removeOld(directory, wanted, version);
}

/** Name of the folder that `..data` leads to; undefined for a new volume. */
function currentVersion(directory: string): string | undefined {
  try {
    const name = readlinkSync(join(directory, dataLink));
    return isVersion(name) ? name : undefined;
  } catch (error) {
    if (hasCode(error, 'ENOENT', 'EINVAL')) return undefined;
    throw error;
  }
}

/** Whether a name is one that `publish` gives to a version. */
function isVersion(name: string): boolean {
  return /^\.\.\d{4}_\d\d_\d\d_\d\d_\d\d_\d\d\.\w+$/.test(name);
}

/** Whether the folder has exactly these files. Compares no modes: an fsGroup has changed them. */
async function isWritten(folder: string, files: VolumeFiles): Promise<boolean> {
  const found = pathsIn(folder);
  if (found === undefined || found.length !== files.size) return false;
  for (const [index, path] of found.entries()) {
    const file = files.get(path);
    if (file === undefined || !hasContent(join(folder, path), file.data)) return false;
    if (index % breadth === breadth - 1) await nextTurn();
  }
  return true;
}

/** Paths of all files below a folder; undefined when it does not exist. */
function pathsIn(folder: string): string[] | undefined {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function hasContent(path: string, data: Uint8Array): boolean {
  try {
    return readRegularFileSync(path, { maxBytes: data.length, followLink: false }).equals(data);
  } catch {
    // Larger, gone or no file: write it again.
    return false;
  }
}

/** Writes a new version and makes it the current one. Returns its name. */
async function publish(
  directory: string,
  files: VolumeFiles,
  setPermissions: () => Promise<void>,
): Promise<string> {
  const folder = mkdtempSync(join(directory, versionPrefix(new Date())));
  try {
    // chmod, because mkdtemp(3) makes it private; here and below the umask must not matter.
    chmodSync(folder, 0o755);
    await writeFiles(folder, files);
    await setPermissions();
    const link = join(directory, newDataLink);
    // A kill may have left one.
    rmSync(link, { force: true });
    symlinkSync(basename(folder), link);
    renameSync(link, join(directory, dataLink));
  } catch (error) {
    await removeTree(folder);
    throw error;
  }
  return basename(folder);
}

/** `..2006_01_02_15_04_05.`, to which six random characters are added. */
function versionPrefix(now: Date): string {
  return `..${now.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '_')}.`;
}

async function writeFiles(folder: string, files: VolumeFiles): Promise<void> {
  const folders = new Set([folder]);
  let written = 0;
  for (const [path, file] of files) {
    const full = join(folder, path);
    makeFolders(dirname(full), folders);
    writeNewFile(full, file);
    written += 1;
    if (written % breadth === 0) await nextTurn();
  }
}

/** Makes a folder and its parents down from those that are `made`. */
function makeFolders(folder: string, made: Set<string>): void {
  if (made.has(folder)) return;
  makeFolders(dirname(folder), made);
  mkdirSync(folder);
  chmodSync(folder, 0o755);
  made.add(folder);
}

function writeNewFile(path: string, { data, mode, user }: VolumeFile): void {
  const descriptor = openSync(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
  try {
    writeFileSync(descriptor, data);
    if (user !== undefined) fchownSync(descriptor, user, -1);
    fchmodSync(descriptor, mode);
  } finally {
    closeSync(descriptor);
  }
}

/** Makes the links by which containers find the files. */
function makeLinks(directory: string, files: VolumeFiles): void {
  const made = new Set<string>();
  for (const [path, { user }] of files) {
    const name = firstOf(path);
    if (made.has(name)) continue;
    made.add(name);
    const link = join(directory, name);
    if (lstatSync(link, { throwIfNoEntry: false }) !== undefined) continue;
    symlinkSync(join(dataLink, name), link);
    if (user !== undefined) lchownSync(link, user, -1);
  }
}

/** Removes links to files that are gone, and all versions but the current one. */
async function removeOld(directory: string, files: VolumeFiles, current: string): Promise<void> {
  const wanted = new Set([...files.keys()].map(firstOf));
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const { name } = entry;
    const path = join(directory, name);
    if (isVersion(name) && name !== current) await removeTree(path);
    if (!entry.isSymbolicLink() || name === dataLink || wanted.has(name)) continue;
    if (name === newDataLink || readlinkSync(path) === join(dataLink, name)) rmSync(path);
  }
}

function firstOf(path: string): string {
  return path.split('/', 1)[0] ?? path;
}
