// What registries answer, beside what the specification says they should.
import type http from 'node:http';
import { gzipSync } from 'node:zlib';
import type { AuthConfig, DeepPartial } from '@berth/cri/generated/api.ts';
import { digestOf } from '@berth/oci/image-spec/digest.ts';
import type { Case, Outcome } from '../case.ts';
import { refused } from './container.ts';
import { publish, repositoryOf, tarOf } from './image.ts';
import type { RuntimeSide } from './node.ts';
import type { Answer } from './registry.ts';

const area = 'registry answers';

interface Place {
  /** `127.0.0.1:PORT`. */
  host: string;
  repository: string;
}

type Make = (place: Place) => Answer;

const isHead = (request: http.IncomingMessage) => request.method === 'HEAD';
const isManifest = (request: http.IncomingMessage) => request.url?.includes('/manifests/') ?? false;
const isBlob = (request: http.IncomingMessage) => request.url?.includes('/blobs/') ?? false;

/** Answers what `applies` with a status, and the rest by the book. */
function status(
  applies: (request: http.IncomingMessage) => boolean,
  code: number,
  headers: http.OutgoingHttpHeaders = {},
  times = Number.POSITIVE_INFINITY,
  body = '',
): Make {
  return () => {
    let left = times;
    return (request, response, usual) => {
      if (!applies(request) || left === 0) return usual();
      left -= 1;
      response.writeHead(code, headers).end(isHead(request) ? undefined : body);
    };
  };
}

/** Changes the headers of what `applies`; undefined takes one away. */
function headers(
  applies: (request: http.IncomingMessage) => boolean,
  changes: Readonly<Record<string, string | undefined>>,
): Make {
  return () => (request, response, usual) => {
    if (applies(request)) {
      const writeHead = response.writeHead.bind(response);
      response.writeHead = ((code: number, given: http.OutgoingHttpHeaders = {}) => {
        const merged = { ...given, ...changes };
        return writeHead(
          code,
          Object.fromEntries(Object.entries(merged).filter(([, value]) => value !== undefined)),
        );
      }) as typeof response.writeHead;
    }
    usual();
  };
}

/** Answers what `applies` with the usual body, passed through `send`. */
function body(
  applies: (request: http.IncomingMessage) => boolean,
  send: (response: http.ServerResponse, content: Buffer, request: http.IncomingMessage) => void,
): Make {
  return () => (request, response, usual) => {
    if (!applies(request) || isHead(request)) return usual();
    const end = response.end.bind(response);
    let held: http.OutgoingHttpHeaders = {};
    response.writeHead = ((code: number, given: http.OutgoingHttpHeaders) => {
      response.statusCode = code;
      held = given;
      return response;
    }) as typeof response.writeHead;
    response.end = ((content?: Buffer) => {
      response.end = end;
      for (const [name, value] of Object.entries(held)) {
        if (name !== 'content-length' && value !== undefined) response.setHeader(name, value);
      }
      send(response, content ?? Buffer.alloc(0), request);
      return response;
    }) as typeof response.end;
    usual();
  };
}

function redirect(
  code: number,
  location: (request: http.IncomingMessage, place: Place) => string,
  applies = isBlob,
): Make {
  return (place) => (request, response, usual) => {
    if (!applies(request) || request.url?.includes('moved')) return usual();
    response.writeHead(code, { location: location(request, place) }).end();
  };
}

/** Wants a token, which `token` answers for; the challenge names where that is. */
function bearer(
  challenge: (realm: string, place: Place) => string | string[],
  token: (response: http.ServerResponse, request: http.IncomingMessage) => void = (response) =>
    response.end('{"token":"secret"}'),
): Make {
  return (place) => (request, response, usual) => {
    if (request.url?.startsWith('/token')) return token(response, request);
    if (request.headers.authorization === 'Bearer secret') return usual();
    const realm = `http://${place.host}/token?case=${place.repository}`;
    response.writeHead(401, { 'www-authenticate': challenge(realm, place) }).end('{}');
  };
}

function basic(challenge: string | string[], user = 'user:pass'): Make {
  return () => (request, response, usual) => {
    if (request.headers.authorization === `Basic ${btoa(user)}`) return usual();
    response.writeHead(401, { 'www-authenticate': challenge }).end('{}');
  };
}

