import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromLines, fromStanzas } from './debian-sources.ts';

test('deb lines of Debian become deb-src lines', () => {
  const text = `# deb http://old.example/debian bookworm main
deb http://deb.example/debian bookworm main contrib
deb-src http://deb.example/debian bookworm main
deb [signed-by=/k.gpg] http://security.example/debian-security/ bookworm-security main
deb https://packages.example/apt tool main
`;
  assert.deepEqual(fromLines(text), [
    'deb-src http://deb.example/debian bookworm main contrib',
    'deb-src [signed-by=/k.gpg] http://security.example/debian-security/ bookworm-security main',
  ]);
});

test('stanzas of Debian become a deb-src line for every suite', () => {
  const text = `Types: deb
# comment
URIs: http://deb.example/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian.gpg

Types: deb deb-src
URIs: http://off.example/debian
Suites: bookworm
Components: main
Enabled: no

Types: deb
URIs: https://node.example/node_20.x
Suites: nodistro
Components: main
`;
  assert.deepEqual(fromStanzas(text), [
    'deb-src [signed-by=/usr/share/keyrings/debian.gpg] http://deb.example/debian bookworm main',
    'deb-src [signed-by=/usr/share/keyrings/debian.gpg] http://deb.example/debian bookworm-updates main',
  ]);
});
