import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type ContextParts,
  fileContext,
  hasLevels,
  parseContainerContexts,
  processContext,
} from './selinux-context.ts';

const policy = {
  process: 'system_u:system_r:container_t:s0',
  file: 'system_u:object_r:container_file_t:s0',
};
const withoutLevels = { process: 'u:r:p_t', file: 'u:r:f_t' };

test('contexts of a policy', () => {
  const file = `# comment\nprocess = "system_u:system_r:container_t:s0"\nfile = "system_u:object_r:container_file_t:s0"\nro_file="x"\n`;
  assert.deepEqual(parseContainerContexts(file), policy);
  assert.equal(parseContainerContexts('process = "a:b:c"'), undefined);
  assert.equal(parseContainerContexts(''), undefined);
  assert.ok(hasLevels(policy));
  assert.ok(!hasLevels(withoutLevels));
});

const table: [string, typeof policy, string, ContextParts, process: string, file: string][] = [
  ['nothing asked for', policy, 's0:c1,c2', {}, `${policy.process}:c1,c2`, `${policy.file}:c1,c2`],
  ['no level known', policy, '', {}, policy.process, policy.file],
  [
    'all asked for: files get the user and the level',
    policy,
    's0:c1,c2',
    { user: 'u', role: 'r', type: 't', level: 's0:c3' },
    'u:r:t:s0:c3',
    'u:object_r:container_file_t:s0:c3',
  ],
  ['a policy without levels', withoutLevels, 's0:c1,c2', { type: 't' }, 'u:r:t', 'u:r:f_t'],
  ['a policy without levels, and yet one', withoutLevels, '', { level: 's0' }, 'u:r:p_t:s0', 'u:r:f_t:s0'],
  [
    'the level of a policy has categories',
    { process: 'u:r:p_t:s0:c5', file: 'u:r:f_t:s0:c5' },
    '',
    {},
    'u:r:p_t:s0:c5',
    'u:r:f_t:s0:c5',
  ],
];
for (const [name, contexts, level, asked, process, file] of table) {
  test(name, () => {
    assert.equal(processContext(contexts, level, asked), process);
    assert.equal(fileContext(contexts, level, asked), file);
  });
}
