import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import type { Pod } from '../../api/pod.ts';
import { redirectLog } from '../../klog/klog.ts';
import { objectKey } from '../../objects/objects.ts';
import { apiError } from '../../testing/fake-api.ts';
import { testPod } from '../../testing/pod.ts';
import { FetchedObjects } from './fetched-objects.ts';

after(redirectLog(() => {}));

const podWith = (name: string): Pod =>
  testPod({ containers: [{ name: 'c', envFrom: [{ secretRef: { name } }] }] });

function stage(ttlMs: number) {
  const notes: string[] = [];
  const server = new Map<string, object | Error>();
  const objects = new FetchedObjects({
    client: {
      get: async (resource, { namespace, name }) => {
        notes.push(`get ${resource.plural} ${namespace}/${name}`);
        const found = server.get(name) ?? apiError(404, 'NotFound');
        if (found instanceof Error) throw found;
        return Object(found);
      },
    },
    ttlMs: () => ttlMs,
    onChanged: (changed) => notes.push(`changed ${changed.map(objectKey)}`),
  });
  const set = (value: string, more: object = {}): void => {
    const data = { key: Buffer.from(value).toString('base64') };
    server.set('a', { metadata: { namespace: 'default', name: 'a' }, data, ...more });
  };
  const value = (): string | undefined => objects.secret('default', 'a')?.data.get('key')?.toString();
  return { objects, notes, server, set, value };
}

test('Get asks before every round', async () => {
  const { objects, notes, set, value } = stage(0);
  objects.setPods([podWith('a')]);
  set('1');
  await objects.load(podWith('a'));
  set('2');
  await Promise.all([objects.load(podWith('a')), objects.load(podWith('a'))]);
  assert.equal(value(), '2');
  assert.deepEqual(notes, Array(2).fill('get secrets default/a'));
  objects.stop();
});

test('Cache asks again when its answer is too old or the pod has changed', async () => {
  const { objects, notes, set, value } = stage(60_000);
  const pod = podWith('a');
  objects.setPods([pod]);
  set('1');
  await objects.load(pod);
  set('2');
  objects.setPods([pod]);
  await objects.load(pod);
  assert.deepEqual([value(), notes.length], ['1', 1]);
  objects.setPods([{ ...pod }]);
  await objects.load(pod);
  assert.deepEqual([value(), notes.length], ['2', 2]);
  objects.stop();
});

test('an immutable object is asked for once', async () => {
  const { objects, notes, set } = stage(0);
  objects.setPods([podWith('a')]);
  set('1', { immutable: true });
  await objects.load(podWith('a'));
  await objects.load(podWith('a'));
  assert.equal(notes.length, 1);
  objects.stop();
});

test('the last answer counts while the server does not answer', async () => {
  const { objects, server, set, value } = stage(0);
  objects.setPods([podWith('a')]);
  server.set('a', new Error('ECONNREFUSED'));
  await objects.load(podWith('a'));
  assert.throws(value, /cannot read Secret default\/a from the API server/);
  set('1');
  await objects.load(podWith('a'));
  server.set('a', new Error('ECONNREFUSED'));
  await objects.load(podWith('a'));
  assert.equal(value(), '1');
  objects.stop();
});

test('a missing object is looked for, which wakes the pods that wait for it', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { objects, notes, set, value } = stage(60_000);
  objects.setPods([podWith('a')]);
  await objects.load(podWith('a'));
  assert.equal(value(), undefined);
  set('1');
  t.mock.timers.tick(10_000);
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
  assert.deepEqual([value(), notes.at(-1)], ['1', 'changed Secret default/a']);
  objects.stop();
});
