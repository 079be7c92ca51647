// Makes the machine's system disk once and keeps it outside the checkout, named for its recipe.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { cached } from '@berth/test-support/cache.ts';
import { files, mirror, packages, recipeHash, release } from './recipe.ts';

/** The files that QEMU starts a machine from; never written to. */
export interface BaseImage {
  readonly disk: string;
  readonly kernel: string;
  readonly initrd: string;
}

/** Apparent size of the disk: sparse, so that it costs only what is in it. */
const diskSize = '8G';

/** The system disk of the recipe, made first when it is not in the cache (two to four minutes). */
export async function baseImage(progress: (line: string) => void): Promise<BaseImage> {
  const dir = await cached(`vm/debian-${release}-${recipeHash()}`, (work) => build(work, progress));
  prune(dir);
  return { disk: join(dir, 'root.img'), kernel: join(dir, 'vmlinuz'), initrd: join(dir, 'initrd.img') };
}

/** Images of other recipes are removed that no run has used for so long; what a killed run left half made, too. */
const keptMs = 14 * 24 * 60 * 60_000;

function prune(used: string): void {
  const now = Date.now();
  utimesSync(used, now / 1000, now / 1000);
  for (const name of readdirSync(dirname(used))) {
    const folder = join(dirname(used), name);
    if (name === basename(used) || now - statSync(folder).mtimeMs < keptMs) continue;
    rmSync(folder, { recursive: true, force: true });
  }
}

async function build(work: string, progress: (line: string) => void): Promise<void> {
  const root = join(work, 'root');
  progress(`making Debian ${release} with ${packages.length} packages, once`);
  await run('debootstrap', ['--variant=minbase', `--include=${packages.join(',')}`, release, root, mirror]);
  for (const [path, mode, content] of files) {
    const target = join(root, path);
    mkdirSync(dirname(target), { recursive: true });
    rmSync(target, { force: true });
    writeFileSync(target, content);
    chmodSync(target, mode);
  }
  await run('chroot', [root, 'update-initramfs', '-u']);
  rmSync(join(root, 'var/cache/apt'), { recursive: true });
  rmSync(join(root, 'var/lib/apt/lists'), { recursive: true });
  const boot = join(root, 'boot');
  for (const name of ['vmlinuz', 'initrd.img']) {
    const found = readdirSync(boot).find((file) => file.startsWith(`${name}-`));
    if (found === undefined) throw new Error(`debootstrap installed no ${name} in ${boot}`);
    copyFileSync(join(boot, found), join(work, name));
  }
  await makeFileSystem(root, join(work, 'root.img'), diskSize);
  rmSync(root, { recursive: true });
}

/** Makes an ext4 image of a directory's content; `size` as mkfs.ext4 takes it. */
export async function makeFileSystem(directory: string, image: string, size: string): Promise<void> {
  const options = ['-q', '-F', '-L', 'berth', '-O', '^has_journal', '-m', '0'];
  await run('mkfs.ext4', [...options, '-d', directory, image, size]);
}

/** Runs a program to its end; rejects with the end of what it printed unless it succeeds. */
async function run(program: string, args: string[]): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', LC_ALL: 'C' };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      output = (output + chunk).slice(-4000);
    });
  }
  const [code] = await once(child, 'close');
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} failed (${code}):\n${output}`);
}
