import assert from 'node:assert/strict';
import { test } from 'node:test';
import { maxMessageBytes } from '../errors/cri-error.ts';
import { CreateContainerRequest, type DeepPartial, RunPodSandboxRequest } from '../generated/api.ts';
import { boundedReader } from './bounded-reader.ts';

/** A message of 16 MiB in which one field of `config` is repeated: `bytes` is that field with its tag and length. */
function floodOf(bytes: readonly number[]): Buffer {
  const config = Buffer.alloc(maxMessageBytes - 16, Buffer.from(bytes));
  const length: number[] = [];
  const whole = config.length - (config.length % bytes.length);
  for (let rest = whole; rest > 0; rest >>>= 7) length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
  return Buffer.concat([Buffer.from([0x12, ...length]), config.subarray(0, whole)]);
}

const floods: [name: string, field: readonly number[]][] = [
  ['empty environment variables', [0x32, 0]],
  ['empty mounts', [0x3a, 0]],
  ['empty devices', [0x42, 0]],
  ['empty arguments', [0x22, 0]],
  ['empty labels', [0x4a, 0]],
  ['unknown fields', [0x80, 0x7d, 0]],
  ['nested messages', [0x7a, 2, 0x12, 0]],
];

for (const [name, field] of floods) {
  test(`16 MiB of ${name} are refused before they are made objects`, () => {
    const message = floodOf(field);
    const before = process.memoryUsage().heapUsed;
    assert.throws(
      () => CreateContainerRequest.decode(boundedReader(message)),
      /the message has more than 180000 fields and values/,
    );
    assert.ok(process.memoryUsage().heapUsed - before < 200 * 1024 * 1024);
  });
}

test('a name of 16 MiB is refused', () => {
  const request = CreateContainerRequest.fromPartial({ podSandboxId: 'x'.repeat(maxMessageBytes - 100) });
  const message = CreateContainerRequest.encode(request).finish();
  assert.throws(
    () => CreateContainerRequest.decode(boundedReader(message)),
    /a text of more than 1048576 characters/,
  );
});

test('16 MiB of packed numbers are refused', () => {
  const packed = Buffer.alloc(8 * 1024 * 1024, 1);
  const wrap = (tag: number, inner: Buffer): Buffer => {
    const length: number[] = [];
    for (let rest = inner.length; rest > 0; rest >>>= 7)
      length.push((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
    return Buffer.concat([Buffer.from([tag, ...length]), inner]);
  };
  // RunPodSandboxRequest.config.linux.security_context.supplemental_groups
  const message = wrap(0x0a, wrap(0x42, wrap(0x12, wrap(0x2a, packed))));
  assert.throws(() => RunPodSandboxRequest.decode(boundedReader(message)), /more than 180000 fields/);
});

test('the largest that a kubelet sends is decoded', () => {
  const request: DeepPartial<CreateContainerRequest> = {
    podSandboxId: 'x',
    config: {
      envs: Array.from({ length: 29_000 }, (_, index) => ({ key: `K${index}`, value: Buffer.from('v') })),
      annotations: { a: 'x'.repeat(256 * 1024) },
    },
  };
  const bytes = CreateContainerRequest.encode(CreateContainerRequest.fromPartial(request)).finish();
  const decoded = CreateContainerRequest.decode(boundedReader(bytes));
  assert.equal(decoded.config?.envs.length, 29_000);
  assert.equal(decoded.config.envs[28_999]?.key, 'K28999');
});
