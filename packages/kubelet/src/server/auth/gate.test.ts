import assert from 'node:assert/strict';
import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { test } from 'node:test';
import { redirectLog } from '../../klog/klog.ts';
import type { Refusal } from '../http/http-server.ts';
import { requestAttributes } from './attributes.ts';
import type { Authentication } from './authenticate.ts';
import { type Authorizer, alwaysAllow, makeGate } from './gate.ts';

function ask(
  request: string,
  { authentication, authorize = alwaysAllow }: { authentication: Authentication; authorize?: Authorizer },
): Promise<Refusal | undefined> {
  const [method = '', path = ''] = request.split(' ');
  const incoming = Object.assign(new IncomingMessage(new Socket()), { method, url: path });
  return makeGate(async () => authentication, authorize)(incoming, path);
}

const jane = { user: { name: 'jane', groups: [] } };

test('users pass, others do not', async () => {
  assert.equal(await ask('GET /pods', { authentication: jane }), undefined);
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  const refused = { status: 401, text: 'Unauthorized' };
  assert.deepEqual(await ask('GET /pods', { authentication: { error: undefined } }), refused);
  assert.equal(lines.length, 0);
  assert.deepEqual(await ask('GET /pods', { authentication: { error: 'expired' } }), refused);
  restore();
  assert.match(lines.join(''), /Unable to authenticate the request due to an error" err="expired"/);
});

test('one of the subresources is enough', async () => {
  const only =
    (allowed: string): Authorizer =>
    async (_user, { subresource }) =>
      subresource === allowed;
  for (const subresource of ['pods', 'proxy']) {
    const authorize = only(subresource);
    assert.equal(await ask('GET /pods', { authentication: jane, authorize }), undefined);
  }
  assert.deepEqual(await ask('POST /pods', { authentication: jane, authorize: only('stats') }), {
    status: 403,
    text: 'Forbidden (user=jane, verb=create, resource=nodes, subresource(s)=[pods proxy])\n',
  });
});

test('an authorizer that fails', async () => {
  const restore = redirectLog(() => {});
  const authorize: Authorizer = async () => {
    throw new Error('no answer');
  };
  assert.deepEqual(await ask('GET /stats/summary', { authentication: jane, authorize }), {
    status: 500,
    text: 'Authorization error (user=jane, verb=get, resource=nodes, subresource=stats)',
  });
  restore();
});

test('attributes of requests', () => {
  const rows: [string, string, string[]][] = [
    ['GET /pods', 'get', ['pods', 'proxy']],
    ['GET /pods/x', 'get', ['pods', 'proxy']],
    ['GET /podsx', 'get', ['proxy']],
    ['GET /runningpods/', 'get', ['pods', 'proxy']],
    ['GET /healthz/ping', 'get', ['healthz', 'proxy']],
    ['GET /configz', 'get', ['configz', 'proxy']],
    ['GET /stats/summary', 'get', ['stats']],
    ['GET /metrics/cadvisor', 'get', ['metrics']],
    ['GET /logs/', 'get', ['log']],
    ['POST /checkpoint/a/b/c', 'create', ['checkpoint']],
    ['GET /statusz', 'get', ['statusz']],
    ['GET /flagz', 'get', ['configz']],
    ['PUT /debug/flags/v', 'update', ['proxy']],
    ['PATCH /exec/a', 'patch', ['proxy']],
    ['DELETE /x', 'delete', ['proxy']],
    ['HEAD /x', '', ['proxy']],
  ];
  for (const [request, verb, subresources] of rows) {
    const [method = '', path = ''] = request.split(' ');
    assert.deepEqual(requestAttributes(method, path), { verb, resource: 'nodes', subresources }, request);
  }
});
