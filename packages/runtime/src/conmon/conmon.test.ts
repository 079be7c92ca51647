import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type CgroupNaming, cgroupfsNaming, systemdNaming } from '../cgroups/naming.ts';
import { plainRuntime } from '../config/config.ts';
import { OciRuntime } from '../oci-runtime/runtime.ts';
import { type ConmonSpec, conmonArguments } from './arguments.ts';
import { parseSyncMessage } from './sync-message.ts';

const runtime = (cgroupNaming: CgroupNaming) =>
  new OciRuntime({
    name: 'crun',
    path: '/usr/bin/crun',
    root: '/run/berth/crun',
    flavor: 'crun',
    cgroupNaming,
    handler: { ...plainRuntime('crun'), args: ['--cgroup-manager=disabled'] },
  });

const spec: ConmonSpec = {
  containerId: 'c1',
  name: 'web',
  bundle: '/b',
  runtime: runtime(cgroupfsNaming),
  logPath: '/var/log/pods/x/0.log',
  terminal: false,
  stdin: false,
  stdinOnce: false,
  exitDir: '/exits',
  persistDir: '/p',
  pidFile: '/b/pid',
  conmonPidFile: '/b/conmon-pid',
  runtimeLog: '/b/runtime.log',
};

/** The value behind an option, all of them when it is repeated. */
function values(args: string[], option: string): string[] {
  return args.flatMap((argument, index) => (args[index - 1] === option ? [argument] : []));
}

test('the command line of a plain container', () => {
  const args = conmonArguments(spec);
  assert.deepEqual(values(args, '--log-path'), ['k8s-file:/var/log/pods/x/0.log']);
  assert.deepEqual(values(args, '--runtime-arg'), [
    '--log=/b/runtime.log',
    '--log-format=json',
    '--root=/run/berth/crun',
    '--cgroup-manager=disabled',
  ]);
  assert.deepEqual(values(args, '--persist-dir'), ['/p']);
  for (const absent of ['--terminal', '--stdin', '--leave-stdin-open', '--systemd-cgroup']) {
    assert.equal(args.includes(absent), false, absent);
  }
});

test('options that a container asks for', () => {
  const table: [Partial<ConmonSpec>, string[], string[]][] = [
    [{ terminal: true }, ['--terminal'], ['--stdin']],
    [{ stdin: true }, ['--stdin', '--leave-stdin-open'], ['--terminal']],
    [{ stdin: true, stdinOnce: true }, ['--stdin'], ['--leave-stdin-open']],
    [{ runtime: runtime(systemdNaming) }, ['--systemd-cgroup'], []],
    [{ logPath: undefined }, ['none'], []],
  ];
  for (const [change, present, absent] of table) {
    const args = conmonArguments({ ...spec, ...change });
    for (const option of present) assert.equal(args.includes(option), true, option);
    for (const option of absent) assert.equal(args.includes(option), false, option);
  }
});

test('sync messages', () => {
  assert.deepEqual(parseSyncMessage('{"pid": 42}\n'), { kind: 'created', pid: 42 });
  assert.deepEqual(parseSyncMessage('{"pid": -1, "message": "no \\"x\\"\\n"}'), {
    kind: 'failed',
    message: 'no "x"',
  });
  assert.deepEqual(parseSyncMessage('{"pid": -1}'), { kind: 'failed', message: '' });
  assert.deepEqual(parseSyncMessage('{"pid": -1, "message": "broken'), {
    kind: 'failed',
    message: '{"pid": -1, "message": "broken',
  });
  assert.deepEqual(parseSyncMessage('[]'), { kind: 'failed', message: '' });
});
