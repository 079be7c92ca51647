import assert from 'node:assert/strict';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { getXattr } from '@berth/linux/files/xattr.ts';
import type { TarEntry } from '../tar/entry.ts';
import { TestLayers } from '../testing/layers.ts';

const layers = new TestLayers();
after(() => layers[Symbol.dispose]());
const { dir, unpack } = layers;
/** `cap_net_raw=ep` as the kernel stores it (revision 2, effective). */
const netRaw = Buffer.from('0100000200200000000000000000000000000000', 'hex');

test('nothing gets out of the layer, and nothing is left of a layer that tries', async () => {
  const outside = join(dir, 'outside');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  const file = (path: string): TarEntry => ({ type: 'file', path, content: 'evil' });
  const cases: [what: string, entries: TarEntry[], message: RegExp][] = [
    ['dot dot', [file('../evil')], /"\.\.\/evil" leaves the layer/],
    ['dot dot inside', [file('a/../../evil')], /leaves the layer/],
    ['absolute dot dot', [file('/../evil')], /leaves the layer/],
    [
      'loop',
      [{ type: 'symlink', path: 'a', target: 'b' }, { type: 'symlink', path: 'b', target: 'a' }, file('a/x')],
      /too many symbolic links/,
    ],
    ['hard link out', [{ type: 'hardlink', path: 'h', target: '../outside/secret' }], /leaves the layer/],
    [
      'hard link by link',
      [
        { type: 'symlink', path: 'l', target: outside },
        { type: 'hardlink', path: 'h', target: 'l/secret' },
      ],
      /"h" is a hard link to "l\/secret", which does not exist/,
    ],
    [
      'absolute hard link',
      [{ type: 'hardlink', path: 'h', target: join(outside, 'secret') }],
      /"h" is a hard link to .*which does not exist/,
    ],
    ['whiteout of ..', [file('a/.wh...')], /is not the whiteout of a file/],
    ['under a file', [file('f'), file('f/x')], /"f" is not a directory/],
    ['too long', [file('n'.repeat(300))], /ENAMETOOLONG/],
    ['root as hard link', [{ type: 'hardlink', path: 'h', target: '/' }], /which is a directory/],
  ];
  for (const [what, entries, message] of cases) {
    await assert.rejects(unpack(entries), { name: 'LayerError', message }, what);
    assert.equal(existsSync(layers.lastTarget), false, what);
    assert.equal(existsSync(`${layers.lastTarget}.partial`), false, what);
  }
  assert.deepEqual(readdirSync(outside), ['secret']);
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
  assert.equal(existsSync(join(dir, 'evil')), false);
});

