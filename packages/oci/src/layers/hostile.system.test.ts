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
      'absolute link',
      [{ type: 'symlink', path: 'l', target: outside }, file('l/evil')],
      /"l" is a symbolic link to .*outside, which leaves/,
    ],
    [
      'relative link',
      [{ type: 'symlink', path: 'l', target: '../outside' }, file('l/evil')],
      /"l" is a symbolic link to \.\.\/outside/,
    ],
    ['link to the root', [{ type: 'symlink', path: 'l', target: '/' }, file('l/evil')], /which leaves/],
    [
      'link by link',
      [
        { type: 'symlink', path: 'a', target: 'b' },
        { type: 'symlink', path: 'b', target: '..' },
        file('a/outside/evil'),
      ],
      /"b" is a symbolic link to \.\., which leaves/,
    ],
    [
      'loop',
      [{ type: 'symlink', path: 'a', target: 'b' }, { type: 'symlink', path: 'b', target: 'a' }, file('a/x')],
      /too many symbolic links/,
    ],
    [
      'directory by link',
      [
        { type: 'symlink', path: 'l', target: outside },
        { type: 'directory', path: 'l/evil' },
      ],
      /which leaves/,
    ],
    ['hard link out', [{ type: 'hardlink', path: 'h', target: '../outside/secret' }], /leaves the layer/],
    [
      'hard link by link',
      [
        { type: 'symlink', path: 'l', target: outside },
        { type: 'hardlink', path: 'h', target: 'l/secret' },
      ],
      /which leaves/,
    ],
    [
      'absolute hard link',
      [{ type: 'hardlink', path: 'h', target: join(outside, 'secret') }],
      /"h" is a hard link to .*which does not exist/,
    ],
    ['whiteout of ..', [file('a/.wh...')], /is not the whiteout of a file/],
    [
      'whiteout by link',
      [{ type: 'symlink', path: 'l', target: outside }, file('l/.wh.secret')],
      /which leaves/,
    ],
    [
      'opaque by link',
      [{ type: 'symlink', path: 'l', target: outside }, file('l/.wh..wh..opq')],
      /which leaves/,
    ],
    ['under a file', [file('f'), file('f/x')], /"f" is not a directory/],
    ['no name', [{ type: 'file', path: './', content: '' }], /is not a name for a file/],
    ['too long', [file('n'.repeat(300))], /ENAMETOOLONG/],
    [
      'attributes of a file outside',
      [
        {
          type: 'symlink',
          path: 'l',
          target: join(outside, 'secret'),
          xattrs: new Map([['user.a', netRaw]]),
        },
      ],
      /EPERM|operation not permitted/,
    ],
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
