import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import net, { type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { redirectLog } from '../klog/klog.ts';
import { TestAuthority } from '../testing/certificates.ts';
import { type Answer, HttpsServer, json } from '../testing/https-server.ts';
import type { ApiClient, ApiObject, Resource } from './api-client.ts';
import { ApiError } from './api-client.ts';
import { type AnsweredRequest, ApiServer, type ApiServerOptions } from './api-server.ts';
import type { ApiAccess, ApiUser } from './kubeconfig/api-access.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-api-server-'));
after(() => rmSync(dir, { recursive: true }));
const authority = new TestAuthority(dir, 'ca');
const unlimited = { qps: -1, burst: 0, timeoutMs: 20_000 };
const pods: Resource = { group: '', version: 'v1', plural: 'pods' };
const pod = { namespace: 'default', name: 'a' };

interface Running extends AsyncDisposable {
  server: HttpsServer;
  api: ApiServer;
  client: ApiClient;
}

/** A server and a client of it. */
async function running(
  answer: Answer,
  {
    user = {},
    access,
    ...options
  }: Partial<ApiServerOptions> & { user?: ApiUser; access?: (access: ApiAccess) => ApiAccess } = {},
): Promise<Running> {
  const server = await HttpsServer.start(authority, answer, {
    ca: authority.cert,
    requestCert: true,
    rejectUnauthorized: false,
  });
  const plain = server.access(user);
  const api = new ApiServer(access?.(plain) ?? plain, { version: 'v1.37.2', environment: {}, ...options });
  const client = api.client(unlimited);
  const dispose = async (): Promise<void> => {
    api[Symbol.dispose]();
    await server[Symbol.asyncDispose]();
  };
  return { server, api, client, [Symbol.asyncDispose]: dispose };
}

const versions: [name: string, environment: NodeJS.ProcessEnv, httpVersion: string][] = [
  ['HTTP/2', {}, '2.0'],
  ['HTTP/1.1', { DISABLE_HTTP2: '1' }, '1.1'],
];

