import assert from 'node:assert/strict';
import { test } from 'node:test';
import { until } from '@berth/test-support/until.ts';
import { redirectLog } from '../../klog/klog.ts';
import { apiError, issue, SigningApi } from '../../testing/signing-api.ts';
import { CertificateManager, type Clock, type ManagerPorts } from './certificate-manager.ts';
import { type CertificatePair, readPair } from './certificate-store.ts';
import { type CertificateTemplate, clientTemplate } from './certificate-template.ts';
import { keyPem, makeKey } from './private-key.ts';
import { clientUsages } from './request-certificate.ts';
import { signingRequest } from './signing-request.ts';

redirectLog(() => {});
const hour = 3_600_000;
const start = Date.UTC(2026, 10, 30);

/** A clock that a test advances. */
class TestClock implements Clock {
  #now = start;
  readonly #sleepers = new Set<{ until: number; wake: () => void }>();

  now(): number {
    return this.#now;
  }

  async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (signal.aborted) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    const sleeper = { until: this.#now + ms, wake: resolve };
    this.#sleepers.add(sleeper);
    signal.addEventListener('abort', () => resolve(), { once: true });
    await promise;
    this.#sleepers.delete(sleeper);
  }

  isSleeping(): boolean {
    return this.#sleepers.size > 0;
  }

  /** Goes on to the end of the next sleep, or to the given time when that is earlier. False: nothing ended. */
  advance(latest: number): boolean {
    const next = [...this.#sleepers].toSorted((one, other) => one.until - other.until)[0];
    if (next === undefined || next.until > latest) {
      this.#now = latest;
      return false;
    }
    this.#now = Math.max(this.#now, next.until);
    this.#sleepers.delete(next);
    next.wake();
    return true;
  }
}

/** A manager whose API server signs nothing by itself. */
class Bench implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly api = new SigningApi();
  readonly created: string[] = [];
  /** Whether there was a current certificate when a client was made. */
  readonly clients: boolean[] = [];
  readonly events: string[] = [];
  stored: CertificatePair | undefined;
  template: CertificateTemplate | undefined = clientTemplate('n');
  #manager: CertificateManager | undefined;

  constructor() {
    this.api.onCreate = ({ metadata }) => this.created.push(metadata?.name ?? '');
  }

  get manager(): CertificateManager {
    assert.ok(this.#manager);
    return this.#manager;
  }

  /** Starts it, and waits until it has nothing more to do. */
  async start(changes: Partial<ManagerPorts> = {}): Promise<void> {
    this.#manager = await CertificateManager.open({
      store: {
        current: async () => this.stored,
        update: async (cert, key) => {
          this.stored = readPair(cert, key);
          return this.stored;
        },
      },
      template: () => this.template,
      signerName: 'example.org/s',
      usages: clientUsages,
      client: (current) => {
        this.clients.push(current !== undefined);
        return this.api.client;
      },
      observer: {
        renewFailed: () => this.events.push('failed'),
        renewed: (age) => this.events.push(age === undefined ? 'first' : `after ${age} s`),
      },
      clock: this.clock,
      ...changes,
    });
    this.#manager.start();
    await this.#idle();
  }

  /** Lets time pass, with all that happens meanwhile. */
  async pass(ms: number): Promise<void> {
    const end = this.clock.now() + ms;
    do await this.#idle();
    while (this.clock.advance(end));
  }

  /** Signs the newest request for an hour. */
  async sign(): Promise<void> {
    const now = this.clock.now();
    const before = this.stored;
    this.api.sign(this.created.at(-1) ?? '', { notBefore: now, notAfter: now + hour });
    await until('the certificate is stored', () => this.stored !== before);
    await this.#idle();
  }

  /** It sleeps, or waits for a request to be signed. */
  async #idle(): Promise<void> {
    await until('the manager waits', () => this.clock.isSleeping() || this.api.isWatched());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#manager?.stop();
  }
}

async function pairOf(
  template: CertificateTemplate,
  notBefore: number,
  notAfter: number,
): Promise<CertificatePair> {
  const key = await makeKey();
  return readPair(issue(signingRequest(template, key), { notBefore, notAfter }, key), keyPem(key));
}

test('the first certificate, and the next one before it expires', async () => {
  await using bench = new Bench();
  await bench.start();
  assert.equal(bench.created.length, 1);
  assert.equal(bench.manager.current(), undefined);
  await bench.sign();
  const first = bench.manager.current();
  assert.ok(first);
  assert.equal(bench.stored, first);
  assert.deepEqual(bench.events, ['first']);
  assert.equal(bench.manager.isServerHealthy(), true);
  await bench.pass(0.69 * hour);
  assert.equal(bench.created.length, 1, 'before 70 % of its life');
  await bench.pass(0.22 * hour);
  assert.equal(bench.created.length, 2);
  assert.equal(bench.manager.current(), first, 'the old one until there is a new one');
  await bench.sign();
  assert.notEqual(bench.manager.current(), first);
  assert.deepEqual(bench.events, ['first', `after ${0.91 * 3600} s`]);
  assert.deepEqual(bench.clients, [false, true]);
});

