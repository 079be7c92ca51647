// The two generated tables and the proto they come from must tell the same story.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { BinaryReader } from '@bufbuild/protobuf/wire';
import * as api from './generated/api.ts';
import { enums, messages } from './generated/schema.ts';
import { fromProtoJson, type Json, type MessageName, toProtoJson } from './json/proto-json.ts';

const proto = readFileSync(new URL('../proto/api.proto', import.meta.url), 'utf8');

interface Codec {
  encode(message: never): { finish(): Uint8Array };
  decode(bytes: Uint8Array): object;
}
const codecs: Record<string, Codec | undefined> = Object.fromEntries(
  Object.entries<unknown>({ ...api }).filter((entry): entry is [string, Codec] => entry[0] in messages),
);

function isMessageName(name: string): name is MessageName {
  return name in messages;
}

test('RuntimeService and ImageService have the 43 RPCs of CRI v1 in Kubernetes 1.37', () => {
  const declared = [...proto.matchAll(/^ {2}rpc (\w+)\((\w+)\) returns \((stream )?(\w+)\);$/gm)];
  const methods = [api.RuntimeServiceDefinition, api.ImageServiceDefinition].flatMap((service) =>
    Object.values(service.methods),
  );
  assert.equal(methods.length, 43);
  assert.deepEqual(
    methods.map((method) => [method.name, method.responseStream]),
    declared.map(([, name, , stream]) => [name, stream !== undefined]),
  );
  assert.equal(api.RuntimeServiceDefinition.fullName, 'runtime.v1.RuntimeService');
  assert.equal(api.ImageServiceDefinition.fullName, 'runtime.v1.ImageService');
});

test('the schema has every message and enum of the proto', () => {
  assert.equal(Object.keys(messages).length, [...proto.matchAll(/^message \w+ \{/gm)].length);
  assert.equal(Object.keys(enums).length, [...proto.matchAll(/^ *enum \w+ \{/gm)].length);
  const fields = Object.values(messages).flat();
  assert.equal(
    fields.length,
    [...proto.matchAll(/^ {2}(repeated )?(map<.*>|\w+) \w+ = \d+( \[.*\])?;$/gm)].length,
  );
});

const samples: Record<string, Json> = {
  string: 'x',
  bool: true,
  bytes: 'eA==',
  double: 1.5,
  int32: 1,
  uint32: 1,
  int64: '1',
  uint64: '1',
};
const wireTypes: Record<string, number> = { double: 1, string: 2, bytes: 2 };

/** A value other than the default, so that it is put on the wire. */
function sample(type: string): Json {
  const values = enums[type];
  if (values) return Object.keys(values).at(-1) ?? null;
  return type in messages ? {} : (samples[type] ?? null);
}

test('every field is encoded under its number and survives a round trip', () => {
  for (const [name, fields] of Object.entries(messages)) {
    assert.ok(isMessageName(name));
    const codec = codecs[name];
    assert.ok(codec, `${name} is missing in api.ts`);
    for (const [field, number, kind, type] of fields) {
      const value = sample(type);
      const given: object = fromProtoJson(name, {
        [field]: kind === 'single' ? value : kind === 'map' ? { k: value } : [value],
      });
      const bytes = codec.encode(given as never).finish();
      const isPacked = kind === 'repeated' && type !== 'string' && type !== 'bytes';
      const wireType = type in messages || kind === 'map' || isPacked ? 2 : (wireTypes[type] ?? 0);
      assert.equal(new BinaryReader(bytes).uint32(), number * 8 + wireType, `${name}.${field}`);
      const decoded = codec.decode(bytes);
      assert.deepEqual(
        toProtoJson(name, decoded as never),
        toProtoJson(name, given as never),
        `${name}.${field}`,
      );
    }
  }
});
