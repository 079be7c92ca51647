import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterEach, beforeEach, test } from 'node:test';
import { ContainerConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { Container, ContainerState } from './container.ts';
import { migrate } from './database.ts';
import { newContainerId, newSandboxId } from './ids.ts';
import type { Sandbox, SandboxState } from './sandbox.ts';
import { State } from './state.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'runtime-state-'));
});
afterEach(() => rmSync(root, { recursive: true }));

const creating = { phase: 'creating' } as const;

function aSandbox(name = 'k8s_POD_web_default_u_0') {
  return {
    id: newSandboxId(),
    name,
    config: PodSandboxConfig.fromPartial({ metadata: { name: 'web', attempt: 3 }, labels: { app: 'web' } }),
    runtimeHandler: '',
    runtime: 'runc',
    createdAt: 1_700_000_000_123_456_789n,
    cgroupParent: '/berth',
    ownedCgroup: '/berth',
    selinuxLevel: 's0:c1,c2',
    state: creating,
  } satisfies Sandbox;
}

function aContainer(sandbox: Sandbox, name = 'k8s_c_web_default_u_0') {
  return {
    id: newContainerId(),
    sandboxId: sandbox.id,
    name,
    config: ContainerConfig.fromPartial({
      metadata: { name: 'c' },
      linux: { resources: { cpuShares: 1n << 60n } },
    }),
    imageId: 'sha256:0',
    volumeImages: [],
    imageRef: 'x@sha256:1',
    imageName: 'x:1',
    stopSignal: 15,
    logPath: '',
    cgroup: '/berth/x',
    createdAt: 5n,
    user: undefined,
    state: creating,
  } satisfies Container;
}

const processes = { init: { pid: 5, startTime: 123 }, conmon: { pid: 4, startTime: 122 } };
const exit = { startedAt: 1n, finishedAt: 2n, exitCode: 137, reason: 'Error', message: 'm' };

test('every state of a sandbox and of a container comes back from the rows', () => {
  const sandboxStates: SandboxState[] = [
    creating,
    { phase: 'ready', ips: ['10.0.0.2', 'fd00::2'], init: processes },
    { phase: 'ready', ips: [], init: undefined },
    { phase: 'stopping' },
    { phase: 'stopped' },
    { phase: 'removing' },
  ];
  const containerStates: ContainerState[] = [
    creating,
    { phase: 'created', processes },
    { phase: 'starting', processes },
    { phase: 'running', processes, startedAt: 9n },
    { phase: 'exited', exit },
    { phase: 'removing', exit },
  ];
  for (const [index, state] of sandboxStates.entries()) {
    const before = State.open(root);
    const sandbox = aSandbox(`s${index}`);
    const container = aContainer(sandbox, `c${index}`);
    before.sandboxes.insert(sandbox);
    before.sandboxes.setState(sandbox.id, state);
    before.containers.insert(container);
    const user = { uid: 1n, gid: 2n, supplementalGroups: [3n] };
    before.containers.setState(container.id, containerStates[index] ?? creating, user);
    before.close();

    const after = State.open(root);
    assert.deepEqual(after.sandboxes.get(sandbox.id), { ...sandbox, state });
    assert.deepEqual(after.containers.ofSandbox(sandbox.id), [
      { ...container, user, state: containerStates[index] },
    ]);
    after.close();
  }
});

test('a name is held until its row is deleted, and the error names the holder', () => {
  const state = State.open(root);
  const holder = aSandbox();
  state.sandboxes.insert(holder);
  assert.throws(() => state.sandboxes.insert(aSandbox()), {
    criCode: 'ALREADY_EXISTS',
    message: new RegExp(`reserved for ID ${holder.id}`),
  });
  state.sandboxes.delete(holder.id);
  state.sandboxes.insert(aSandbox());
  state.close();
});

test('a beginning of an id finds its object when only one has it', () => {
  const state = State.open(root);
  const one = aSandbox('one');
  const two = aSandbox('two');
  state.sandboxes.insert(one);
  state.sandboxes.insert(two);
  assert.equal(state.sandboxes.find(one.id)?.name, 'one');
  assert.equal(state.sandboxes.find(one.id.slice(0, 20))?.name, 'one');
  assert.equal(state.sandboxes.find(''), undefined);
  assert.equal(state.sandboxes.find('x'), undefined);
  state.close();
});

test('another boot id is noticed until it is confirmed', () => {
  const first = State.open(root, 'boot-1');
  assert.equal(first.rebooted, false);
  first.confirmBoot('boot-1');
  first.close();
  const second = State.open(root, 'boot-2');
  assert.equal(second.rebooted, true);
  second.confirmBoot('boot-2');
  second.close();
  const third = State.open(root, 'boot-2');
  assert.equal(third.rebooted, false);
  third.close();
});

test('a database of a newer berthd and a row of another shape are refused with their names', () => {
  State.open(root).close();
  const database = new DatabaseSync(join(root, 'berth.db'));
  database.exec(
    `INSERT INTO sandbox VALUES ('${'a'.repeat(64)}', 'n', x'', '', '', 1, '', '', 'odd', '', 0, 0, 0, 0, '')`,
  );
  assert.throws(() => State.open(root), {
    message: /table sandbox, row a{64}: phase is not a phase of a sandbox/,
  });
  database.exec("UPDATE schema_version SET version = 99 WHERE component = 'runtime'");
  assert.throws(() => migrate(database, 'runtime', []), { message: /version 99 of the runtime tables/ });
  database.close();
});

test('a full disk is named, and memory knows nothing of what the rows do not', () => {
  const state = State.open(root);
  state.database.exec('PRAGMA max_page_count = 1');
  const sandboxes: Sandbox[] = [];
  assert.throws(
    () => {
      for (let n = 0; n < 1000; n++) {
        const sandbox = aSandbox(`s${n}`);
        state.sandboxes.insert(sandbox);
        sandboxes.push(sandbox);
      }
    },
    { criCode: 'RESOURCE_EXHAUSTED', message: /berth\.db .* the disk is full; free some space/ },
  );
  assert.equal([...state.sandboxes.all()].length, sandboxes.length);
  state.close();
});