for (const [name, environment, httpVersion] of versions) {
  test(`${name}: every method asks as client-go does`, async () => {
    await using it = await running(
      (request, response) => json(response, { kind: 'X', items: null, metadata: {}, url: request.url }),
      {
        environment,
      },
    );
    const { client, server } = it;
    const leases: Resource = { group: 'coordination.k8s.io', version: 'v1', plural: 'leases' };
    await client.get(pods, pod, { resourceVersion: '0' });
    assert.deepEqual(await client.list(pods, { fieldSelector: 'spec.nodeName=n' }), {
      metadata: {},
      items: [],
    });
    await client.create(leases, { namespace: 'x', name: 'n' }, { metadata: { name: 'n' } });
    await client.create(pods, pod, {}, { subresource: 'eviction' });
    await client.update(leases, { namespace: 'x', name: 'n' }, { metadata: { name: 'n' } });
    await client.patch(pods, pod, 'strategic', { status: {} }, { subresource: 'status' });
    await client.patch(pods, pod, 'apply', {}, { fieldManager: 'kubelet', force: true });
    await client.delete(pods, pod, { gracePeriodSeconds: 0 });
    assert.deepEqual(
      server.requests.map(({ method, url, body }) => `${method} ${url} ${body}`.trim()),
      [
        'GET /api/v1/namespaces/default/pods/a?resourceVersion=0',
        'GET /api/v1/pods?fieldSelector=spec.nodeName%3Dn',
        'POST /apis/coordination.k8s.io/v1/namespaces/x/leases {"metadata":{"name":"n"}}',
        'POST /api/v1/namespaces/default/pods/a/eviction {}',
        'PUT /apis/coordination.k8s.io/v1/namespaces/x/leases/n {"metadata":{"name":"n"}}',
        'PATCH /api/v1/namespaces/default/pods/a/status {"status":{}}',
        'PATCH /api/v1/namespaces/default/pods/a?fieldManager=kubelet&force=true {}',
        'DELETE /api/v1/namespaces/default/pods/a {"kind":"DeleteOptions","apiVersion":"v1","gracePeriodSeconds":0}',
      ],
    );
    const types = server.requests.map(({ headers }) => headers['content-type']);
    assert.deepEqual(types.slice(2), [
      'application/json',
      'application/json',
      'application/json',
      'application/strategic-merge-patch+json',
      'application/apply-patch+yaml',
      'application/json',
    ]);
    const [first] = server.requests;
    assert.equal(first?.httpVersion, httpVersion);
    assert.match(first?.headers['user-agent'] ?? '', /^kubelet\/v1\.37\.2 \(linux\/\w+\) kubernetes\/\w+$/);
    assert.equal(first?.headers.accept, 'application/json');
    assert.equal(server.connections, 1);
  });

  test(`${name}: a watch yields events as they come, beside other requests`, async () => {
    const lines = [
      { type: 'ADDED', object: { metadata: { name: 'a' } } },
      { type: 'BOOKMARK', object: { metadata: { resourceVersion: '7' } } },
    ];
    const open = Promise.withResolvers<() => void>();
    await using it = await running(
      (request, response) => {
        if (!request.url.includes('watch=true')) return json(response, { kind: 'Pod' });
        response.writeHead(200, { 'content-type': 'application/json' });
        const text = lines.map((line) => `${JSON.stringify(line)}\n`).join('');
        response.write(text.slice(0, 30));
        open.resolve(() => response.end(text.slice(30)));
      },
      { environment },
    );
    const events: unknown[] = [];
    const watching = (async () => {
      for await (const event of it.client.watch(pods, {}, { resourceVersion: '5', timeoutSeconds: 300 }))
        events.push(event);
    })();
    const end = await open.promise;
    await it.client.get(pods, pod);
    end();
    await watching;
    assert.deepEqual(events, lines);
    assert.equal(
      it.server.requests[0]?.url,
      '/api/v1/pods?watch=true&allowWatchBookmarks=true&resourceVersion=5&timeoutSeconds=300',
    );
  });

  test(`${name}: a watch ends with its signal, and with its connection`, async () => {
    await using it = await running(
      (_, response) => void response.writeHead(200).write('{"type":"ADDED","object":{}}\n'),
      {
        environment,
      },
    );
    const controller = new AbortController();
    await assert.rejects(
      async () => {
        for await (const _ of it.client.watch(pods, {}, { signal: controller.signal }))
          controller.abort(new Error('enough'));
      },
      { message: 'enough' },
    );
    await assert.rejects(async () => {
      for await (const _ of it.client.watch(pods, {}, {}))
        for (const socket of it.server.sockets) socket.destroy();
    }, /^ConnectionError: GET https:\/\/127\.0\.0\.1:\d+\/api\/v1\/pods: /);
    // The next request opens a connection.
    for await (const _ of it.client.watch(pods, {}, {})) break;
  });

  test(`${name}: a refusal is an ApiError`, async () => {
    const status = {
      kind: 'Status',
      apiVersion: 'v1',
      status: 'Failure',
      reason: 'Conflict',
      code: 409,
      message: 'no',
    };
    await using it = await running((_, response) => json(response, status, 409), { environment });
    const isConflict = (error: unknown): boolean => error instanceof ApiError && error.reason === 'Conflict';
    await assert.rejects(it.client.update(pods, pod, {}), isConflict);
    await assert.rejects(async () => {
      for await (const _ of it.client.watch(pods, {}, {}));
    }, isConflict);
  });

  test(`${name}: a timeout and an abort end a request`, async () => {
    await using it = await running(() => {}, { environment });
    const hasty = it.api.client({ ...unlimited, timeoutMs: 100 });
    await assert.rejects(hasty.get(pods, pod), {
      code: 'ETIMEDOUT',
      message: /pods\/a: no answer in 0\.1 s$/,
    });
    const signal = AbortSignal.timeout(50);
    await assert.rejects(it.client.get(pods, pod, { signal }), { name: 'TimeoutError' });
    await assert.rejects(it.client.get(pods, pod, { signal }), { name: 'TimeoutError' });
  });

  test(`${name}: a certificate that changes replaces connections, watches included`, async () => {
    const [first, second] = [authority.sign('first'), authority.sign('second')];
    let certificate = first;
    await using it = await running(
      (request, response) => {
        if (request.url.includes('watch')) response.writeHead(200).write('{"type":"ADDED","object":{}}\n');
        else json(response, { client: request.client });
      },
      { environment, certificate: () => certificate },
    );
    const client = async (): Promise<ApiObject> => await it.client.get(pods, pod);
    assert.deepEqual(await client(), { client: 'first' });
    await assert.rejects(async () => {
      for await (const _ of it.client.watch(pods, {}, {})) {
        certificate = second;
        assert.deepEqual(await client(), { client: 'second' });
      }
    }, /the credentials have changed$/);
    assert.deepEqual(await client(), { client: 'second' });
  });
}