const usualChallenge = (realm: string, { repository }: Place) =>
  `Bearer realm="${realm}",service="registry",scope="repository:${repository}:pull"`;
const json = (value: string) => (response: http.ServerResponse) => void response.end(value);

const answers: readonly [name: string, make: Make, auth?: DeepPartial<AuthConfig>][] = [
  ['HEAD of a manifest: 404', status((request) => isManifest(request) && isHead(request), 404)],
  ['HEAD of a manifest: 405', status((request) => isManifest(request) && isHead(request), 405)],
  ['HEAD of a manifest: 400', status((request) => isManifest(request) && isHead(request), 400)],
  ['HEAD of a manifest: 403', status((request) => isManifest(request) && isHead(request), 403)],
  ['HEAD of a manifest: 500', status((request) => isManifest(request) && isHead(request), 500)],
  ['HEAD of a manifest: 501', status((request) => isManifest(request) && isHead(request), 501)],
  ['HEAD of a manifest: 204', status((request) => isManifest(request) && isHead(request), 204)],
  ['manifest: 404', status(isManifest, 404)],
  ['manifest: 403', status(isManifest, 403)],
  ['manifest: 410', status(isManifest, 410)],
  ['manifest: 500 once', status(isManifest, 500, {}, 1)],
  ['manifest: 503 twice', status(isManifest, 503, {}, 2)],
  ['manifest: 429 once', status(isManifest, 429, { 'retry-after': '1' }, 1)],
  ['manifest: 408 once', status(isManifest, 408, {}, 1)],
  [
    'manifest: 200 with HTML',
    status(isManifest, 200, { 'content-type': 'text/html' }, Number.POSITIVE_INFINITY, '<html></html>'),
  ],
  ['manifest: no digest header', headers(isManifest, { 'docker-content-digest': undefined })],
  ['manifest: an empty digest header', headers(isManifest, { 'docker-content-digest': '' })],
  ['manifest: a digest header that is none', headers(isManifest, { 'docker-content-digest': 'nonsense' })],
  ['manifest: a wrong digest header', headers(isManifest, { 'docker-content-digest': digestOf('other') })],
  [
    'manifest: a digest header of sha512',
    headers(isManifest, { 'docker-content-digest': `sha512:${'a'.repeat(128)}` }),
  ],
  [
    'manifest: a digest header in quotes',
    headers(isManifest, { 'docker-content-digest': `"${digestOf('x')}"` }),
  ],
  ['manifest: no content type', headers(isManifest, { 'content-type': undefined })],
  [
    'manifest: no content length',
    body(isManifest, (response, content) => response.write(content) && response.end()),
  ],
  [
    'manifest: no content length for HEAD',
    headers((request) => isManifest(request) && isHead(request), { 'content-length': undefined }),
  ],
  [
    'manifest: a content length of 0 for HEAD',
    headers((request) => isManifest(request) && isHead(request), { 'content-length': '0' }),
  ],
  [
    'manifest: through gzip',
    body(isManifest, (response, content) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(content)),
    ),
  ],
  [
    'manifest: cut off',
    body(isManifest, (response, content) =>
      response
        .writeHead(200, { 'content-length': content.length + 5 })
        .write(content, () => response.destroy()),
    ),
  ],
  [
    'manifest: a newline more than its digest',
    body(isManifest, (response, content) => response.end(Buffer.concat([content, Buffer.from('\n')]))),
  ],
  ['manifest: moved', redirect(307, ({ url }, { host }) => `http://${host}${url}?moved`, isManifest)],
  ['manifest: moved by a relative address', redirect(302, ({ url }) => `${url}?moved`, isManifest)],
  ['manifest: 60 kB of headers', headers(isManifest, { 'x-long': 'x'.repeat(60_000) })],
  [
    'manifest: warnings and a rate limit',
    headers(isManifest, { warning: '299 - "old"', 'ratelimit-remaining': '0;w=21600' }),
  ],
  [
    '/v2/ is not there',
    () => (request, response, usual) =>
      request.url === '/v2/' ? void response.writeHead(404).end() : usual(),
  ],

  ['blob: 404', status(isBlob, 404)],
  ['blob: 403', status(isBlob, 403)],
  ['blob: 500 once', status(isBlob, 500, {}, 1)],
  ['blob: 502 twice', status(isBlob, 502, {}, 2)],
  ['blob: 503 once', status(isBlob, 503, {}, 1)],
  ['blob: 429 once', status(isBlob, 429, { 'retry-after': '1' }, 1)],
  ['blob: 429 with a date', status(isBlob, 429, { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }, 1)],
  ['blob: 408 once', status(isBlob, 408, {}, 1)],
  ['blob: 204', status(isBlob, 204)],
  [
    'blob: 206 to no range',
    body(isBlob, (response, content) =>
      response
        .writeHead(206, { 'content-range': `bytes 0-${content.length - 1}/${content.length}` })
        .end(content),
    ),
  ],
  ['blob: no content length', body(isBlob, (response, content) => response.write(content) && response.end())],
  [
    'blob: no content length, and the connection ends',
    body(isBlob, (response, content) => {
      response.useChunkedEncodingByDefault = false;
      response.shouldKeepAlive = false;
      response.end(content);
    }),
  ],
  [
    'blob: a content length that is too large',
    body(isBlob, (response, content) =>
      response
        .writeHead(200, { 'content-length': content.length + 5 })
        .write(content, () => response.destroy()),
    ),
  ],
  [
    'blob: a content length that is too small',
    body(isBlob, (response, content) =>
      response.writeHead(200, { 'content-length': content.length - 5 }).end(content.subarray(0, -5)),
    ),
  ],
  [
    'blob: bytes too many',
    body(isBlob, (response, content) => response.end(Buffer.concat([content, Buffer.from('more')]))),
  ],
  ['blob: other bytes', body(isBlob, (response, content) => response.end(Buffer.alloc(content.length)))],
  ['blob: other bytes once', () => once((response, content) => response.end(Buffer.alloc(content.length)))],
  [
    'blob: cut off once',
    () =>
      once((response, content) =>
        response
          .writeHead(200, { 'content-length': content.length })
          .write(content.subarray(0, content.length / 2), () => response.destroy()),
      ),
  ],
  ['blob: a connection that ends at once, once', () => once((response) => response.destroy())],
  ['blob: an empty body', body(isBlob, (response) => response.end())],
  [
    'blob: through gzip',
    body(isBlob, (response, content) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(gzipSync(content)),
    ),
  ],
  [
    'blob: through zstd that nobody asked for',
    body(isBlob, (response, content) => response.writeHead(200, { 'content-encoding': 'zstd' }).end(content)),
  ],
  ['blob: said to be gzip, and served as it is', headers(isBlob, { 'content-encoding': 'gzip' })],
  ['blob: with the encoding "identity"', headers(isBlob, { 'content-encoding': 'identity' })],
  ['blob: with an unknown encoding', headers(isBlob, { 'content-encoding': 'aws-chunked' })],
  ['blob: a content type of HTML', headers(isBlob, { 'content-type': 'text/html; charset=utf-8' })],
  ['blob: no content type', headers(isBlob, { 'content-type': undefined })],
  ['blob: a wrong digest header', headers(isBlob, { 'docker-content-digest': digestOf('other') })],
  ['blob: moved by 301', redirect(301, ({ url }, { host }) => `http://${host}${url}?moved`)],
  ['blob: moved by 302', redirect(302, ({ url }, { host }) => `http://${host}${url}?moved`)],
  ['blob: moved by 303', redirect(303, ({ url }, { host }) => `http://${host}${url}?moved`)],
  ['blob: moved by 307', redirect(307, ({ url }, { host }) => `http://${host}${url}?moved`)],
  ['blob: moved by 308', redirect(308, ({ url }, { host }) => `http://${host}${url}?moved`)],
  ['blob: moved by 300', redirect(300, ({ url }, { host }) => `http://${host}${url}?moved`)],
  ['blob: moved by a relative address', redirect(307, ({ url }) => `${url}?moved`)],
  [
    'blob: moved by an address without a scheme',
    redirect(307, ({ url }, { host }) => `//${host}${url}?moved`),
  ],
  [
    'blob: moved to another name of the host',
    redirect(307, ({ url }, { host }) => `http://localhost:${host.split(':')[1]}${url}?moved`),
  ],
  ['blob: moved with a fragment', redirect(307, ({ url }, { host }) => `http://${host}${url}?moved#part`)],
  [
    'blob: moved with characters to encode',
    redirect(307, ({ url }, { host }) => `http://${host}${url}?moved=a|b"c`),
  ],
  ['blob: moved to nowhere', redirect(307, () => 'http://127.0.0.1:1/')],
  ['blob: moved without an address', status(isBlob, 307)],
  ['blob: moved to itself', redirect(307, ({ url }) => url ?? '/')],
  ['blob: moved nine times', hops(9)],
  ['blob: moved ten times', hops(10)],
  ['blob: moved to a file', redirect(307, () => 'file:///etc/passwd')],
  [
    'blob: with a user in the address',
    redirect(307, ({ url }, { host }) => `http://u:p@${host}${url}?moved`),
  ],

  ['token: as usual', bearer(usualChallenge)],
  ['token: the scheme in capitals', bearer((...all) => usualChallenge(...all).replace('Bearer', 'BEARER'))],
  [
    'token: the scheme in small letters',
    bearer((...all) => usualChallenge(...all).replace('Bearer', 'bearer')),
  ],
  ['token: blanks in the challenge', bearer((...all) => usualChallenge(...all).replaceAll(',', ' , '))],
  ['token: parameters without quotes', bearer((realm) => `Bearer realm="${realm}",service=registry`)],
  ['token: names of parameters in capitals', bearer((realm) => `Bearer Realm="${realm}",Service="registry"`)],
  ['token: a realm without quotes', bearer((realm) => `Bearer realm=${realm}`)],
  ['token: no scope', bearer((realm) => `Bearer realm="${realm}",service="registry"`)],
  [
    'token: no service',
    bearer((realm, { repository }) => `Bearer realm="${realm}",scope="repository:${repository}:pull"`),
  ],
  [
    'token: several scopes',
    bearer(
      (realm, { repository }) =>
        `Bearer realm="${realm}",scope="repository:${repository}:pull repository:x:pull"`,
    ),
  ],
  ['token: no realm', bearer(() => 'Bearer service="registry"')],
  ['token: a relative realm', bearer((_, { repository }) => `Bearer realm="/token?case=${repository}"`)],
  ['token: a realm with a quote in it', bearer((realm) => `Bearer realm="${realm}&q=\\"x\\""`)],
  ['token: an error beside it', bearer((...all) => `${usualChallenge(...all)},error="invalid_token"`)],
  ['token: unknown parameters', bearer((...all) => `${usualChallenge(...all)},x="y",z=1`)],
  ['token: a trailing comma', bearer((...all) => `${usualChallenge(...all)},`)],
  [
    'token: after a basic challenge in one header',
    bearer((...all) => `Basic realm="x", ${usualChallenge(...all)}`),
  ],
  ['token: after a basic challenge', bearer((...all) => ['Basic realm="x"', usualChallenge(...all)])],
  ['token: before a basic challenge', bearer((...all) => [usualChallenge(...all), 'Basic realm="x"'])],
  ['token: after a challenge of Negotiate', bearer((...all) => ['Negotiate', usualChallenge(...all)])],
  ['token: access_token', bearer(usualChallenge, json('{"access_token":"secret"}'))],
  ['token: both names', bearer(usualChallenge, json('{"token":"secret","access_token":"other"}'))],
  [
    'token: an empty token, and an access_token',
    bearer(usualChallenge, json('{"token":"","access_token":"secret"}')),
  ],
  ['token: an expiry in text', bearer(usualChallenge, json('{"token":"secret","expires_in":"300"}'))],
  ['token: an expiry of 0', bearer(usualChallenge, json('{"token":"secret","expires_in":0}'))],
  ['token: an expiry below zero', bearer(usualChallenge, json('{"token":"secret","expires_in":-1}'))],
  ['token: an expiry with a point', bearer(usualChallenge, json('{"token":"secret","expires_in":300.5}'))],
  ['token: an expiry of null', bearer(usualChallenge, json('{"token":"secret","expires_in":null}'))],
  ['token: a date that is none', bearer(usualChallenge, json('{"token":"secret","issued_at":"now"}'))],
  ['token: an empty date', bearer(usualChallenge, json('{"token":"secret","issued_at":""}'))],
  [
    'token: a date long ago',
    bearer(usualChallenge, json('{"token":"secret","issued_at":"2000-01-01T00:00:00Z","expires_in":60}')),
  ],
  [
    'token: members that are unknown',
    bearer(usualChallenge, json('{"token":"secret","scope":["x"],"extra":{"a":1}}')),
  ],
  ['token: names in capitals', bearer(usualChallenge, json('{"Token":"secret"}'))],
  ['token: text after it', bearer(usualChallenge, json('{"token":"secret"}\n\n'))],
  ['token: a second document after it', bearer(usualChallenge, json('{"token":"secret"}{}'))],
  ['token: HTML', bearer(usualChallenge, json('<html></html>'))],
  ['token: none in the answer', bearer(usualChallenge, json('{}'))],
  [
    'token: 201',
    bearer(usualChallenge, (response) => void response.writeHead(201).end('{"token":"secret"}')),
  ],
  ['token: 404', bearer(usualChallenge, (response) => void response.writeHead(404).end())],
  ['token: 500', bearer(usualChallenge, (response) => void response.writeHead(500).end())],
  [
    'token: moved',
    bearer(usualChallenge, (response, request) =>
      request.url?.includes('moved')
        ? void response.end('{"token":"secret"}')
        : void response.writeHead(307, { location: `${request.url}&moved` }).end(),
    ),
  ],
  ['token: a realm that refuses connections', bearer(() => 'Bearer realm="http://127.0.0.1:1/token"')],
  ['401 without a challenge', status(isManifest, 401)],
  ['401 with an empty challenge', status(isManifest, 401, { 'www-authenticate': '' })],
  [
    '401 with an unknown challenge',
    status(isManifest, 401, { 'www-authenticate': 'Digest realm="x",nonce="y"' }),
  ],
  [
    '403 with a challenge',
    () => (request, response, usual) =>
      request.headers.authorization
        ? usual()
        : void response.writeHead(403, { 'www-authenticate': 'Basic realm="x"' }).end(),
    { username: 'user', password: 'pass' },
  ],

  ['login: none given', basic('Basic realm="x"')],
  ['login: user and password', basic('Basic realm="x"'), { username: 'user', password: 'pass' }],
  ['login: wrong password', basic('Basic realm="x"'), { username: 'user', password: 'wrong' }],
  ['login: no realm', basic('Basic'), { username: 'user', password: 'pass' }],
  ['login: the scheme in small letters', basic('basic realm="x"'), { username: 'user', password: 'pass' }],
  ['login: a charset', basic('Basic realm="x", charset="UTF-8"'), { username: 'user', password: 'pass' }],
  ['login: auth', basic('Basic realm="x"'), { auth: btoa('user:pass') }],
  ['login: auth with colons', basic('Basic realm="x"', 'user:pa:ss:'), { auth: btoa('user:pa:ss:') }],
  ['login: auth with NUL at its end', basic('Basic realm="x"'), { auth: btoa('user:pass\0\0') }],
  ['login: auth with a newline at its end', basic('Basic realm="x"'), { auth: `${btoa('user:pass')}\n` }],
  [
    'login: auth without padding',
    basic('Basic realm="x"', 'user:passw'),
    { auth: btoa('user:passw').replace(/=+$/, '') },
  ],
  ['login: auth without a colon', basic('Basic realm="x"'), { auth: btoa('user') }],
  ['login: auth that is no base64', basic('Basic realm="x"'), { auth: '***' }],
  [
    'login: user and auth',
    basic('Basic realm="x"'),
    { username: 'user', password: 'pass', auth: btoa('other:other') },
  ],
  [
    'login: a password with a space',
    basic('Basic realm="x"', 'user:p ss'),
    { username: 'user', password: 'p ss' },
  ],
  ['login: an empty password', basic('Basic realm="x"', 'user:'), { username: 'user', password: '' }],
  [
    'login: for another server',
    basic('Basic realm="x"'),
    { username: 'user', password: 'pass', serverAddress: 'other.test' },
  ],
  [
    'login: for another server by its URL',
    basic('Basic realm="x"'),
    { username: 'user', password: 'pass', serverAddress: 'https://other.test/v1/' },
  ],
  [
    'login: before a token',
    bearer(
      usualChallenge,
      (response, request) =>
        void response
          .writeHead(request.headers.authorization === `Basic ${btoa('user:pass')}` ? 200 : 401)
          .end('{"token":"secret"}'),
    ),
    { username: 'user', password: 'pass' },
  ],
  [
    'login: not wanted',
    () => (request, response, usual) =>
      request.headers.authorization ? void response.writeHead(400).end() : usual(),
    { username: 'user', password: 'pass' },
  ],
  ['login: a registry token', bearer(usualChallenge), { registryToken: 'secret' }],
];

