import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ContainerConfig, PodSandboxConfig } from '@berth/cri/generated/api.ts';
import type { ContainerState } from '../state/container.ts';
import { containerId, sandboxId } from '../state/ids.ts';
import type { SandboxState } from '../state/sandbox.ts';
import { type Action, type MachineState, reconcileActions } from './reconcile.ts';

const sandbox = sandboxId('a'.repeat(64));
const container = containerId('b'.repeat(64));
const stray = 'c'.repeat(64);
const init = { pid: 11, startTime: 1 };
const conmon = { pid: 10, startTime: 1 };
const processes = { init, conmon };

const quiet: MachineState = {
  rebooted: false,
  isAlive: () => true,
  exits: new Map(),
  oomKilled: new Set(),
  starts: new Map(),
  pinned: new Set([sandbox]),
  filed: new Set([sandbox]),
  sandboxDirs: [sandbox],
  bundleDirs: [container],
  layerDirs: [container],
  now: 99n,
};

function decide(
  sandboxState: SandboxState,
  containerState: ContainerState | undefined,
  machine: Partial<MachineState>,
): Action[] {
  const sandboxes = [
    {
      id: sandbox,
      name: 's',
      config: PodSandboxConfig.fromPartial({}),
      runtimeHandler: '',
      runtime: 'crun',
      createdAt: 1n,
      cgroupParent: '/berth',
      ownedCgroup: '',
      selinuxLevel: '',
      state: sandboxState,
    },
  ];
  const containers = (containerState === undefined ? [] : [containerState]).map((state) => ({
    id: container,
    sandboxId: sandbox,
    name: 'c',
    config: ContainerConfig.fromPartial({}),
    imageId: 'sha256:0',
    volumeImages: [],
    imageRef: '',
    imageName: '',
    stopSignal: 15,
    logPath: '',
    cgroup: '',
    createdAt: 5n,
    user: undefined,
    state,
  }));
  return reconcileActions({ sandboxes, containers }, { ...quiet, ...machine });
}

const ready: SandboxState = { phase: 'ready', ips: [], init: undefined };
const withInit: SandboxState = { phase: 'ready', ips: [], init: processes };
const running: ContainerState = { phase: 'running', processes, startedAt: 7n };
const exit = { startedAt: 1n, finishedAt: 2n, exitCode: 0, reason: 'Completed', message: '' };
const exitFile = (exitCode: number) => new Map([[container as string, { exitCode, finishedAt: 50n }]]);

const containerCases: [
  name: string,
  state: ContainerState,
  machine: Partial<MachineState>,
  expected: object[],
][] = [
  ['runs on', running, {}, [{ kind: 'adopt-container' }]],
  ['created and not started', { phase: 'created', processes }, {}, [{ kind: 'adopt-container' }]],
  ['half made', { phase: 'creating' }, {}, [{ kind: 'destroy-container', why: 'it was half made' }]],
  [
    'half removed',
    { phase: 'removing', exit },
    {},
    [{ kind: 'destroy-container', why: 'its removal was begun' }],
  ],
  ['exited before', { phase: 'exited', exit }, {}, []],
  ['waits to be restored', { phase: 'restorable' }, {}, []],
  [
    'waited to be restored when the machine went',
    { phase: 'restorable' },
    { rebooted: true },
    [
      {
        kind: 'record-exit',
        exit: {
          startedAt: 0n,
          finishedAt: 99n,
          exitCode: 128,
          reason: 'StartError',
          message: 'the machine was restarted',
        },
      },
      { kind: 'stop-sandbox', id: sandbox, why: 'the machine was restarted' },
    ],
  ],
  [
    'half restored',
    { phase: 'restoring' },
    {},
    [
      {
        kind: 'kill-container',
        exit: {
          startedAt: 0n,
          finishedAt: 99n,
          exitCode: 128,
          reason: 'StartError',
          message: 'berthd died while restoring it: the container was killed',
        },
      },
    ],
  ],
  [
    'start begun, not reached',
    { phase: 'starting', processes },
    { starts: new Map([[container as string, 'not started' as const]]) },
    [{ kind: 'settle-start', started: false }, { kind: 'adopt-container' }],
  ],
  [
    'start begun and done',
    { phase: 'starting', processes },
    { starts: new Map([[container as string, 'started' as const]]) },
    [{ kind: 'settle-start', started: true }, { kind: 'adopt-container' }],
  ],
  [
    'start cut short so that it can never happen',
    { phase: 'starting', processes },
    { starts: new Map([[container as string, 'stuck' as const]]) },
    [
      {
        kind: 'kill-container',
        exit: {
          startedAt: 0n,
          finishedAt: 99n,
          exitCode: 137,
          reason: 'Error',
          message: 'berthd died while starting it: the container was killed',
        },
      },
    ],
  ],
  [
    'ended well while berthd was down',
    running,
    { exits: exitFile(0), isAlive: () => false },
    [
      {
        kind: 'record-exit',
        exit: { startedAt: 7n, finishedAt: 50n, exitCode: 0, reason: 'Completed', message: '' },
      },
    ],
  ],
  [
    'killed for memory while berthd was down',
    running,
    { exits: exitFile(137), oomKilled: new Set([container]) },
    [
      {
        kind: 'record-exit',
        exit: { startedAt: 7n, finishedAt: 50n, exitCode: 137, reason: 'OOMKilled', message: '' },
      },
    ],
  ],
  [
    'killed before it was started',
    { phase: 'created', processes },
    { exits: exitFile(137) },
    [
      {
        kind: 'record-exit',
        exit: { startedAt: 0n, finishedAt: 50n, exitCode: 137, reason: 'Error', message: '' },
      },
    ],
  ],
  [
    'conmon and container gone, no exit file',
    running,
    { isAlive: () => false },
    [
      {
        kind: 'record-exit',
        exit: {
          startedAt: 7n,
          finishedAt: 99n,
          exitCode: 255,
          reason: 'Error',
          message: 'conmon (pid 10) ended without an exit code',
        },
      },
    ],
  ],
  [
    'conmon gone, container runs',
    running,
    { isAlive: ({ pid }) => pid === init.pid },
    [
      {
        kind: 'kill-container',
        exit: {
          startedAt: 7n,
          finishedAt: 99n,
          exitCode: 137,
          reason: 'Error',
          message: 'conmon (pid 10) is gone: the container was killed',
        },
      },
    ],
  ],
  [
    'just ended, conmon about to say so',
    running,
    { isAlive: ({ pid }) => pid === conmon.pid },
    [{ kind: 'adopt-container' }],
  ],
  [
    'machine restarted, pids taken by others',
    running,
    { rebooted: true, pinned: new Set([sandbox]) },
    [
      {
        kind: 'record-exit',
        exit: {
          startedAt: 7n,
          finishedAt: 99n,
          exitCode: 255,
          reason: 'Unknown',
          message: 'the machine was restarted',
        },
      },
      { kind: 'stop-sandbox', id: sandbox, why: 'the machine was restarted' },
    ],
  ],
];

