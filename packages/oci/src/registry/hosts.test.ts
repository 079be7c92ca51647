import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback, parseHostsFile, registryHosts, rewrite } from './hosts.ts';

const summary = (text: string, registry = 'docker.io') =>
  parseHostsFile(text, registry, '/certs').map(({ url, capabilities, mirrorOf }) =>
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
  );
  assert.deepEqual(host?.tls, {
    ca: ['/certs/r/ca.crt'],
    client: [{ cert: '/certs/r/a.pem' }, { cert: '/certs/r/b.crt', key: '/b.key' }],
    skipVerify: true,
  });
  assert.deepEqual(host?.headers, { 'x-a': ['1', '2'], 'x-b': ['3'] });
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
  );
  assert.equal(host?.dialTimeout, 61_500);
  assert.equal(rewrite('rancher/k3s', host?.rewrites ?? []), 'mirrored/rancher-k3s');
  assert.equal(rewrite('library/nginx', host?.rewrites ?? []), 'all/library/nginx');
  const wrong: [text: string, message: RegExp][] = [
    ['[host.a]\ndial_timeout = "30"', /^Error: host\."a"\.dial_timeout: expected a duration such as "30s"/],
    ['[host.a]\nrewrite = { "(" = "x" }', /^Error: host\."a"\.rewrite\."\(": Invalid regular expression/],
    ['[host.a]\nrewrite = { "a" = 1 }', /rewrite\."a": expected a string/],
  ];
  for (const [text, message] of wrong) assert.throws(() => parseHostsFile(text, 'r', '/'), message, text);
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
      (await registryHosts(registry, '/no/such/dir')).map((host) => host.url.href),
      [url],
    );
  }
  assert.equal(isLoopback('127.0.0.1.example.com'), false);
  assert.equal(isLoopback('localhost.example.com'), false);
});