/** Serves a blob after it has been moved so many times. */
function hops(count: number): Make {
  return () => (request, response, usual) => {
    const { url = '' } = request;
    const [, hop = '0'] = /[?]hop=(\d+)/.exec(url) ?? [];
    if (!isBlob(request) || Number(hop) >= count) return usual();
    response.writeHead(307, { location: `${url.replace(/[?].*/, '')}?hop=${Number(hop) + 1}` }).end();
  };
}

/** The first answer of a layer's blob is sent by `send`. */
function once(send: (response: http.ServerResponse, content: Buffer) => void): Answer {
  let isFirst = true;
  const odd = body(
    () => true,
    (response, content) => send(response, content),
  )({ host: '', repository: '' });
  return (request, response, usual) => {
    if (!isBlob(request) || !isFirst) return usual();
    isFirst = false;
    return odd(request, response, usual);
  };
}

/** How an image is called: HOST stands for the registry, NAME for the repository, DIGEST for the manifest's digest. */
const references: readonly string[] = [
  'HOST/NAME',
  'HOST/NAME:1@DIGEST',
  'HOST/NAME@DIGEST',
  'HOST/NAME:missing@DIGEST',
  'HOST/NAME:Not_There.1-x',
  'HOST/NAME@sha256:0000000000000000000000000000000000000000000000000000000000000000',
  'HOST/NAME@sha256:abc',
  'HOST/NAME@md5:d41d8cd98f00b204e9800998ecf8427e',
  'HOST/Upper/NAME:1',
  'HOST//NAME:1',
  'HOST/NAME/:1',
  'HOST/NAME:',
  'HOST/NAME:-1',
  'HOST/NAME: 1',
  ' HOST/NAME:1',
  'http://HOST/NAME:1',
  'docker://HOST/NAME:1',
  'HOST/NAME:1?x=y',
  'HOST/a/../NAME:1',
  'HOST',
  '',
];

