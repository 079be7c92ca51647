import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cleanPath, indexRoutes, type Match } from './route-match.ts';
import type { Route } from './routes.ts';

const route = (methods: Route['methods'], path: string, more: Partial<Route> = {}): Route => ({
  methods,
  path,
  handler: () => {},
  ...more,
});
const index = indexRoutes([
  route('any', '/healthz'),
  route('any', '/metrics'),
  route('any', '/metrics/cadvisor'),
  route('any', '/attach/'),
  route(['GET'], '/pods', { producesJson: true }),
  route(['GET'], '/runningpods/', { root: '/runningpods/' }),
  route(['GET', 'POST'], '/exec/{namespace}/{pod}/{container}'),
  route(['GET', 'POST'], '/exec/{namespace}/{pod}/{uid}/{container}'),
  route(['GET'], '/logs/', { root: '/logs/' }),
  route(['GET'], '/logs/{path:*}', { root: '/logs/' }),
  route(['GET'], '/stats/summary', { root: '/stats/' }),
  route(['POST'], '/checkpoint/{namespace}', { root: '/checkpoint/' }),
]);

function told(match: Match): string {
  if (match.to === 'redirect') return `→ ${match.location}`;
  if (match.to === 'error') {
    const { status, text, isGuarded, allow = '' } = match;
    return `${status} ${JSON.stringify(text)}${isGuarded ? ' guarded' : ''}${allow && ` allow ${allow}`}`;
  }
  return `${match.route.path} ${JSON.stringify(match.params)}`;
}

const restful404 = '404 "404: Page Not Found" guarded';
const mux404 = '404 "404 page not found\\n"';
// What kubelet v1.37.2 answers.
const rows: readonly [request: string, expected: string][] = [
  ['GET /', mux404],
  ['GET /nothing', mux404],
  ['GET /pods', '/pods {}'],
  ['GET /pods/', '/pods {}'],
  ['GET /pods/x', restful404],
  ['GET //pods', '→ /pods'],
  ['HEAD /pods', '405 "405: Method Not Allowed" guarded allow GET'],
  ['GET /runningpods', '→ /runningpods/'],
  ['GET /runningpods/', '/runningpods/ {}'],
  ['DELETE /healthz', '/healthz {}'],
  ['GET /healthz/', mux404],
  ['GET /metrics/cadvisor', '/metrics/cadvisor {}'],
  ['GET /metrics/nope', mux404],
  ['GET /attach', '→ /attach/'],
  ['GET /attach/x/y', '/attach/ {}'],
  ['GET /exec', restful404],
  ['GET /exec/', restful404],
  ['GET /exec/a/b/c', '/exec/{namespace}/{pod}/{container} {"namespace":"a","pod":"b","container":"c"}'],
  ['GET /exec/a/b/c/', '/exec/{namespace}/{pod}/{container} {"namespace":"a","pod":"b","container":"c"}'],
  [
    'POST /exec/a/b/u/c',
    '/exec/{namespace}/{pod}/{uid}/{container} {"namespace":"a","pod":"b","uid":"u","container":"c"}',
  ],
  ['PUT /exec/a/b/c', '405 "405: Method Not Allowed" guarded allow GET, POST'],
  ['GET /exec/a/b/c/d/e', restful404],
  ['GET /exec//b/c', '→ /exec/b/c'],
  [
    'GET /exec/a%20b/b/c',
    '/exec/{namespace}/{pod}/{container} {"namespace":"a b","pod":"b","container":"c"}',
  ],
  ['GET /logs', '→ /logs/'],
  ['GET /logs/', '/logs/ {}'],
  ['GET /logs/x/y', '/logs/{path:*} {"path":"x/y"}'],
  ['GET /logs/../../etc/passwd', '→ /etc/passwd'],
  ['GET /logs/..%2f..%2fetc/passwd', '/logs/{path:*} {"path":"../../etc/passwd"}'],
  ['GET /stats', '→ /stats/'],
  ['GET /stats/', restful404],
  ['GET /stats/summary', '/stats/summary {}'],
  ['GET /checkpoint', '→ /checkpoint/'],
  ['GET /checkpoint/', restful404],
  ['GET /__proto__', mux404],
  ['GET /logs/%zz', '400 "400 Bad Request"'],
];

for (const [request, expected] of rows) {
  test(request, () => {
    const [method = '', path = ''] = request.split(' ');
    assert.equal(told(index.match(method, path)), expected);
  });
}

test('a client that accepts no JSON gets none', () => {
  for (const [accept, expected] of [
    ['text/html', '406 "406: Not Acceptable\\n\\nAvailable representations: application/json" guarded'],
    ['text/html, application/json;q=0.5', '/pods {}'],
    ['*/*', '/pods {}'],
  ] as const) {
    assert.equal(told(index.match('GET', '/pods', accept)), expected);
  }
});

test('buckets and plain paths', () => {
  assert.deepEqual(
    [...index.buckets],
    [
      ...['healthz', 'metrics', 'metrics/cadvisor', 'attach', 'pods', 'runningpods', 'exec', 'logs', 'stats'],
      'checkpoint',
    ],
  );
  assert.deepEqual(index.plainPaths, ['/healthz', '/metrics', '/metrics/cadvisor', '/attach/']);
});

test('clean paths', () => {
  for (const [path, clean] of [
    ['/', '/'],
    ['', '/'],
    ['//', '/'],
    ['/a/./b/../c/', '/a/c/'],
    ['/../..', '/'],
  ] as const) {
    assert.equal(cleanPath(path), clean);
  }
});
