import assert from 'node:assert/strict';
import { existsSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { until } from '@berth/test-support/until.ts';
import type { CertificateSigningRequest } from 'kubernetes-types/certificates/v1.d.ts';
import { redirectLog } from '../../klog/klog.ts';
import { TestAuthority } from '../../testing/certificates.ts';
import { HttpsServer, json } from '../../testing/https-server.ts';
import { issue, SigningApi } from '../../testing/signing-api.ts';
import { clientTemplate } from './certificate-template.ts';
import { type ClientIdentity, type IdentitySettings, openClientIdentity } from './client-identity.ts';
import { keyPem, makeKey } from './private-key.ts';
import { signingRequest } from './signing-request.ts';

redirectLog(() => {});
const { path: dir, [Symbol.dispose]: removeDir } = scratchDir('identity');
after(removeDir);
const authority = new TestAuthority(dir, 'ca');
const hour = 3_600_000;
const node = 'system:node:n';

/** An API server that signs every request at once, and knows nothing else. */
class Cluster implements AsyncDisposable {
  readonly api = new SigningApi();
  readonly server: HttpsServer;
  /** How long certificates are valid. */
  validMs = hour;
  /** Of the certificates that are issued: from when they are valid, before now. */
  ageMs = 0;

  private constructor(server: HttpsServer) {
    this.server = server;
    this.api.onCreate = ({ metadata }) => {
      const now = Date.now();
      const validity = { notBefore: now - this.ageMs, notAfter: now + this.validMs };
      this.api.sign(metadata?.name ?? '', validity);
    };
  }

  static async start(): Promise<Cluster> {
    let cluster: Cluster | undefined;
    const options = { ca: authority.cert, requestCert: true, rejectUnauthorized: false };
    const server = await HttpsServer.start(
      authority,
      ({ method, url, body }, response) => {
        const { api } = cluster ?? assert.fail();
        const name = /metadata\.name%3D([\w-]+)/.exec(url)?.[1] ?? '';
        if (method === 'POST') {
          const request: CertificateSigningRequest = JSON.parse(body);
          json(response, api.create(request), 201);
        } else if (url.startsWith('/apis/certificates.k8s.io/v1/certificatesigningrequests?')) {
          const found = api.requests.get(name);
          json(response, { metadata: { resourceVersion: '1' }, items: found ? [found] : [] });
        } else json(response, { kind: 'Pod', metadata: { name: 'x' } });
      },
      options,
    );
    cluster = new Cluster(server);
    return cluster;
  }

  /** What each request was: its method, who made it, and its token. */
  requests(): string[] {
    return this.server.requests.map(
      ({ method, client, headers }) => `${method} ${headers.authorization ?? client ?? 'nobody'}`,
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
  }
}

/** The files of a node, and its identity. */
class Node implements Disposable {
  readonly #scratch = scratchDir('node');
  readonly cluster: Cluster;
  readonly events: string[] = [];
  expiry = (): number | undefined => undefined;
  readonly kubeconfig = join(this.#scratch.path, 'kubelet.conf');
  readonly bootstrapKubeconfig = join(this.#scratch.path, 'bootstrap.conf');
  readonly certDir = join(this.#scratch.path, 'pki');

  constructor(cluster: Cluster) {
    this.cluster = cluster;
    this.write(this.bootstrapKubeconfig, { token: 'abcdef.0123456789abcdef' });
  }

  /** Writes a kubeconfig of the cluster. */
  write(path: string, user: object): void {
    const cluster = {
      server: `https://127.0.0.1:${this.cluster.server.port}`,
      'certificate-authority-data': Buffer.from(authority.cert).toString('base64'),
    };
    writeFileSync(
      path,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
        clusters: [{ name: 'k', cluster }],
        users: [{ name: 'u', user }],
      }),
    );
  }

  open(changes: Partial<IdentitySettings> = {}): Promise<ClientIdentity> {
    const { kubeconfig, bootstrapKubeconfig, certDir } = this;
    return openClientIdentity(
      { kubeconfig, bootstrapKubeconfig, certDir, rotatesClient: true, nodeName: 'n', ...changes },
      {
        version: 'v1.37.2',
        observer: (expiry) => {
          this.expiry = expiry;
          return {
            renewFailed: () => this.events.push('failed'),
            renewed: () => this.events.push('renewed'),
          };
        },
        exit: () => this.events.push('exit'),
      },
      new AbortController().signal,
    );
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
  }
}

/** Asks for some object, as whoever the kubelet is. */
async function ask({ server }: ClientIdentity): Promise<void> {
  const client = server.client({ qps: -1, burst: 0, timeoutMs: 10_000 });
  await client.get({ group: '', version: 'v1', plural: 'pods' }, { name: 'x', namespace: 'd' });
}

async function pairFor(days: number, name = 'n'): Promise<{ cert: string; key: string }> {
  const key = await makeKey();
  const validity = { notBefore: Date.now() - hour, notAfter: Date.now() + days * 24 * hour };
  return { cert: issue(signingRequest(clientTemplate(name), key), validity, key), key: keyPem(key) };
}

function inKubeconfig({ cert, key }: { cert: string; key: string }): object {
  return {
    'client-certificate-data': Buffer.from(cert).toString('base64'),
    'client-key-data': Buffer.from(key).toString('base64'),
  };
}

test('without rotation: bootstraps first, then is the node', async () => {
  await using cluster = await Cluster.start();
  using files = new Node(cluster);
  await using identity = await files.open({ rotatesClient: false });
  await ask(identity);
  const token = 'Bearer abcdef.0123456789abcdef';
  assert.deepEqual(cluster.requests(), [`POST ${token}`, `GET ${token}`, `GET ${node}`]);
});

test('with rotation: is nobody until the certificate comes, and renews it', async () => {
  await using cluster = await Cluster.start();
  using files = new Node(cluster);
  // Due at once, so that it is renewed after a second.
  cluster.ageMs = 100 * hour;
  await using identity = await files.open();
  await ask(identity);
  const token = 'Bearer abcdef.0123456789abcdef';
  assert.ok(cluster.requests().includes('GET nobody'));
  assert.ok(existsSync(files.kubeconfig), 'the kubeconfig is there before the certificate');
  await until('a second certificate', () => files.events.length >= 2);
  await ask(identity);
  const creations = cluster.requests().filter((request) => request.startsWith('POST'));
  assert.deepEqual(creations.slice(0, 2), [`POST ${token}`, `POST ${node}`]);
  assert.equal(cluster.requests().at(-1), `GET ${node}`);
  assert.ok((files.expiry() ?? 0) > Date.now());
  assert.ok(!files.events.includes('failed'));
});

test('with rotation: a restart uses what is stored', async () => {
  await using cluster = await Cluster.start();
  using files = new Node(cluster);
  await (async () => {
    await using _identity = await files.open();
    await until('a certificate', () => files.events.length === 1);
  })();
  const before = cluster.server.requests.length;
  await using identity = await files.open();
  await ask(identity);
  assert.deepEqual(cluster.requests().slice(before), [`GET ${node}`]);
  // Without its kubeconfig, too.
  unlinkSync(files.kubeconfig);
  await using again = await files.open();
  await ask(again);
  assert.equal(cluster.requests().at(-1), `GET ${node}`);
  assert.match(readFileSync(files.kubeconfig, 'utf8'), /kubelet-client-current\.pem/);
});

test('with rotation: a certificate in the kubeconfig is replaced at once', async () => {
  await using cluster = await Cluster.start();
  using files = new Node(cluster);
  files.write(files.kubeconfig, inKubeconfig(await pairFor(1)));
  await using identity = await files.open({ bootstrapKubeconfig: undefined });
  await ask(identity);
  await until('another certificate', () => files.events.length === 1);
  await ask(identity);
  assert.deepEqual([...new Set(cluster.requests())].sort(), [`GET ${node}`, `POST ${node}`]);
});

test('with rotation: a renamed node asks for its certificate as the kubeconfig says, not as the node it was', async () => {
  await using cluster = await Cluster.start();
  using files = new Node(cluster);
  files.write(files.kubeconfig, inKubeconfig(await pairFor(1)));
  await (async () => {
    await using _identity = await files.open({ bootstrapKubeconfig: undefined });
    await until('a certificate', () => files.events.length === 1);
  })();
  const before = cluster.server.requests.length;
  files.write(files.kubeconfig, inKubeconfig(await pairFor(1, 'm')));
  await using identity = await files.open({ bootstrapKubeconfig: undefined, nodeName: 'm' });
  await until('another certificate', () => files.events.length === 2);
  await ask(identity);
  const seen = cluster.requests().slice(before);
  assert.deepEqual([seen[0], seen.at(-1)], ['POST system:node:m', 'GET system:node:m']);
});

test('with rotation: an expired certificate is shown only to ask for another', async () => {
  await using cluster = await Cluster.start();
  using files = new Node(cluster);
  cluster.api.onCreate = ({ metadata }) => {
    cluster.api.update(metadata?.name ?? '', { conditions: [{ type: 'Denied', status: 'True' }] });
  };
  files.write(files.kubeconfig, inKubeconfig(await pairFor(-1)));
  await using identity = await files.open({ bootstrapKubeconfig: undefined });
  await until('an attempt', () => files.events.length >= 1);
  await ask(identity);
  const seen = cluster.requests();
  assert.equal(seen[0], `POST ${node}`);
  assert.equal(seen.at(-1), 'GET nobody');
});

test('mistakes end the start', async () => {
  await using cluster = await Cluster.start();
  using files = new Node(cluster);
  await assert.rejects(
    files.open({ bootstrapKubeconfig: undefined }),
    /invalid kubeconfig \S+: .*no such file/i,
  );
  writeFileSync(files.bootstrapKubeconfig, 'damaged');
  await assert.rejects(files.open(), /unable to load bootstrap kubeconfig/);
});
