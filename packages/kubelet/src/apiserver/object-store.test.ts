import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ApiObject } from './api-client.ts';
import { apiKey, ObjectStore } from './object-store.ts';

interface Thing extends ApiObject {
  value?: number;
}

/** An object written as `namespace/name uid version`. */
function thing(text: string): Thing {
  const [key = '', uid = '', resourceVersion = ''] = text.split(' ');
  const [name = '', namespace] = key.split('/').reverse();
  return { metadata: { name, uid, resourceVersion, ...(namespace !== undefined && { namespace }) } };
}

function text({ metadata }: Thing): string {
  return `${apiKey({ metadata: metadata ?? {} })} ${metadata?.uid} ${metadata?.resourceVersion}`;
}

function noting(): { store: ObjectStore<Thing>; noted: string[] } {
  const noted: string[] = [];
  const store = new ObjectStore<Thing>(
    {
      onAdd: (object) => noted.push(`+ ${text(object)}`),
      onUpdate: (former, object) => noted.push(`~ ${text(former)} → ${text(object)}`),
      onDelete: (object) => noted.push(`- ${text(object)}`),
    },
    (object) => object,
  );
  return { store, noted };
}

test('keys', () => {
  assert.equal(apiKey(thing('a/b')), 'a/b');
  assert.equal(apiKey(thing('b')), 'b');
  assert.equal(apiKey({ metadata: { name: 'b', namespace: '' } }), 'b');
});

test('changes are told once', () => {
  const { store, noted } = noting();
  store.put(thing('n/a 1 1'));
  store.put(thing('n/a 1 1'));
  store.put(thing('n/a 1 2'));
  store.put(thing('n/a 2 3'));
  store.remove(thing('n/a 2 4'));
  store.remove(thing('n/a 2 4'));
  assert.deepEqual(noted, ['+ n/a 1 1', '~ n/a 1 1 → n/a 1 2', '- n/a 1 2', '+ n/a 2 3', '- n/a 2 4']);
  assert.deepEqual(store.values(), []);
});

test('a list replaces what was known, and tells the differences only', () => {
  const { store, noted } = noting();
  store.replace(['a 1 1', 'b 2 1', 'c 3 1'].map(thing));
  noted.length = 0;
  store.replace(['b 2 1', 'c 3 2', 'd 4 1'].map(thing));
  assert.deepEqual(noted, ['- a 1 1', '~ c 3 1 → c 3 2', '+ d 4 1']);
  assert.deepEqual(store.values().map(text), ['b 2 1', 'c 3 2', 'd 4 1']);
  assert.equal(store.get('a'), undefined);
});

test('what is kept is transformed, and known by what it was', () => {
  const noted: (number | undefined)[] = [];
  const store = new ObjectStore<Thing>({ onAdd: ({ value }) => noted.push(value) }, () => ({ value: 7 }));
  store.put(thing('a 1 1'));
  store.put(thing('a 1 1'));
  assert.deepEqual(noted, [7]);
  assert.deepEqual(store.get('a'), { value: 7 });
});