for (const [name, state, machine, expected] of containerCases) {
  test(`container: ${name}`, () => {
    assert.deepEqual(
      decide(ready, state, machine),
      expected.map((action) => ({ id: container, ...action })),
    );
  });
}

const noContainer = { bundleDirs: [], layerDirs: [] };
const sandboxCases: [
  name: string,
  state: SandboxState,
  machine: Partial<MachineState>,
  expected: object[],
][] = [
  ['ready', ready, {}, []],
  ['ready with an init', withInit, {}, []],
  ['ready, of an older berthd', ready, { filed: new Set() }, [{ kind: 'make-etc-files' }]],
  ['stopped', { phase: 'stopped' }, { pinned: new Set(), filed: new Set() }, []],
  ['half made', { phase: 'creating' }, {}, [{ kind: 'destroy-sandbox', why: 'it was half made' }]],
  ['half stopped', { phase: 'stopping' }, {}, [{ kind: 'stop-sandbox', why: 'its stop was begun' }]],
  ['half removed', { phase: 'removing' }, {}, [{ kind: 'destroy-sandbox', why: 'its removal was begun' }]],
  [
    'namespaces gone',
    ready,
    { pinned: new Set(), filed: new Set() },
    [{ kind: 'stop-sandbox', why: 'its namespaces are gone' }],
  ],
  ['init gone', withInit, { isAlive: () => false }, [{ kind: 'stop-sandbox', why: 'its init has ended' }]],
  [
    'init ended with an exit file',
    withInit,
    { exits: new Map([[sandbox as string, { exitCode: 0, finishedAt: 1n }]]) },
    [{ kind: 'stop-sandbox', why: 'its init has ended' }],
  ],
];

for (const [name, state, machine, expected] of sandboxCases) {
  test(`sandbox: ${name}`, () => {
    assert.deepEqual(
      decide(state, undefined, { ...noContainer, ...machine }),
      expected.map((action) => ({ id: sandbox, ...action })),
    );
  });
}

test('whatever has an id of no row is an orphan', () => {
  const actions = decide({ phase: 'stopped' }, undefined, {
    sandboxDirs: [sandbox, stray],
    bundleDirs: [stray],
    layerDirs: [stray],
    exits: new Map([[stray, { exitCode: 0, finishedAt: 1n }]]),
  });
  assert.deepEqual(
    actions,
    (['bundle', 'layer', 'sandbox', 'exit file'] as const).map((what) => ({
      kind: 'remove-orphan',
      what,
      id: stray,
    })),
  );
});

test('a half-made container goes before its sandbox', () => {
  const actions = decide({ phase: 'removing' }, { phase: 'creating' }, {});
  assert.deepEqual(
    actions.map(({ kind }) => kind),
    ['destroy-container', 'destroy-sandbox'],
  );
});