test('more requests at once than a connection takes', async () => {
  const waiting: (() => void)[] = [];
  const answer: Answer = (_, response) => {
    waiting.push(() => json(response, {}));
    if (waiting.length === 25) for (const go of waiting) go();
  };
  const server = await HttpsServer.start(authority, answer, { settings: { maxConcurrentStreams: 10 } });
  await using _ = server;
  using api = new ApiServer(server.access(), { version: 'v1', environment: {} });
  const client = api.client(unlimited);
  await Promise.all(Array.from({ length: 25 }, () => client.get(pods, pod)));
  assert.equal(server.connections, 3);
});

test('a server that says Retry-After is asked again', async () => {
  let count = 0;
  await using it = await running((_, response) => {
    count += 1;
    if (count < 3) json(response, {}, count === 1 ? 429 : 503, { 'retry-after': '0' });
    else json(response, { kind: 'Pod' });
  });
  assert.deepEqual(await it.client.get(pods, pod), { kind: 'Pod' });
  assert.equal(count, 3);
});

test('a server that says it for ever is asked eleven times', async () => {
  await using it = await running((_, response) => json(response, {}, 429, { 'retry-after': '0' }));
  await assert.rejects(it.client.create(pods, { namespace: 'x' }, {}), {
    name: 'ApiError',
    code: 429,
    retryAfterMs: 0,
  });
  assert.equal(it.server.requests.length, 11);
});

test('redirects are not followed', async () => {
  await using it = await running(
    (_, response) => json(response, {}, 307, { location: 'https://127.0.0.1:1/' }),
    {
      user: { token: 't' },
    },
  );
  await assert.rejects(it.client.get(pods, pod), /redirects are not followed/);
  assert.equal(it.server.requests.length, 1);
});

test('answers that are none', async () => {
  const bodies = ['', '[1]', 'null', '{"a":'];
  await using it = await running((_, response) => void response.writeHead(200).end(bodies.shift() ?? ''));
  for (const message of [/Unexpected end of JSON/, /not a JSON object/, /not a JSON object/, /JSON/]) {
    await assert.rejects(it.client.get(pods, pod), message);
  }
});

test('a token of a file is read again when the server refuses it', async () => {
  const tokenFile = join(dir, 'token');
  writeFileSync(tokenFile, 'old\n');
  await using it = await running(
    ({ headers }, response) => json(response, {}, headers.authorization === 'Bearer new' ? 200 : 401),
    { user: { tokenFile } },
  );
  await assert.rejects(it.client.get(pods, pod), { reason: 'Unauthorized' });
  writeFileSync(tokenFile, 'new\n');
  await it.client.get(pods, pod);
});

test('identities', async () => {
  await using it = await running(({ headers }, response) => json(response, headers), {
    user: {
      basic: { username: 'u', password: 'p' },
      impersonate: { user: 'x', uid: '1', groups: ['g', 'h'], extra: { 'A/b': ['c'] } },
    },
  });
  const seen: Record<string, unknown> = { ...(await it.client.get(pods, pod)) };
  assert.equal(seen['authorization'], `Basic ${Buffer.from('u:p').toString('base64')}`);
  assert.equal(seen['impersonate-user'], 'x');
  assert.equal(seen['impersonate-uid'], '1');
  assert.equal(seen['impersonate-group'], 'g, h');
  assert.equal(seen['impersonate-extra-a%2fb'], 'c');
});

test('a plugin runs once, and again when the server refuses what it printed', async () => {
  const script = join(dir, 'plugin');
  const count = join(dir, 'count');
  const printed = `{"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","status":{"token":"t$(wc -l < ${count} | tr -d ' ')"}}`;
  writeFileSync(script, `#!/bin/sh\necho x >> ${count}\ncat <<END\n${printed}\nEND\n`, { mode: 0o755 });
  const exec = {
    command: script,
    args: [],
    env: [],
    apiVersion: 'client.authentication.k8s.io/v1',
    provideClusterInfo: true,
    interactiveMode: 'Never',
  };
  await using it = await running(
    ({ headers }, response) => json(response, {}, headers.authorization === 'Bearer t2' ? 200 : 401),
    { user: { exec } },
  );
  await assert.rejects(it.client.get(pods, pod), { reason: 'Unauthorized' });
  await Promise.all([it.client.get(pods, pod), it.client.get(pods, pod)]);
  assert.deepEqual(
    it.server.requests.map(({ headers }) => headers.authorization),
    ['Bearer t1', 'Bearer t2', 'Bearer t2'],
  );
});

