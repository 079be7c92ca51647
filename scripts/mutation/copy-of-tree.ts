import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Whom mutants run as where we are root: a changed path must not remove what is not theirs. */
export const nobody = process.getuid?.() === 0 ? { uid: 65534, gid: 65534 } : {};

/**
 * A private copy of the sources, which mutants are written to. What node_modules has of others is shared; its links
 * to packages lead to the copy's.
 */
export function copyOfTree(root: string): { readonly tree: string; [Symbol.dispose](): void } {
  const directory = mkdtempSync(join(tmpdir(), 'berth-mutation-'));
  const tree = join(directory, 'tree');
  const { stdout } = spawnSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  for (const file of stdout.split('\0').filter(Boolean)) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    cpSync(join(root, file), join(tree, file), { verbatimSymlinks: true, preserveTimestamps: true });
  }
  mkdirSync(join(tree, 'node_modules/@berth'), { recursive: true });
  const modules = join(root, 'node_modules');
  for (const name of readdirSync(modules))
    if (name !== '@berth') symlinkSync(join(modules, name), join(tree, 'node_modules', name));
  for (const name of readdirSync(join(modules, '@berth')))
    symlinkSync(readlinkSync(join(modules, '@berth', name)), join(tree, 'node_modules/@berth', name));
  mkdirSync(join(directory, 'tmp'));
  mkdirSync(join(directory, 'home'));
  chmodSync(directory, 0o755);
  if (nobody.uid !== undefined)
    for (const name of ['', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })])
      lchownSync(join(directory, name), nobody.uid, nobody.gid);
  return { tree, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) };
}
