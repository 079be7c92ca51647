import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { isLoopback, rewrite } from './host.ts';
import { parseHostsFile } from './hosts-toml.ts';
import { registryHosts } from './registry-hosts.ts';

const fail = (problem: string) => assert.fail(problem);
const summary = (text: string, registry = 'docker.io') =>
  parseHostsFile(text, registry, '/certs', fail).map(({ url, capabilities, mirrorOf }) =>
    [url.href, [...capabilities].sort().join('+'), mirrorOf ?? ''].join(' '),
  );

test('hosts.toml gives mirrors in order and the registry at last', () => {
  const mirror = '[host."https://mirror.example"]\n';
  const cases: [text: string, hosts: string[]][] = [
    ['', ['https://registry-1.docker.io/v2 pull+resolve ']],
    ['server = "https://registry-1.docker.io"', ['https://registry-1.docker.io/v2 pull+resolve ']],
    ['server = "mirror.example/sub"', ['https://mirror.example/sub/v2 pull+resolve docker.io']],
    [
      `${mirror}capabilities = ["pull", "push"]\n[host."http://b:5000/v2/"]`,
      [
        'https://mirror.example/v2 pull docker.io',
        'http://b:5000/v2 pull+resolve docker.io',
        'https://registry-1.docker.io/v2 pull+resolve ',
      ],
    ],
    [
      '[host."https://m.example/proxy"]\noverride_path = true',
      ['https://m.example/proxy pull+resolve docker.io', 'https://registry-1.docker.io/v2 pull+resolve '],
    ],
  ];
  for (const [text, hosts] of cases) assert.deepEqual(summary(text), hosts, text);
});

test('TLS files and headers belong to their host', () => {
  const [host] = parseHostsFile(
    '[host."https://m"]\nca = "ca.crt"\nclient = ["a.pem", ["b.crt", "/b.key"]]\nskip_verify = true\nheader = { x-a = ["1", "2"], x-b = "3" }',
    'r.example',
    '/certs/r',
    fail,
  );
  assert.deepEqual(host?.tls, {
    ca: ['/certs/r/ca.crt'],
    client: [{ cert: '/certs/r/a.pem' }, { cert: '/certs/r/b.crt', key: '/b.key' }],
    skipVerify: true,
  });
  assert.deepEqual(host?.headers, { 'x-a': ['1', '2'], 'x-b': ['3'] });
});

test('what is said of no host in particular holds for the registry itself', () => {
  const settings =
    'ca = "ca.crt"\nclient = ["c.pem"]\nskip_verify = true\ndial_timeout = "2s"\nheader = { x-a = "1" }\n';
  const expected = {
    tls: { ca: ['/certs/ca.crt'], client: [{ cert: '/certs/c.pem' }], skipVerify: true },
    dialTimeout: 2000,
    headers: { 'x-a': ['1'] },
  };
  for (const [registry, url] of [
    ['r.example', 'https://r.example/v2'],
    ['docker.io', 'https://registry-1.docker.io/v2'],
    ['localhost:443', 'https://localhost/v2'],
  ] satisfies [string, string][]) {
    for (const text of [settings, `${settings}server = ""`, `${settings}[host."https://mirror"]`]) {
      const hosts = parseHostsFile(text, registry, '/certs', fail);
      const own = hosts.at(-1);
      assert.equal(own?.url.href, url);
      assert.partialDeepStrictEqual(own, expected, `${registry} ${text}`);
      assert.equal(own?.mirrorOf, undefined);
      for (const mirror of hosts.slice(0, -1))
        assert.deepEqual(mirror.tls, { ca: [], client: [], skipVerify: false });
    }
    const [own] = parseHostsFile(`${settings}server = "https://other"`, registry, '/certs', fail);
    assert.partialDeepStrictEqual(own, { ...expected, mirrorOf: registry });
  }
});

test("all forms are read that containerd's reader takes", () => {
  const host = (text: string) => parseHostsFile(`[host."https://m"]\n${text}`, 'r', '/c', fail)[0];
  const cases: [text: string, expected: object][] = [
    ['ca = ["a", "/b"]', { tls: { ca: ['/c/a', '/b'] } }],
    ['client = "c.pem"', { tls: { client: [{ cert: '/c/c.pem' }] } }],
    ['client = ["c.pem", "d.pem"]', { tls: { client: [{ cert: '/c/c.pem' }, { cert: '/c/d.pem' }] } }],
    ['client = [["c", "k"]]', { tls: { client: [{ cert: '/c/c', key: '/c/k' }] } }],
    ['client = [["c", ""]]', { tls: { client: [{ cert: '/c/c' }] } }],
    ['SKIP_VERIFY = true', { tls: { skipVerify: true } }],
    ['capabilities = ["Pull", "referrers", "PUSH"]', { capabilities: new Set(['pull']) }],
    ['capabilities = []', { capabilities: new Set(['pull', 'resolve']) }],
    ['header = { a = "1", b = ["2", "3"] }', { headers: { a: ['1'], b: ['2', '3'] } }],
    ['header.Host = "mine"', { headers: { Host: 'mine' } }],
    ['header.a = """1"""', { headers: { a: ['1'] } }],
    ['dial_timeout = ".5s"', { dialTimeout: 500 }],
    ['dial_timeout = "+1h1us"', { dialTimeout: 3_600_000.001 }],
    ['dial_timeout = "0"\nca = "a"', { tls: { ca: ['/c/a'] } }],
    ['dial_timeout = ""\nca = "a"', { tls: { ca: ['/c/a'] } }],
  ];
  for (const [text, expected] of cases) assert.partialDeepStrictEqual(host(text), expected, text);
  assert.equal(host('dial_timeout = "0"')?.dialTimeout, undefined);
});

