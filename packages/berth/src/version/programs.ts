// The versions of the programs that berthd starts. Only the programs themselves know them.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { printable } from '@berth/common/printable.ts';
import { findProgram } from '@berth/runtime/host/programs.ts';

const run = promisify(execFile);
const timeoutMs = 5_000;
const maxBytes = 64 * 1024;

/** The plugins of the default network. */
const plugins = ['bridge', 'host-local', 'portmap', 'loopback'];

/** What a program says of its version, or why there is none. */
export interface ProgramVersion {
  readonly name: string;
  readonly version: string;
}

/** The version of a program by its path or its name, with `--version`. */
export async function programVersion(program: string): Promise<ProgramVersion> {
  const name = program.replace(/^.*\//, '');
  try {
    const path = findProgram(program, name);
    const { stdout } = await run(path, ['--version'], { timeout: timeoutMs, maxBuffer: maxBytes });
    return { name, version: `${versionIn(stdout)}   ${path}` };
  } catch {
    return { name, version: 'not installed' };
  }
}

/** The versions of the CNI plugins that berthd's own network uses, in the directory that has them first. */
export async function pluginVersions(dirs: readonly string[]): Promise<ProgramVersion[]> {
  const found = plugins.map(async (plugin) => {
    const name = `CNI ${plugin}`;
    const path = dirs.map((dir) => join(dir, plugin)).find((each) => existsSync(each));
    if (path === undefined) return { name, version: 'not installed' };
    // Without CNI_COMMAND a plugin prints what it is, to standard error.
    const { CNI_COMMAND: _, ...env } = process.env;
    const text = await run(path, [], { timeout: timeoutMs, maxBuffer: maxBytes, env }).then(
      ({ stdout, stderr }) => stdout + stderr,
      () => '',
    );
    return { name, version: `${versionIn(text)}   ${path}` };
  });
  return Promise.all(found);
}

/** The first version number of a text, or its first line. Pure. */
export function versionIn(text: string): string {
  const [first = ''] = text.trim().split('\n');
  if (/version unknown/.test(first)) return 'of no version';
  return /\bv?(\d+\.\d+[\w.+~-]*)/.exec(first)?.[1] ?? (printable(first).slice(0, 60) || 'unknown');
}
