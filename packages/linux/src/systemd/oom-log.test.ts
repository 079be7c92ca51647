import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { OomLog, oomKilledScope } from './oom-log.ts';

const scope = 'berth-0a.scope';
const path = `/kubepods.slice/kubepods-pod1.slice/${scope}`;
const kill = `oom-kill:constraint=CONSTRAINT_MEMCG,nodemask=(null),cpuset=berth-0a.scope,mems_allowed=0,oom_memcg=/kubepods.slice,task_memcg=${path},task=sh,pid=7,uid=0`;

const cases: [string, string, string | undefined][] = [
  ['a kill', `6,1,2,-;${kill}\n`, scope],
  ['with lines of what it belongs to', `6,1,2,-;${kill}\n SUBSYSTEM=x\n`, scope],
  [
    'below the scope, where names are free',
    `6,1,2,-;${kill.replace('.scope,task=', '.scope/berth-0b.scope,task=')}\n`,
    scope,
  ],
  ['a process that says so', `14,1,2,-;${kill}\n`, undefined],
  ['text that only has it', `6,1,2,-;sh: ${kill}\n`, undefined],
  ['another record', '3,1,2,-;Memory cgroup out of memory: Killed process 7 (sh)\n', undefined],
  ['a cgroup in no scope', `6,1,2,-;${kill.replaceAll('.scope', '')}\n`, undefined],
  ['nothing', '', undefined],
];
for (const [name, record, expected] of cases) {
  test(`a record of the kernel's log: ${name}`, () => assert.equal(oomKilledScope(record), expected));
}

test('the log is read on from where it was read to', () => {
  const dir = mkdtempSync(join(tmpdir(), 'berth-oom-log-'));
  try {
    const file = join(dir, 'kmsg');
    const log = new OomLog(file);
    assert.equal(log.has(path), false, 'there is none');
    writeFileSync(file, '');
    assert.equal(log.has(path), false);
    appendFileSync(file, `6,1,2,-;${kill}\n`);
    assert.equal(log.has(path), true);
    assert.equal(log.has('/berth-0b.scope'), false);
    assert.equal(log.has(path), true);
    log.close();
  } finally {
    rmSync(dir, { recursive: true });
  }
});