async function pull(side: RuntimeSide, image: string, auth?: DeepPartial<AuthConfig>): Promise<Outcome> {
  try {
    await side.client.image.pullImage({ image: { image }, ...(auth && { auth }) });
  } catch (error) {
    return refused('image', error);
  }
  const { image: found } = await side.client.image.imageStatus({ image: { image } });
  const names = [...(found?.repoTags ?? []), ...(found?.repoDigests ?? [])];
  return { facts: { names: names.map((name) => name.replace(side.registry.host, 'HOST')).sort() } };
}

/** An image of its own, which the daemons have no blob of. */
function publishOwn(side: RuntimeSide, repository: string) {
  return publish(side.registry, repository, {
    bare: true,
    layers: [tarOf([{ type: 'file', path: 'a', content: repository }])],
    config: { Labels: { repository } },
  });
}

export const registryAnswers: readonly Case<RuntimeSide>[] = [
  ...answers.map(
    ([name, make, auth]): Case<RuntimeSide> => ({
      area,
      name,
      apply: async (side) => {
        const repository = repositoryOf(area, name);
        const { reference } = publishOwn(side, repository);
        side.registry.intercept(repository, make({ host: side.registry.host, repository }));
        return await pull(side, reference, auth);
      },
    }),
  ),
  ...references.map(
    (pattern): Case<RuntimeSide> => ({
      area,
      name: `reference ${JSON.stringify(pattern)}`,
      apply: async (side) => {
        const repository = repositoryOf(area, pattern);
        const { descriptor } = publishOwn(side, repository);
        const { content, mediaType } = side.registry.manifest(repository, '1');
        side.registry.tag(repository, 'latest', content, mediaType);
        const image = pattern
          .replace('HOST', side.registry.host)
          .replace('NAME', repository)
          .replace('DIGEST', descriptor.digest);
        return await pull(side, image);
      },
    }),
  ),
];