test('a server that is not the one of the kubeconfig', async () => {
  const other = new TestAuthority(dir, 'other');
  await using it = await running((_, response) => json(response, {}), {
    access: (access) => ({ ...access, certificateAuthority: { pem: other.cert } }),
  });
  await assert.rejects(it.client.get(pods, pod), /pods\/a: (unable to verify|self-signed certificate)/);
  await using named = await running((_, response) => json(response, {}), {
    access: (access) => ({ ...access, tlsServerName: 'elsewhere' }),
  });
  await assert.rejects(named.client.get(pods, pod), /does not match certificate's altnames/);
  await using careless = await running((_, response) => json(response, {}), {
    access: ({ certificateAuthority: _, ...access }) => ({ ...access, insecureSkipTlsVerify: true }),
  });
  await careless.client.get(pods, pod);
});

test('a server that does not answer, and one that is not there', async () => {
  const silent = net.createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end(),
  );
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  after(() => silent.close());
  const { port } = silent.address() as AddressInfo;
  const access: ApiAccess = {
    server: new URL(`https://127.0.0.1:${port}`),
    insecureSkipTlsVerify: true,
    user: {},
  };
  const seen: AnsweredRequest[] = [];
  using api = new ApiServer(access, {
    version: 'v1',
    environment: {},
    onAnswer: (answer) => seen.push(answer),
  });
  await assert.rejects(api.client(unlimited).get(pods, pod), {
    name: 'ConnectionError',
    code: 'ECONNRESET',
    message: /pods\/a: .*(closed|disconnected)/,
  });
  await new Promise((resolve) => silent.close(resolve));
  await assert.rejects(api.client(unlimited).get(pods, pod), { code: 'ECONNREFUSED' });
  assert.deepEqual(
    seen.map(({ method, code, host }) => [method, code, host]),
    Array.from({ length: 2 }, () => ['GET', '<error>', `127.0.0.1:${port}`]),
  );
});

test('through the proxy of the environment or of the kubeconfig, and below a path', async () => {
  const asked: string[] = [];
  const proxy = net.createServer((client) => {
    client.once('data', (head) => {
      const [, target = ''] = /^CONNECT (\S+) /.exec(head.toString()) ?? [];
      asked.push(target);
      const server = net.connect(it.server.port, '127.0.0.1', () => {
        client.write('HTTP/1.1 200 OK\r\n\r\n');
        client.pipe(server).pipe(client);
      });
      for (const socket of [client, server]) socket.on('error', () => socket.destroy());
    });
  });
  await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
  after(() => proxy.close());
  const { port } = proxy.address() as AddressInfo;
  const access = (given: ApiAccess): ApiAccess => ({
    ...given,
    server: new URL('https://api.test:6443/prefix/'),
    tlsServerName: '127.0.0.1',
  });
  await using it = await running((request, response) => json(response, { url: request.url }), {
    access: (given) => ({ ...access(given), proxyUrl: new URL(`http://127.0.0.1:${port}`) }),
  });
  assert.deepEqual(await it.client.get(pods, pod), { url: '/prefix/api/v1/namespaces/default/pods/a' });
  using api = new ApiServer(access(it.server.access()), {
    version: 'v1',
    environment: { HTTPS_PROXY: `http://127.0.0.1:${port}` },
  });
  await api.client(unlimited).get(pods, pod);
  assert.deepEqual(asked, ['api.test:6443', 'api.test:6443']);
  api[Symbol.dispose]();
  it.api[Symbol.dispose]();
});

test('warnings of the server are logged', async () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  await using it = await running((_, response) =>
    json(response, {}, 200, { warning: '299 - "old \\"field\\""' }),
  );
  await it.client.get(pods, pod);
  restore();
  assert.match(lines.join(''), /^W.* client\.ts.*old/);
});

test('a client waits for its rate', async () => {
  await using it = await running((_, response) => json(response, {}));
  const client = it.api.client({ qps: 20, burst: 1 });
  const started = performance.now();
  await Promise.all([1, 2, 3].map(() => client.get(pods, pod)));
  assert.ok(performance.now() - started >= 95);
});
