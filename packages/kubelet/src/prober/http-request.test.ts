import assert from 'node:assert/strict';
import { test } from 'node:test';
import { httpGetRequest, redirectedRequest, resolvePort } from './http-request.ts';

const container = { ports: [{ name: 'web', containerPort: 8080 }] };
const request = (action: object) =>
  httpGetRequest({ port: 80, path: '/', ...action }, container, '10.0.0.2', 'probe');

test('a request without headers has those of the real kubelet', () => {
  assert.deepEqual(request({}), {
    scheme: 'http',
    host: '10.0.0.2',
    port: 80,
    path: '/',
    headers: ['Host', '10.0.0.2:80', 'User-Agent', 'kube-probe/1.37', 'Accept', '*/*', 'Connection', 'close'],
  });
});

const header = (name: string, value: string) => ({ name, value });
const headers: [title: string, given: ReturnType<typeof header>[], sent: string[]][] = [
  [
    'names are canonical and sorted, values may repeat',
    [header('x-b', '1'), header('X-A', '2'), header('x-B', '3')],
    ['User-Agent: kube-probe/1.37', 'Accept: */*', 'X-A: 2', 'X-B: 1', 'X-B: 3'],
  ],
  ['an empty Accept is not sent', [header('accept', '')], ['User-Agent: kube-probe/1.37']],
  ['an empty User-Agent neither', [header('User-Agent', '')], ['Accept: */*']],
  ['a User-Agent is replaced', [header('user-agent', 'me')], ['User-Agent: me', 'Accept: */*']],
  [
    'the connection is not theirs to keep',
    [header('Connection', 'keep-alive'), header('Content-Length', '9')],
    ['User-Agent: kube-probe/1.37', 'Accept: */*'],
  ],
  [
    'a value has no lines, and is sent in UTF-8',
    [header('X', 'a\r\nB: é')],
    ['User-Agent: kube-probe/1.37', 'Accept: */*', 'X: a  B: Ã©'],
  ],
];
for (const [title, httpHeaders, sent] of headers) {
  test(title, () => {
    const raw = request({ httpHeaders }).headers;
    const lines = raw.flatMap((name, index) => (index % 2 === 0 ? [`${name}: ${raw[index + 1]}`] : []));
    assert.deepEqual(lines, ['Host: 10.0.0.2:80', ...sent, 'Connection: close']);
  });
}

test('a Host header goes to the address of the pod', () => {
  const { host, headers: sent } = request({ httpHeaders: [header('host', 'a.example')] });
  assert.deepEqual([host, sent[1]], ['10.0.0.2', 'a.example']);
  assert.equal(request({ host: 'fd00::1' }).headers[1], '[fd00::1]:80');
});

// The targets were printed by a Go program that builds the request as the real kubelet does.
const targets: [path: string, target: string][] = [
  ['/', '/'],
  ['healthz', '/healthz'],
  ['/a?b=c&d', '/a?b=c&d'],
  ['/a?b c', '/a?b%20c'],
  ['/a b', '/a%20b'],
  ['/a%20b', '/a%20b'],
  ['/a%zz?b', '/a%25zz%3Fb'],
  ['/ä', '/%C3%A4'],
  ['/a#b', '/a'],
  ['/a/../b', '/a/../b'],
  ['http://elsewhere/a', '/a'],
  ['//elsewhere/a', '/a'],
  ['/a?b=%zz', '/a?b=%zz'],
  ['/a;b,c|d"<>`{}^\\[]', '/a;b,c%7Cd%22%3C%3E%60%7B%7D%5E%5C%5B%5D'],
  ["/$&+,:;=@!'()*[]", "/$&+,:;=@!'()*[]"],
  ['/a%2Fb', '/a%2Fb'],
  ['?a=b', '/?a=b'],
  ['', '/'],
  ['/a?', '/a?'],
];
for (const [path, target] of targets) {
  test(`the path ${path} is sent as ${target}`, () => assert.equal(request({ path }).path, target));
}

test('a port is a number or the name of a port of the container', () => {
  assert.equal(resolvePort(81, container), 81);
  assert.equal(resolvePort('web', container), 8080);
  assert.throws(() => resolvePort('db', container), { message: 'port "db" not found' });
  assert.throws(() => resolvePort(0, container), { message: 'invalid port number: 0' });
});

const redirects: [location: string, expected: string | undefined][] = [
  ['/b', 'http 10.0.0.2:80 /b as 10.0.0.2:80'],
  ['c?d', 'http 10.0.0.2:80 /c?d as 10.0.0.2:80'],
  ['http://10.0.0.2:81/b', 'http 10.0.0.2:81 /b as 10.0.0.2:81'],
  ['https://10.0.0.2/b', 'https 10.0.0.2:443 /b as 10.0.0.2'],
  ['http://elsewhere/b', undefined],
];
for (const [location, expected] of redirects) {
  test(`a redirect to ${location} ${expected ? `asks for ${expected}` : 'is not followed'}`, () => {
    const next = redirectedRequest(request({}), location);
    assert.equal(
      next && `${next.scheme} ${next.host}:${next.port} ${next.path} as ${next.headers[1]}`,
      expected,
    );
  });
}

test('a redirect keeps a Host header of the probe on the same server only', () => {
  const named = request({ httpHeaders: [header('Host', 'a.example')] });
  assert.equal(redirectedRequest(named, '/b')?.headers[1], 'a.example');
  assert.equal(redirectedRequest(named, 'http://10.0.0.2:81/b')?.headers[1], '10.0.0.2:81');
  assert.throws(() => redirectedRequest(named, 'ftp://10.0.0.2/'), /unsupported protocol scheme "ftp"/);
});
