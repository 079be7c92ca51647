// Reads the CDI specification files of this node and resolves which file defines each device.

import { readdir } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { readRegularFile } from '@berth/common/files/regular-file.ts';
import { messageWithCauses } from '../rpc/errors.ts';
import { type CdiSpec, type ContainerEdits, parseCdiSpec } from './spec.ts';

/** The devices that the specification files of a node define. */
export interface CdiRegistry {
  /** By qualified name; `spec` is the specification that defines the device. */
  readonly devices: ReadonlyMap<string, { readonly spec: CdiSpec; readonly edits: ContainerEdits }>;
  /** Errors of specification files, one line each; devices of such a file are not available. */
  readonly problems: readonly string[];
}

/** Maximum size of a specification file. A file for many devices with many edits each has a few hundred KiB. */
const maxSpecBytes = 16 * 1024 * 1024;

interface SpecFile {
  readonly path: string;
  /** Index of its directory; a higher one takes precedence. */
  readonly priority: number;
  readonly spec: CdiSpec;
}

/**
 * Reads all specification files. Each container that requests devices reads them again: they are few and small, and a
 * change takes effect at once.
 */
export async function readCdiRegistry(directories: readonly string[]): Promise<CdiRegistry> {
  const problems: string[] = [];
  const files: SpecFile[] = [];
  for (const [priority, directory] of directories.entries()) {
    for (const path of await specFiles(directory, problems)) {
      try {
        files.push({ path, priority, spec: parseCdiSpec(await parsed(path), path) });
      } catch (error) {
        problems.push(`failed to load CDI Spec ${messageWithCauses(error)}`);
      }
    }
  }
  const { devices, conflicts } = resolveDevices(files);
  return { devices, problems: [...problems, ...conflicts] };
}

/**
 * Resolves the file that defines each device: the one in the last directory. When two files in one directory define a
 * device, they conflict and the device is not available.
 */
export function resolveDevices(files: readonly SpecFile[]): {
  devices: CdiRegistry['devices'];
  conflicts: string[];
} {
  const found = new Map<string, { file: SpecFile; edits: ContainerEdits; rivals: string[] }>();
  for (const file of files) {
    for (const [name, edits] of file.spec.devices) {
      const qualified = `${file.spec.kind}=${name}`;
      const other = found.get(qualified);
      if (other === undefined || file.priority > other.file.priority) {
        found.set(qualified, { file, edits, rivals: [] });
      } else if (file.priority === other.file.priority) {
        other.rivals.push(file.path);
      }
    }
  }
  const conflicts = [...found].flatMap(([name, { file, rivals }]) =>
    rivals.map((rival) => `conflicting device "${name}" (specs "${file.path}", "${rival}")`),
  );
  const devices = new Map(
    [...found]
      .filter(([, { rivals }]) => rivals.length === 0)
      .map(([name, { file, edits }]) => [name, { spec: file.spec, edits }]),
  );
  return { devices, conflicts };
}

async function specFiles(directory: string, problems: string[]): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries
      .filter((entry) => !entry.isDirectory() && ['.json', '.yaml'].includes(extname(entry.name)))
      .map(({ name }) => join(directory, name))
      .sort();
  } catch (error) {
    // Devices of the other directories stay available.
    if (!hasCode(error, 'ENOENT')) problems.push(`failed to read ${directory}: ${messageWithCauses(error)}`);
    return [];
  }
}

async function parsed(path: string): Promise<unknown> {
  const content = await readRegularFile(path, { maxBytes: maxSpecBytes });
  // Only a node with CDI devices needs the YAML parser.
  const { parseCdiFile } = await import('./parse-file.ts');
  try {
    return parseCdiFile(content);
  } catch (error) {
    throw new Error(`${path}: ${messageWithCauses(error)}`);
  }
}