test('links lead to where they would in a container, whatever they name outside', async () => {
  const outside = join(dir, 'outside-of-links');
  mkdirSync(outside);
  writeFileSync(join(outside, 'secret'), 'secret');
  const file = (path: string): TarEntry => ({ type: 'file', path, content: 'evil' });
  const link = (path: string, target: string): TarEntry => ({ type: 'symlink', path, target });
  const below = outside.slice(1);
  const cases: [what: string, entries: TarEntry[], inside: string][] = [
    ['absolute', [link('l', outside), file('l/evil')], `${below}/evil`],
    ['relative', [link('l', '../outside'), file('l/evil')], 'outside/evil'],
    ['to the root', [link('l', '/'), file('l/evil')], 'evil'],
    ['far above the root', [link('l', '../../../..'), file('l/etc/evil')], 'etc/evil'],
    [
      'in a directory',
      [{ type: 'directory', path: 'd' }, link('d/l', `${'../'.repeat(40)}${below}`), file('d/l/evil')],
      `${below}/evil`,
    ],
    ['by another', [link('a', 'b'), link('b', '..'), file('a/outside/evil')], 'outside/evil'],
    ['by itself in a circle of the root', [link('proc', '/'), file('proc/proc/proc/evil')], 'evil'],
    ['through what is not there', [link('l', '/no/such/../evil-dir'), file('l/evil')], 'no/evil-dir/evil'],
    ['a directory', [link('l', outside), { type: 'directory', path: 'l/evil' }], `${below}/evil`],
    ['a whiteout', [link('l', outside), file('l/.wh.secret')], `${below}/secret`],
    ['all that was there', [link('l', outside), file('l/.wh..wh..opq')], below],
    [
      'a hard link',
      [link('l', outside), file(`${outside}/own`), { type: 'hardlink', path: 'h', target: 'l/own' }],
      'h',
    ],
    [
      'the link itself',
      [{ ...link('l', join(outside, 'secret')), xattrs: new Map([['user.a', netRaw]]), uid: 7 }],
      'l',
    ],
  ];
  for (const [what, entries, inside] of cases) {
    const target = await unpack(entries);
    assert(lstatSync(join(target, inside), { throwIfNoEntry: false }), what);
  }
  assert.deepEqual(readdirSync(outside), ['secret']);
  assert.equal(readFileSync(join(outside, 'secret'), 'utf8'), 'secret');
  assert.equal(getXattr(join(outside, 'secret'), 'user.a'), undefined);
  assert.equal(lstatSync(join(outside, 'secret')).uid, 0);
  assert.equal(existsSync(join(dir, 'evil')), false);
  assert.equal(existsSync(join(dir, 'outside/evil')), false);
  const chain = Array.from({ length: 300 }, (_, index) => link(`c${index}`, `c${index + 1}`));
  await assert.rejects(unpack([...chain, file('c0/x')]), /too many symbolic links/);
});

test('a link to the layers below does not follow what its directory becomes later', async () => {
  const outside = join(dir, 'outside-link');
  mkdirSync(outside);
  const lower = await unpack([
    { type: 'file', path: 'payload', content: 'evil' },
    { type: 'symlink', path: 'through', target: outside },
  ]);
  const link: TarEntry = { type: 'hardlink', path: 'd/evil', target: 'payload' };
  const target = await unpack([link, { type: 'symlink', path: 'd', target: outside }], { parents: [lower] });
  assert.deepEqual(readdirSync(outside), []);
  assert.equal(readlinkSync(join(target, 'd')), outside);
  const again = await unpack(
    [link, { type: 'file', path: 'd', content: '' }, { type: 'directory', path: 'd' }],
    {
      parents: [lower],
    },
  );
  assert.deepEqual(readdirSync(join(again, 'd')), [], 'the link went with the directory that was replaced');
  // A name on the way that is a link in the layers below is a directory of its own in this one.
  const own = await unpack([{ type: 'file', path: 'through/evil', content: 'mine' }], { parents: [lower] });
  assert(lstatSync(join(own, 'through')).isDirectory());
  await assert.rejects(
    unpack([{ type: 'hardlink', path: 'h', target: 'through/evil' }], { parents: [lower] }),
    /"h" is a hard link to "through\/evil", which does not exist/,
  );
});

test('a layer cannot have megabytes of names remembered', async () => {
  const long = 'x'.repeat(200);
  const directories = `${long}/`.repeat(18);
  const links = Array.from(
    { length: 2400 },
    (_, index): TarEntry => ({
      type: 'hardlink',
      path: `${directories}${index}`,
      target: `${directories}below`,
    }),
  );
  const limits = { maxFiles: 10_000 };
  await assert.rejects(unpack(links, { limits }), /too many hard links to files of the layers below/);
  await assert.rejects(
    unpack([{ type: 'file', path: `${'d/'.repeat(2100)}f`, content: '' }], { limits }),
    /is longer than a file's name may be, 4096 bytes/,
  );
  await assert.rejects(
    unpack([{ type: 'symlink', path: 'l', target: 'x'.repeat(1_000_000) }]),
    ({ message }: Error) => /longer than a file's name may be/.test(message) && message.length < 1000,
  );
});