test('a stored certificate is used as long as it is valid', async () => {
  await using bench = new Bench();
  bench.stored = await pairOf(clientTemplate('n'), start - 1000, start + hour);
  await bench.start();
  assert.equal(bench.manager.current(), bench.stored);
  await bench.pass(0.69 * hour);
  assert.deepEqual(bench.created, []);
  await bench.pass(hour);
  assert.equal(bench.manager.current(), undefined, 'it has expired');
  assert.equal(bench.created.length, 1);
});

test('when a certificate is requested at once', async () => {
  const full = { ...clientTemplate('n'), ips: ['10.0.0.1'] };
  const rows: [what: string, stored: CertificatePair | undefined, initial?: CertificatePair][] = [
    ['there is none', undefined],
    ['it has expired', await pairOf(full, start - hour, start - 1)],
    ['it is another node’s', await pairOf({ ...full, commonName: 'x' }, start, start + hour)],
    ['it lacks an address', await pairOf({ ...full, ips: [] }, start, start + hour)],
    ['it is the one of the kubeconfig', undefined, await pairOf(full, start, start + hour)],
  ];
  for (const [what, stored, initialPair] of rows) {
    await using bench = new Bench();
    bench.template = full;
    bench.stored = stored;
    await bench.start({ initialPair });
    assert.equal(bench.created.length, 1, what);
    if (initialPair !== undefined) {
      assert.equal(bench.manager.current()?.cert, initialPair.cert, what);
      assert.equal(bench.stored?.cert, initialPair.cert, what);
    }
  }
});

test('a store that cannot be written does not keep the initial certificate from being used', async () => {
  await using bench = new Bench();
  const initialPair = await pairOf(clientTemplate('n'), start, start + hour);
  const update = (): Promise<never> => Promise.reject(new Error('read-only file system'));
  await bench.start({ initialPair, store: { current: async () => undefined, update } });
  assert.equal(bench.manager.current()?.cert, initialPair.cert);
});

test('attempts that fail are repeated after longer and longer waits', async () => {
  await using bench = new Bench();
  bench.api.failures.push(...Array.from({ length: 7 }, () => new Error('connect ECONNREFUSED')));
  const attempts: number[] = [];
  await bench.start({
    client: () => {
      attempts.push(bench.clock.now() / 1000);
      return bench.api.client;
    },
  });
  await bench.pass(120_000);
  const planned = [2, 4, 8, 16, 32, 32];
  const waits = attempts.slice(1).map((at, index) => at - (attempts[index] ?? 0));
  assert.equal(waits.length, planned.length);
  for (const [index, wait] of waits.entries()) {
    const shortest = planned[index] ?? 0;
    assert.ok(wait >= shortest && wait <= 1.1 * shortest, `${waits}`);
  }
  assert.equal(bench.events.length, 7);
});

test('whether the server works is told by how it refuses', async () => {
  for (const [error, isHealthy] of [
    [apiError(401, 'Unauthorized'), true],
    [new Error('connect ECONNREFUSED'), false],
  ] as const) {
    await using bench = new Bench();
    bench.api.failures.push(error);
    await bench.start();
    assert.deepEqual(bench.events, ['failed']);
    assert.equal(bench.manager.isServerHealthy(), isHealthy, error.message);
  }
});

test('nothing is requested before it is known what', async () => {
  await using bench = new Bench();
  bench.template = undefined;
  await bench.start();
  await bench.pass(hour);
  assert.deepEqual([bench.created, bench.events], [[], []]);
  bench.template = clientTemplate('n');
  bench.manager.templateChanged();
  await until('a request', () => bench.created.length === 1);
});

test('a template that changes', async () => {
  await using bench = new Bench();
  await bench.start();
  bench.manager.templateChanged();
  await bench.pass(30_000);
  assert.equal(bench.created.length, 1, 'the same template');
  bench.template = { ...clientTemplate('n'), ips: ['10.0.0.1'] };
  bench.manager.templateChanged();
  await until('nobody waits for the old request', () => !bench.api.isWatched());
  await bench.pass(2000);
  assert.equal(bench.created.length, 2, 'another address');
  await bench.sign();
  bench.template = clientTemplate('n');
  bench.manager.templateChanged();
  await bench.pass(30_000);
  assert.equal(bench.created.length, 2, 'the certificate has more than is wanted');
  bench.template = { ...clientTemplate('n'), ips: ['10.0.0.2'] };
  bench.manager.templateChanged();
  await until('a request for another address', () => bench.created.length === 3);
  assert.deepEqual(bench.events, ['first']);
});

test('a signer that leaves something out is not asked again and again', async () => {
  await using bench = new Bench();
  bench.template = { ...clientTemplate('n'), ips: ['10.0.0.1'] };
  await bench.start();
  bench.api.leavesOutNames = true;
  await bench.sign();
  assert.deepEqual(bench.manager.current()?.facts.ips, []);
  await bench.pass(60_000);
  assert.equal(bench.created.length, 1);
});

test('a request that is denied is made again', async () => {
  await using bench = new Bench();
  await bench.start();
  bench.api.update(bench.created[0] ?? '', { conditions: [{ type: 'Denied', status: 'True' }] });
  await until('a failure', () => bench.events.length === 1);
  await bench.pass(3000);
  assert.equal(bench.created.length, 2);
});

test('it ends while it waits', async () => {
  const bench = new Bench();
  await bench.start();
  await bench.manager.stop();
  assert.deepEqual([bench.created.length, bench.events], [1, []]);
});
