import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import { checkNameLength, refuseTooMuch } from './request-bounds.ts';
import { refuseUnusableStrings } from './unusable-strings.ts';

const many = <Item>(count: number, item: (index: number) => Item) =>
  Array.from({ length: count }, (_, index) => item(index));
const record = (count: number) => Object.fromEntries(many(count, (index) => [`net.x${index}`, '1']));

const refused: [config: object, message: RegExp][] = [
  [ContainerConfig.fromPartial({ mounts: many(2049, () => ({})) }), /^config\.mounts: has 2049 entries/],
  [ContainerConfig.fromPartial({ devices: many(4097, () => ({})) }), /^config\.devices: has 4097 entries/],
  [
    PodSandboxConfig.fromPartial({ portMappings: many(16_385, () => ({})) }),
    /^config\.port_mappings: has 16385 entries/,
  ],
  [
    PodSandboxConfig.fromPartial({ linux: { sysctls: record(4097) } }),
    /^config\.linux\.sysctls: has 4097 entries/,
  ],
  [
    PodSandboxConfig.fromPartial({ annotations: { a: 'x'.repeat(1024 * 1024) } }),
    /^config\.annotations: are 1048577 bytes; at most/,
  ],
  [PodSandboxConfig.fromPartial({ labels: { a: 'x'.repeat(1024 * 1024) } }), /^config\.labels: are/],
];

for (const [config, message] of refused) {
  test(`too much for one pod: ${message}`, () =>
    assert.throws(() => refuseTooMuch(config, 'config'), { criCode: 'INVALID_ARGUMENT', message }));
}

test('what pods have is taken', () => {
  refuseTooMuch(
    ContainerConfig.fromPartial({
      envs: many(40_000, () => ({})),
      mounts: many(1000, () => ({})),
      annotations: { a: 'x'.repeat(256 * 1024) },
    }),
    'config',
  );
  checkNameLength('x'.repeat(253), 'config.metadata.name');
  assert.throws(
    () => checkNameLength('x'.repeat(1025), 'config.metadata.name'),
    /^RuntimeError: config\.metadata\.name: /,
  );
});

test('NUL bytes are looked for in long lists without a path for each entry', () => {
  const config = ContainerConfig.fromPartial({ envs: many(50_000, () => ({ key: 'k' })) });
  const last = config.envs.at(-1);
  assert.ok(last !== undefined);
  last.key = 'a\0';
  assert.throws(() => refuseUnusableStrings(config, 'config'), /config\.envs\[49999\]\.key: .* NUL byte/);
});
