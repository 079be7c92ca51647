import assert from 'node:assert/strict';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import type { PodStatus } from '../api/pod.ts';
import type { Claim, NodePrepareResourcesResponse } from '../generated/dra-v1.ts';
import { FakeApi } from '../testing/fake-api.ts';
import { testPod } from '../testing/pod.ts';
import { ClaimCache } from './claim-cache.ts';
import { ClaimManager } from './claim-manager.ts';

const never = new AbortController().signal;

/** A plugin that notes what it is called for, and answers as a test wants. */
class NotedPlugin {
  readonly calls: string[] = [];
  error = '';
  skips = false;
  during = async (): Promise<void> => {};

  async prepare(claims: Claim[]): Promise<NodePrepareResourcesResponse> {
    const device = { poolName: 'p', deviceName: 'd', requestNames: [], cdiDeviceIds: ['x=1'] };
    return this.#answer('prepare', claims, { devices: [device], error: this.error });
  }

  async unprepare(claims: Claim[]) {
    return this.#answer('unprepare', claims, { error: this.error });
  }

  async #answer<Result>(
    what: string,
    claims: Claim[],
    result: Result,
  ): Promise<{ claims: Record<string, Result> }> {
    this.calls.push(`${what} ${claims.map(({ name }) => name).join()}`);
    await this.during();
    const answered = this.skips ? [] : claims;
    return { claims: Object.fromEntries(answered.map(({ uid }) => [uid, result])) };
  }
}

/** A manager with the driver `a` and the claims `one` and `two`, which are reserved for the pods u and v. */
function manager() {
  const scratch = scratchDir('claim-manager');
  const api = new FakeApi();
  const allocate = (name: string, ...drivers: string[]): void => {
    const results = drivers.map((driver) => ({ driver }));
    api.set(
      'resourceclaims',
      name,
      Object.assign(
        { metadata: { namespace: 'default' } },
        { status: { allocation: { devices: { results } }, reservedFor: [{ uid: 'u' }, { uid: 'v' }] } },
      ),
    );
  };
  allocate('one', 'a');
  allocate('two', 'a');
  const a = new NotedPlugin();
  const plugins = new Map([['a', a]]);
  const open = () => {
    const cache = new ClaimCache(scratch.path);
    const plugin = (driver: string): NotedPlugin => {
      const found = plugins.get(driver);
      if (!found) throw new Error(`DRA driver ${driver} is not registered`);
      return found;
    };
    return { cache, manager: new ClaimManager({ client: api.client, cache, plugin }) };
  };
  return { api, a, plugins, allocate, open, ...open(), [Symbol.dispose]: () => scratch[Symbol.dispose]() };
}

const pod = (uid: string, ...claims: string[]) =>
  testPod(
    { containers: [], resourceClaims: claims.map((name) => ({ name, resourceClaimName: name })) },
    { uid, name: uid },
  );
const known = (cache: ClaimCache): string[] =>
  [...cache.all()].map(({ name, podUids, isPrepared }) => `${name} ${[...podUids].join()} ${isPrepared}`);

test('the claims of a pod are prepared together, and a second pod shares them', async () => {
  using parts = manager();
  const { a, cache, manager: claims } = parts;
  await claims.prepare(pod('u', 'one', 'two'), undefined, never);
  assert.deepEqual([a.calls, known(cache)], [['prepare one,two'], ['one u true', 'two u true']]);
  await claims.prepare(pod('v', 'two'), undefined, never);
  await claims.prepare(pod('u', 'one', 'two'), undefined, never);
  assert.deepEqual([a.calls.length, known(cache)], [1, ['one u true', 'two u,v true']]);
  await claims.unprepare('u');
  assert.deepEqual([a.calls.at(-1), known(cache)], ['unprepare one', ['two v true']]);
  await claims.unprepare('u');
  await claims.unprepare('v');
  assert.deepEqual([a.calls.at(-1), a.calls.length, known(cache)], ['unprepare two', 3, []]);
});