test('what is not known is told and passed over', () => {
  const warnings: string[] = [];
  const text = `sever = "x"\nversion = 2020-01-01\ncapabilities = ["pull"]
[host."https://m"]\nskip_verfy = true\npriority = 1.5\n[host."https://m".auth]\nuser = "u"\n[[other]]\na = 1`;
  const hosts = parseHostsFile(text, 'r', '/c', (problem) => warnings.push(problem));
  assert.deepEqual(
    hosts.map(({ url }) => url.href),
    ['https://m/v2', 'https://r/v2'],
  );
  assert.deepEqual(
    warnings.map((warning) => warning.replace(/ ignored; known are.*$/, '')),
    [
      'sever: unknown field,',
      'version: unknown field,',
      'other: unknown field,',
      'host."https://m".skip_verfy: unknown field,',
      'host."https://m".priority: unknown field,',
      'host."https://m".auth: unknown field,',
      'capabilities: has no effect without a server',
    ],
  );
});

test('directories are found by the names that containerd and Docker give them', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'oci-hosts-'));
  try {
    const file = (name: string, text: string) => {
      mkdirSync(join(dir, name), { recursive: true });
      writeFileSync(join(dir, name, 'hosts.toml'), text);
    };
    const first = async (registry: string) => (await registryHosts(registry, dir, fail))[0]?.url.host;
    file('_default', '[host."https://default"]');
    file('a.example', '[host."https://of-a"]');
    file('localhost_5000_', '[host."https://of-underscores"]');
    file('localhost:6000', '[host."https://of-colon"]');
    file('empty.example', '');
    mkdirSync(join(dir, 'certs.example/sub.crt'), { recursive: true });
    writeFileSync(join(dir, 'certs.example/b.crt'), '');
    const cases: [registry: string, host: string][] = [
      ['a.example', 'of-a'],
      ['a.example:5000', 'default'],
      ['localhost:5000', 'of-underscores'],
      ['localhost:6000', 'of-colon'],
      ['other.example', 'default'],
      ['empty.example', 'empty.example'],
      ['certs.example', 'certs.example'],
    ];
    for (const [registry, host] of cases) assert.equal(await first(registry), host, registry);
    const [certs] = await registryHosts('certs.example', dir, fail);
    assert.deepEqual(certs?.tls.ca, [join(dir, 'certs.example/b.crt')]);
  } finally {
    rmSync(dir, { recursive: true });
  }
});

test('a mirror may have repositories under other names, and a time limit to connect', () => {
  const [host] = parseHostsFile(
    `[host."https://m"]
dial_timeout = "1m1.5s"
[host."https://m".rewrite]
"^rancher/(.*)" = "mirrored/rancher-\${1}"
"^(.*)$" = "all/$1"`,
    'docker.io',
    '/certs',
    fail,
  );
  assert.equal(host?.dialTimeout, 61_500);
  assert.equal(rewrite('rancher/k3s', host?.rewrites ?? []), 'mirrored/rancher-k3s');
  assert.equal(rewrite('library/nginx', host?.rewrites ?? []), 'all/library/nginx');
  const wrong: [text: string, message: RegExp][] = [
    ['[host.a]\ndial_timeout = "30"', /^Error: host\."a"\.dial_timeout: expected a duration such as "30s"/],
    ['[host.a]\nrewrite = { "(" = "x" }', /^Error: host\."a"\.rewrite\."\(": Invalid regular expression/],
    ['[host.a]\nrewrite = { "a" = 1 }', /rewrite\."a": expected a string/],
  ];
  for (const [text, message] of wrong)
    assert.throws(() => parseHostsFile(text, 'r', '/', fail), message, text);
});

test('without configuration only this machine is spoken to in the clear', async () => {
  const cases: [registry: string, url: string][] = [
    ['docker.io', 'https://registry-1.docker.io/v2'],
    ['quay.io', 'https://quay.io/v2'],
    ['10.0.0.1:5000', 'https://10.0.0.1:5000/v2'],
    ['localhost:5000', 'http://localhost:5000/v2'],
    ['127.1.2.3', 'http://127.1.2.3/v2'],
    ['[::1]:5000', 'http://[::1]:5000/v2'],
    ['localhost:443', 'https://localhost/v2'],
  ];
  for (const [registry, url] of cases) {
    assert.deepEqual(
      (await registryHosts(registry, '/no/such/dir', fail)).map((host) => host.url.href),
      [url],
    );
  }
  assert.equal(isLoopback('127.0.0.1.example.com'), false);
  assert.equal(isLoopback('localhost.example.com'), false);
});
