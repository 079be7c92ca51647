import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolvConf } from './files.ts';

const nothing = { servers: [], searches: [], options: [] };

test('a DNS config becomes resolv.conf, one that says nothing leaves the host its own', () => {
  assert.equal(resolvConf(undefined), undefined);
  assert.equal(resolvConf(nothing), undefined);
  assert.equal(
    resolvConf({
      servers: ['10.96.0.10', 'fd00::a'],
      searches: ['svc.local', 'local'],
      options: ['ndots:5', 'edns0'],
    }),
    'search svc.local local\nnameserver 10.96.0.10\nnameserver fd00::a\noptions ndots:5 edns0\n',
  );
  assert.equal(resolvConf({ ...nothing, options: ['ndots:2'] }), 'options ndots:2\n');
});
