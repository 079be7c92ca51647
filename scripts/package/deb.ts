// Writes a .deb: deb(5). Made by hand, so that the same input gives the same bytes on every machine.

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { encodeAr } from './ar.ts';
import { FileTree } from './file-tree.ts';

/** What a .deb is made of. */
export interface DebPackage {
  /** The fields of the control file, but Installed-Size. */
  readonly control: Readonly<Record<string, string>>;
  /** Scripts, triggers and the like by name; scripts are executable. */
  readonly scripts: Readonly<Record<string, string>>;
  readonly tree: FileTree;
  /** Seconds since 1970, the time of everything in it. */
  readonly mtime: number;
  /** Level of gzip, the one compression that every dpkg, lintian and Node.js know. */
  readonly level: number;
}

/** The bytes of the .deb. */
export async function encodeDeb({ control, scripts, tree, mtime, level }: DebPackage): Promise<Buffer> {
  const fields = { ...control, 'Installed-Size': String(Math.ceil(tree.bytes / 1024)) };
  const meta = new FileTree();
  meta.add('control', controlFile(fields));
  meta.add('md5sums', tree.md5sums());
  for (const [name, content] of Object.entries(scripts))
    meta.add(name, content, content.startsWith('#!') ? 0o755 : 0o644);
  const packed = (files: FileTree) => gzipped(files.tar('.', mtime), level);
  return encodeAr(
    [
      { name: 'debian-binary', content: Buffer.from('2.0\n') },
      { name: 'control.tar.gz', content: await packed(meta) },
      { name: 'data.tar.gz', content: await packed(tree) },
    ],
    mtime,
  );
}

/** A control file: a field a line, the lines of a description behind the first one indented. */
export function controlFile(fields: Readonly<Record<string, string>>): string {
  const lines = Object.entries(fields).map(([name, value]) => {
    const [first = '', ...more] = value.split('\n');
    return [`${name}: ${first}`, ...more.map((line) => ` ${line === '' ? '.' : line}`)].join('\n');
  });
  return `${lines.join('\n')}\n`;
}

/** A series of buffers, compressed. The header has no time in it. */
export async function gzipped(parts: Iterable<Buffer>, level: number): Promise<Buffer> {
  const gzip = createGzip({ level });
  const [packed] = await Promise.all([buffer(gzip), pipeline(Readable.from(parts), gzip)]);
  return packed;
}