test('who uses a claim is recorded before the driver is called, and its devices after that', async () => {
  using parts = manager();
  const { a, manager: claims } = parts;
  let during: string[] = [];
  a.during = async () => {
    during = known(parts.open().cache);
  };
  await claims.prepare(pod('u', 'one'), undefined, never);
  assert.deepEqual(during, ['one u false']);
  // The next kubelet has the devices, and has the claim prepared again before it starts a pod.
  const next = parts.open();
  assert.deepEqual(next.cache.get('default', 'one')?.drivers.get('a')?.[0]?.cdiDeviceIds, ['x=1']);
  await next.manager.prepare(pod('u', 'one'), undefined, never);
  assert.deepEqual(a.calls, ['prepare one', 'prepare one']);
  await next.manager.unprepare('u');
  assert.deepEqual(known(parts.open().cache), []);
});

test('nothing is recorded of a pod that cannot be prepared', async () => {
  using parts = manager();
  const { api, a, cache, allocate, manager: claims } = parts;
  allocate('far', 'b');
  const refused: [string, RegExp][] = [
    ['far', /^DRA driver b is not registered$/],
    ['none', /^fetch ResourceClaim none: NotFound$/],
  ];
  for (const [name, message] of refused) {
    await assert.rejects(claims.prepare(pod('u', 'one', name), undefined, never), { message });
  }
  const other = claims.prepare(pod('w', 'one'), undefined, never);
  await assert.rejects(other, { message: 'pod w (w) is not allowed to use ResourceClaim one (uid-one)' });
  assert.deepEqual([a.calls, known(cache)], [[], []]);
  await claims.prepare(pod('u', 'one'), undefined, never);
  api.set(
    'resourceclaims',
    'one',
    Object.assign({}, api.object('resourceclaims', 'one'), {
      metadata: { namespace: 'default', uid: 'new' },
    }),
  );
  await assert.rejects(
    claims.prepare(pod('v', 'two', 'one'), undefined, never),
    /old ResourceClaim with same name one/,
  );
  assert.deepEqual(known(cache), ['one u true']);
});

test('a driver that fails is called again', async () => {
  using parts = manager();
  const { a, cache, manager: claims } = parts;
  a.error = 'broken';
  const prepare = () => claims.prepare(pod('u', 'one'), undefined, never);
  await assert.rejects(prepare(), { message: 'NodePrepareResources failed for ResourceClaim one: broken' });
  a.error = '';
  a.skips = true;
  await assert.rejects(prepare(), { message: 'NodePrepareResources skipped 1 ResourceClaims' });
  a.skips = false;
  await prepare();
  assert.equal(cache.get('default', 'one')?.drivers.get('a')?.length, 1, 'devices are not doubled');
  a.error = 'busy';
  await assert.rejects(claims.unprepare('u'), {
    message: 'NodeUnprepareResources failed for ResourceClaim one: busy',
  });
  // Nobody else can have it meanwhile.
  const other = claims.prepare(pod('v', 'one'), undefined, never);
  await assert.rejects(other, { message: 'ResourceClaim one is being unprepared' });
  a.error = '';
  await claims.unprepare('u');
  assert.deepEqual(known(cache), []);
});

test('a claim of a template is found by the status of the pod', async () => {
  using parts = manager();
  const { api, cache, manager: claims } = parts;
  const owner = { apiVersion: 'v1', kind: 'Pod', name: 'u', uid: 'u', controller: true };
  const one = api.object('resourceclaims', 'one');
  api.set('resourceclaims', 'one', { ...one, metadata: { ...one?.metadata, ownerReferences: [owner] } });
  const templated = testPod(
    { containers: [], resourceClaims: [{ name: 'c', resourceClaimTemplateName: 't' }] },
    { uid: 'u' },
  );
  const status: PodStatus = { resourceClaimStatuses: [{ name: 'c', resourceClaimName: 'one' }] };
  await assert.rejects(claims.prepare(templated, undefined, never), /ResourceClaim not created yet/);
  await claims.prepare(templated, status, never);
  assert.deepEqual(known(cache), ['one u true']);
});
