// The secure server to real TLS clients: certificates, who is served, and what nobody may do to it.
import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { connect as connectPlain } from 'node:net';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { connect, type TLSSocket } from 'node:tls';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { eventually, until } from '@berth/test-support/until.ts';
import { redirectLog, setVerbosity } from '../klog/klog.ts';
import { TestAuthority } from '../testing/certificates.ts';
import { testPod } from '../testing/pod.ts';
import { startTestServer, testHost } from '../testing/server.ts';
import { opensslCiphers } from './tls/go-names.ts';

const { path: dir, [Symbol.dispose]: removeDir } = scratchDir('secure');
let ca: TestAuthority;
let other: TestAuthority;
const lines: string[] = [];
let restoreLog: () => void;
const empty = '{"kind":"PodList","apiVersion":"v1","metadata":{},"items":null}\n';

before(() => {
  restoreLog = redirectLog((line) => lines.push(line));
  ca = new TestAuthority(dir, 'ca');
  other = new TestAuthority(dir, 'other');
});
after(() => {
  restoreLog();
  removeDir();
});

function shown(port: number, options: object = {}): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...options }, () =>
    resolve(socket),
  );
  socket.once('error', reject);
  return promise;
}

async function nameShown(port: number): Promise<string> {
  const socket = await shown(port);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

describe('who is served', () => {
  const clientCaFile = join(dir, 'ca.crt');

  test('with authorities, who has a certificate of theirs', async () => {
    using server = await startTestServer(dir, testHost(), { clientCaFile });
    const rows: [string, object, number, string][] = [
      ['no certificate', {}, 401, 'Unauthorized'],
      ['a certificate of another authority', other.sign('mallory'), 401, 'Unauthorized'],
      ['a certificate that has expired', ca.sign('late', '/CN=late', -1), 401, 'Unauthorized'],
      ['a certificate without a name', ca.sign('nameless', '/O=system:masters'), 401, 'Unauthorized'],
      ['a certificate', ca.sign('jane'), 200, empty],
    ];
    for (const [what, client, status, body] of rows) {
      const answer = await server.ask('GET /pods', client);
      assert.deepEqual([answer.status, answer.body], [status, body], what);
    }
    // As in the real kubelet, a path that does not exist is nobody's secret; a part of one that does is.
    assert.equal((await server.ask('GET /nothing')).status, 404);
    assert.equal((await server.ask('GET /exec/x')).status, 401);
    assert.equal((await server.ask('GET /healthz')).status, 401);
    assert.match(lines.join(''), /Unable to authenticate the request due to an error" err="verifying cert/);
  });

  test('with anonymous clients, everybody without a wrong certificate', async () => {
    using server = await startTestServer(dir, testHost(), { clientCaFile, anonymousAuth: true });
    assert.equal((await server.ask('GET /pods')).status, 200);
    assert.equal((await server.ask('GET /pods', ca.sign('joe'))).status, 200);
    assert.equal((await server.ask('GET /pods', other.sign('eve'))).status, 401);
  });

  test('without authorities nobody, whatever the machine trusts', async () => {
    using server = await startTestServer(dir, testHost());
    assert.equal((await server.ask('GET /pods', ca.sign('jack'))).status, 401);
    assert.equal((await server.ask('GET /pods')).status, 401);
  });

  test('an authority that is replaced is gone at once, for resumed sessions too', async () => {
    const authorities = join(dir, 'authorities.crt');
    writeFileSync(authorities, ca.cert);
    using server = await startTestServer(dir, testHost(), { clientCaFile: authorities });
    const [jane, eve] = [ca.sign('jane2'), other.sign('eve2')];
    assert.equal((await server.ask('GET /pods', jane)).status, 200);
    assert.equal((await server.ask('GET /pods', eve)).status, 401);
    const socket = await shown(server.port, jane);
    const sessions: Buffer[] = [];
    socket.on('session', (session) => sessions.push(session));
    socket.write('GET /pods HTTP/1.1\r\nHost: x\r\n\r\n');
    await once(socket.resume(), 'close');

    writeFileSync(`${authorities}.new`, other.cert);
    renameSync(`${authorities}.new`, authorities);
    await eventually(async () => assert.equal((await server.ask('GET /pods', eve)).status, 200));
    assert.equal((await server.ask('GET /pods', jane)).status, 401);
    for (const session of sessions) {
      const resumed = await shown(server.port, { ...jane, session });
      resumed.end('GET /pods HTTP/1.1\r\nHost: x\r\n\r\n');
      assert.match(String((await resumed.toArray()).join('')), /^HTTP\/1\.1 401 /);
    }

    // What is no certificate leaves the ones before in use.
    writeFileSync(authorities, 'nothing');
    await until('the log tells', () => lines.join('').includes('cannot be used'));
    assert.equal((await server.ask('GET /pods', eve)).status, 200);
  });

  test('a file without an authority is refused at the start', async () => {
    writeFileSync(join(dir, 'none.crt'), '# no certificate\n');
    await assert.rejects(
      startTestServer(dir, testHost(), { clientCaFile: join(dir, 'none.crt') }),
      /clientCAFile: data does not contain any valid certificates/,
    );
    await assert.rejects(startTestServer(dir, testHost(), { clientCaFile: '/nowhere' }), /ENOENT/);
  });
});

describe('the certificate', () => {
  test('is made once, for this node and for root alone', async () => {
    const [certFile, keyFile] = ['kubelet.crt', 'kubelet.key'].map((name) => join(dir, 'pki', name));
    assert.ok(certFile !== undefined && keyFile !== undefined);
    using first = await startTestServer(dir, testHost());
    const made = readFileSync(certFile, 'utf8');
    assert.match(await nameShown(first.port), /^testnode@\d+$/);
    assert.deepEqual(
      [certFile, keyFile, join(dir, 'pki')].map((path) => statSync(path).mode & 0o777),
      [0o600, 0o600, 0o700],
    );
    using _second = await startTestServer(dir, testHost());
    assert.equal(readFileSync(certFile, 'utf8'), made);
    // Verified by its own authority, which is behind it in the file.
    const [, authority = ''] = made.match(/-----BEGIN[\s\S]*?-----END CERTIFICATE-----\n/g) ?? [];
    const socket = await shown(first.port, {
      ca: authority,
      rejectUnauthorized: true,
      servername: 'testnode',
    });
    assert.ok(socket.authorized);
    assert.ok(new X509Certificate(authority).ca);
    socket.destroy();
  });

  test('that lost its key is not replaced', async () => {
    renameSync(join(dir, 'pki/kubelet.key'), join(dir, 'pki/away'));
    await assert.rejects(startTestServer(dir, testHost()), /must be supplied as a pair/);
    // A key alone is what is left of a kubelet that was killed between the two files.
    renameSync(join(dir, 'pki/away'), join(dir, 'pki/kubelet.key'));
    renameSync(join(dir, 'pki/kubelet.crt'), join(dir, 'pki/away'));
    using server = await startTestServer(dir, testHost());
    assert.ok(existsSync(join(dir, 'pki/kubelet.crt')));
    assert.equal((await server.ask('GET /nothing')).status, 404);
  });

  test('is renewed while the server serves', async () => {
    const certFile = join(dir, 'server.crt');
    const keyFile = join(dir, 'server.key');
    ca.sign('server');
    const { tls } = (await import('../testing/options.ts')).testOptions().secureServer;
    using server = await startTestServer(dir, testHost(), { tls: { ...tls, certFile, keyFile } });
    assert.equal(await nameShown(server.port), 'server');
    ca.sign('renewed');
    // One after the other, as tools do: the pair does not match in between.
    renameSync(join(dir, 'renewed.key'), keyFile);
    await until('the log tells', () => /key values mismatch/.test(lines.join('')));
    assert.equal(await nameShown(server.port), 'server');
    renameSync(join(dir, 'renewed.crt'), certFile);
    await eventually(async () => assert.equal(await nameShown(server.port), 'renewed'));
  });
});

describe('TLS', () => {
  const versions = async (minVersion: 'TLSv1' | 'TLSv1.2' | 'TLSv1.3', ciphers: readonly string[] = []) => {
    const list = opensslCiphers(ciphers).ciphers;
    using server = await startTestServer(dir, testHost(), {
      tls: {
        certDir: join(dir, 'pki'),
        certFile: undefined,
        keyFile: undefined,
        minVersion,
        ciphers: minVersion === 'TLSv1' ? `${list}:@SECLEVEL=0` : list,
        curves: 'P-384',
      },
    });
    const offers = [
      ['TLSv1', 'ALL:@SECLEVEL=0'],
      ['TLSv1.2', 'ECDHE-RSA-AES128-GCM-SHA256'],
      ['TLSv1.2', 'ECDHE-RSA-AES256-GCM-SHA384'],
      ['TLSv1.3', 'TLS_AES_128_GCM_SHA256'],
    ] as const;
    const spoken = await Promise.all(
      offers.map(async ([version, suites]) => {
        const range = { minVersion: version, maxVersion: version, ciphers: suites };
        const socket = await shown(server.port, range).catch(() => undefined);
        const curve = socket?.getEphemeralKeyInfo();
        socket?.destroy();
        return curve !== undefined && curve !== null && 'name' in curve && curve.name === 'secp384r1';
      }),
    );
    return spoken.map(Number).join('');
  };

  test('versions, suites and curves', async () => {
    assert.equal(await versions('TLSv1.2'), '0111');
    assert.equal(await versions('TLSv1.3'), '0001');
    assert.equal(await versions('TLSv1.2', ['TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384']), '0011');
    assert.equal(await versions('TLSv1'), '1111');
  });
});

describe('groups of paths that are turned off', () => {
  const all = { debugging: true, profiling: true, debugFlags: true, systemLogs: true, systemLogQuery: false };
  const rows: [string, object, string, number, string][] = [
    ['debugging', { debugging: false }, 'GET /exec/a/b/c', 405, 'Debug endpoints are disabled.\n'],
    ['debugging', { debugging: false }, 'GET /debug/pprof/cmdline', 405, 'Debug endpoints are disabled.\n'],
    ['debugging', { debugging: false }, 'GET /runningpods', 307, ''],
    ['debugging', { debugging: false }, 'GET /configz', 404, '404 page not found\n'],
    ['debugging', { debugging: false }, 'GET /pods', 200, empty],
    ['profiling', { profiling: false }, 'GET /debug/pprof/profile', 405, 'profiling endpoint is disabled.\n'],
    ['flags', { debugFlags: false }, 'PUT /debug/flags/v', 405, 'flags endpoint is disabled.\n'],
    ['logs', { systemLogs: false }, 'GET /logs/x', 405, 'logs endpoint is disabled.\n'],
  ];
  for (const [what, off, request, status, body] of rows) {
    test(`without ${what}: ${request}`, async () => {
      const handlers = { ...all, ...off };
      using server = await startTestServer(dir, testHost(), { anonymousAuth: true, handlers });
      const answer = await server.ask(request);
      assert.equal(answer.status, status);
      if (status !== 307) assert.equal(answer.body, body);
    });
  }
});

describe('pages', () => {
  const published = {
    configuration: { kind: 'KubeletConfiguration', maxPods: 5 },
    flags: { a: '[]', v: '2' },
    release: '1.37.0',
    startedAt: new Date(Date.now() - 3_725_000),
  };
  const levels: number[] = [];
  const host = testHost({
    published,
    setVerbosity: (level) => levels.push(level),
    unhealthy: () => 'no runtime',
    endpoints: {
      '/metrics': async () => ({ status: 200, contentType: 'text/x', body: 'm' }),
      '/stats/summary': async (query) => ({ status: 500, contentType: 'text/plain', body: `${query}` }),
    },
  });

  test('/healthz', async () => {
    using server = await startTestServer(dir, host, { anonymousAuth: true });
    const rows: [string, number, string][] = [
      [
        '/healthz',
        500,
        '[+]ping ok\n[+]log ok\n[-]syncloop failed: reason withheld\n[+]device-plugin ok\nhealthz check failed\n',
      ],
      ['/healthz?exclude=syncloop', 200, 'ok'],
      [
        '/healthz?verbose&exclude=syncloop&exclude=nope',
        200,
        '[+]ping ok\n[+]log ok\n[+]syncloop excluded: ok\n[+]device-plugin ok\nwarn: some health checks cannot be excluded: no matches for "nope"\nhealthz check passed\n',
      ],
      ['/healthz/ping', 200, 'ok'],
      ['/healthz/syncloop', 500, 'internal server error: no runtime\n'],
      ['/healthz/nope', 404, '404 page not found\n'],
    ];
    for (const [path, status, body] of rows) {
      const answer = await server.ask(`GET ${path}`);
      assert.deepEqual([answer.status, answer.body], [status, body], path);
    }
  });

  test('/configz, /flagz and /statusz', async () => {
    using server = await startTestServer(dir, host, { anonymousAuth: true });
    const curl = { 'user-agent': 'curl/8' };
    const configuration = await server.ask('GET /configz');
    assert.deepEqual(JSON.parse(configuration.body), { kubeletconfig: published.configuration });
    const flags = await server.ask('GET /flagz');
    assert.match(flags.body, /^\nkubelet flagz\nWarning: .*\na=\[\]\nv=2\n$/);
    const status = await server.ask('GET /statusz');
    assert.match(
      status.body,
      /^\nkubelet statusz\nWarning: .*\n\nStarted: \w{3} \w{3} [ \d]\d [\d:]{8} UTC \d{4}\nUp: 1 hr 0[2-5] min [0-5]\d sec\nGo version: node26\.\S+\nBinary version: 1\.37\.0\nEmulation version: 1\.37\nPaths: \/configz \/debug \/flagz \/healthz \/metrics\n$/,
    );
    const yaml = await server.ask('GET /flagz', {
      headers: { accept: 'application/yaml;g=config.k8s.io;v=v1alpha1;as=Flagz' },
    });
    assert.equal(
      yaml.body,
      `apiVersion: config.k8s.io/v1alpha1\nflags:\n  a: '[]'\n  v: "2"\nkind: Flagz\nmetadata:\n  name: kubelet\n`,
    );
    assert.equal(yaml.headers['content-type'], 'application/yaml;g=config.k8s.io;v=v1alpha1;as=Flagz');
    assert.match(String(yaml.headers['warning']), /^299 - "This version of the flagz endpoint is deprecated/);
    const json = await server.ask('GET /statusz', {
      headers: { ...curl, accept: 'text/html,application/json;g=config.k8s.io;v=v1beta1;as=Statusz' },
    });
    assert.match(json.body, /^\{\n {2}"kind": "Statusz",\n {2}"apiVersion": "config.k8s.io\/v1beta1",\n/);
    for (const accept of [
      'application/json',
      'text/html',
      'application/json;g=config.k8s.io;v=v9;as=Flagz',
    ]) {
      const refused = await server.ask('GET /flagz', { headers: { accept } });
      assert.deepEqual([refused.status, JSON.parse(refused.body).reason], [406, 'NotAcceptable'], accept);
    }
  });

  test('/debug/flags/v', async () => {
    using server = await startTestServer(dir, host, { anonymousAuth: true });
    const rows: [string, string, number, string][] = [
      ['PUT', '4', 200, 'successfully set klog.logging.verbosity to 4\n'],
      ['PUT', 'x', 400, 'strconv.ParseUint: parsing "x": invalid syntax\n'],
      ['POST', '4', 406, 'unsupported http method\n'],
    ];
    for (const [method, body, status, answered] of rows) {
      const answer = await server.ask(`${method} /debug/flags/v`, { body });
      assert.deepEqual([answer.status, answer.body], [status, answered]);
    }
    assert.equal((await server.ask('PUT /debug/flags/v', { body: '1'.repeat(100_000) })).status, 400);
    assert.deepEqual(levels, [4]);
    setVerbosity(0);
  });

  test('/debug/pprof', async () => {
    using server = await startTestServer(dir, host, { anonymousAuth: true });
    assert.match((await server.ask('GET /debug/pprof/cmdline')).body, /secure-server/);
    const unknown = await server.ask('GET /debug/pprof/goroutine');
    assert.deepEqual([unknown.status, unknown.body], [404, 'Unknown profile\n']);
    for (const name of ['profile', 'heap']) {
      const [profile, busy] = await Promise.all([
        server.ask(`GET /debug/pprof/${name}?seconds=1`),
        until('the first has begun', async () => {
          const second = await server.ask('GET /debug/pprof/profile?seconds=1');
          return second.status === 500 ? second : undefined;
        }),
      ]);
      assert.equal(profile.headers['content-type'], 'application/octet-stream');
      assert.ok(profile.body.startsWith('\x1f'), 'gzip');
      assert.match(busy.body, /cpu profiling already in use/);
    }
    assert.equal((await server.ask('GET /debug/pprof/profile?seconds=301')).status, 400);
  });

  test('endpoints of other parts', async () => {
    using server = await startTestServer(dir, host, { anonymousAuth: true });
    assert.equal((await server.ask('GET /metrics')).body, 'm');
    const { status, body } = await server.ask('GET /stats/summary?only_cpu_and_memory=true');
    assert.deepEqual([status, body], [500, 'only_cpu_and_memory=true']);
    assert.equal((await server.ask('POST /stats/summary')).status, 500);
    assert.equal((await server.ask('GET /stats')).headers['location'], '/stats/');
  });
});

test('errors in place of a log: the last one has no type', async () => {
  const pod = testPod({ containers: [{ name: 'a' }] });
  const { name, namespace } = pod.metadata;
  const host = testHost({ pods: () => [{ ...pod, status: {} }] });
  using server = await startTestServer(dir, host, { anonymousAuth: true });
  const { status, body, headers } = await server.ask(`GET /containerLogs/${namespace}/${name}/a`);
  assert.deepEqual([status, body], [400, `container "a" in pod "${name}" is not available`]);
  assert.equal(headers['content-type'], undefined);
  const stream = await server.ask(`GET /containerLogs/${namespace}/${name}/a?stream=Stdout`);
  assert.equal(stream.status, 400);
  assert.equal(
    stream.body,
    'unable to return the given log stream: "Stdout". Please enable PodLogsQuerySplitStreams feature gate in kubelet',
  );
  const unknown = await server.ask(`GET /containerLogs/${namespace}/${name}/none?stream=Stdout`);
  assert.deepEqual([unknown.status, unknown.headers['content-type']], [404, 'text/plain; charset=utf-8']);
});

test('what clients do ends neither the server nor the connections of others', async () => {
  const observed: string[] = [];
  const host = testHost({
    pods: () => {
      throw new Error('broken');
    },
    observe: ({ method, path, serverType }) => {
      observed.push(`${method} ${path} ${serverType}`);
      return () => observed.push('end');
    },
  });
  using server = await startTestServer(dir, host, { anonymousAuth: true });
  const failed = await server.ask('GET /pods');
  assert.deepEqual([failed.status, failed.body], [500, 'broken']);
  await until('the request has ended', () => observed.length === 2);
  assert.deepEqual(observed, ['GET pods readwrite', 'end']);
  const hostile = [
    'GET / HTTP/1.1\r\n',
    `GET /healthz HTTP/1.1\r\n${'x: y\r\n'.repeat(20_000)}\r\n`,
    'GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n',
    'CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n',
    'PUT /debug/flags/v HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n1',
    'POST /run/a/b/c HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nffffffff\r\n',
    'GET /exec/a/b/c?output=1 HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\xff',
    'GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    // An upgrade behind a request that is not answered yet.
    'GET /debug/pprof/profile?seconds=1 HTTP/1.1\r\nHost: x\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
    '\x16\x03\x01',
    '',
  ];
  const sockets = await Promise.all(
    hostile.map(async (request) => {
      const socket = await shown(server.port);
      socket.on('error', () => {});
      socket.write(request, 'latin1');
      return socket;
    }),
  );
  assert.equal((await server.ask('GET /healthz')).status, 200);
  for (const socket of sockets) socket.destroy();
  assert.equal((await server.ask('GET /healthz')).status, 200);
});

test('an upgrade that nobody makes is an ordinary request', async () => {
  using server = await startTestServer(dir, testHost(), { anonymousAuth: true });
  const socket = await shown(server.port);
  socket.write('GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n');
  assert.match((await socket.toArray()).join(''), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\r\n\r\nok$/);
});

test('a client that sends its headers octet by octet is cut off', async () => {
  using server = await startTestServer(dir, testHost(), { anonymousAuth: true });
  const socket = await shown(server.port);
  socket.on('error', () => {});
  const drip = setInterval(() => socket.write('x'), 500);
  const closed = once(socket.resume(), 'close', { signal: AbortSignal.timeout(30_000) });
  socket.write('GET / HTTP/1.1\r\nx: ');
  await closed;
  clearInterval(drip);
});

test('a client that says nothing to a server without a certificate is cut off', async () => {
  const certificates = { current: () => undefined, onRenewed: () => () => {} };
  using server = await startTestServer(dir, testHost(), {}, { certificates });
  const socket = connectPlain(server.port, '127.0.0.1');
  await once(socket.resume(), 'close');
});
