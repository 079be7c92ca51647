// berth's commands for single pods, on a node of `berth up`.
import assert from 'node:assert/strict';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { connectCri } from '@berth/cri/client/client.ts';
import { Terminal } from '@berth/crictl/testing/terminal.ts';
import { kill } from '@berth/linux/processes/process.ts';
import { until } from '@berth/test-support/until.ts';
import type * as v1 from 'kubernetes-types/core/v1.d.ts';
import { down } from '../commands/down.ts';
import { downPods } from '../commands/down-pods.ts';
import { demoImage } from '../images/demo-image.ts';
import { runningDaemon } from '../node/daemon.ts';
import { kubeletPods } from '../node/kubelet.ts';
import { fullName } from '../pods/find.ts';
import { displayName } from '../pods/identity.ts';
import { type BerthNode, berthNode } from '../testing/berth-node.ts';

const SIGKILL = 9;
const forever = 'trap "exit 0" TERM; while true; do sleep 1 & wait $!; done';

const container = (name: string, script: string, more: object = {}) => ({
  name,
  image: demoImage,
  command: ['sh', '-c', script],
  ...more,
});

function pod(name: string, containers: object[], spec: object = {}, metadata: object = {}): string {
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, ...metadata },
    spec: { terminationGracePeriodSeconds: 2, ...spec, containers },
  });
}

const manifests = [
  pod(
    'web',
    [
      container('app', `echo one; echo two >&2; echo three; ${forever}`, {
        env: [{ name: 'COLOUR', value: 'green' }],
        volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      }),
      container('side', `echo before; echo aside; ${forever}`),
    ],
    { volumes: [{ name: 'scratch', emptyDir: {} }] },
  ),
  pod(
    'noted',
    [container('first', forever), container('second', forever)],
    {},
    {
      annotations: { 'kubectl.kubernetes.io/default-container': 'second' },
    },
  ),
  pod(
    'job',
    [
      container('work', 'echo done; echo x >> /scratch/x; cat /scratch/x', {
        volumeMounts: [{ name: 'scratch', mountPath: '/scratch' }],
      }),
    ],
    { restartPolicy: 'Never', volumes: [{ name: 'scratch', emptyDir: {} }] },
  ),
  pod('deaf', [container('app', 'trap "" TERM; while true; do sleep 1 & wait $!; done')], {
    terminationGracePeriodSeconds: 4,
    restartPolicy: 'Never',
  }),
  pod('crash', [container('app', 'echo run; sleep 1; exit 1')]),
].join('\n---\n');

let node: BerthNode;

before(async () => {
  node = await berthNode();
  // It does not get ready because of the pod that crashes.
  await node.up(manifests).catch(() => {});
  await untilPod('job', ({ status }) => status?.phase === 'Succeeded');
  await untilPod('web', isReady);
});
after(() => node[Symbol.asyncDispose]());

const isReady = ({ status }: v1.Pod) =>
  status?.conditions?.some(({ type, status: is }) => type === 'Ready' && is === 'True') === true;

async function podCalled(name: string): Promise<v1.Pod | undefined> {
  return ((await kubeletPods(node.layout)) ?? []).find((each) => displayName(each) === `default/${name}`);
}

function untilPod(name: string, condition: (pod: v1.Pod) => boolean): Promise<v1.Pod> {
  return until(
    `${name} is as expected`,
    async () => {
      const found = await podCalled(name);
      return found && condition(found) ? found : undefined;
    },
    () => podCalled(name),
  );
}

const containerId = ({ status }: v1.Pod) => status?.containerStatuses?.[0]?.containerID;

test('ps lists pods as tables, JSON, YAML and names', async () => {
  const { stdout } = await node.run(['ps']);
  assert.match(stdout, /^POD +READY +STATUS +RESTARTS +IP +AGE\ndefault\/crash /);
  assert.match(stdout, /\ndefault\/job +0\/1 +Completed +0 /);
  assert.match(stdout, /\ndefault\/web +2\/2 +Running +0 /);
  const wide = await node.run(['ps', '-o', 'wide', 'web']);
  assert.match(
    wide.stdout,
    /^POD .* AGE +CONTAINERS +IMAGES\ndefault\/web .* app,side +localhost\/berth-demo:1,/,
  );
  const one: v1.Pod = JSON.parse((await node.run(['ps', 'default/web', '-o', 'json'])).stdout);
  assert.deepEqual([one.kind, displayName(one)], ['Pod', 'default/web']);
  const list = await node.run(['ps', '-o', 'yaml']);
  assert.match(list.stdout, /^apiVersion: v1\nitems:\n- apiVersion: v1\n {2}kind: Pod\n/);
  const named = await node.run(['ps', '-o', 'name', fullName(one)]);
  assert.deepEqual([named.stdout, named.exitCode], [`pod/${one.metadata?.name}\n`, 0]);
});

test('a name that no pod has is an error with those that there are', async () => {
  const { stderr, exitCode } = await node.run(['logs', 'wbe']);
  assert.equal(exitCode, 1);
  assert.equal(
    stderr,
    'there is no pod wbe on this node, only default/crash, default/deaf, default/job, default/noted, default/web\n',
  );
});

test('logs are of one container, as kubectl chooses it, or of all', async () => {
  const note = 'Defaulted container "app" out of: app, side\n';
  assert.deepEqual(await node.run(['logs', 'web']), {
    stdout: 'one\nthree\n',
    stderr: `${note}two\n`,
    exitCode: 0,
  });
  const last = await node.run(['logs', 'default/web', 'side', '--tail=1']);
  assert.deepEqual(last, { stdout: 'aside\n', stderr: '', exitCode: 0 });
  assert.equal((await node.run(['logs', 'web', '-c', 'side'])).stdout, 'before\naside\n');
  const all = await node.run(['logs', 'web', '--all-containers', '--prefix', '--tail', '-1']);
  assert.deepEqual(all.stdout.trim().split('\n').sort(), [
    '[pod/web/app] one',
    '[pod/web/app] three',
    '[pod/web/side] aside',
    '[pod/web/side] before',
  ]);
  assert.deepEqual([all.stderr, all.exitCode], ['[pod/web/app] two\n', 0]);
  const timed = await node.run(['logs', 'web', 'side', '--timestamps', '--since', '1h', '--tail=1']);
  assert.match(timed.stdout, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z aside\n$/);
  assert.equal((await node.run(['logs', 'web', 'side', '--since-time', '2099-01-01T00:00:00Z'])).stdout, '');
  assert.equal((await node.run(['logs', 'noted'])).stderr, '');
});

test('logs that there are not are told as kubectl tells them', async () => {
  const none = await node.run(['logs', 'web', '-c', 'none']);
  assert.deepEqual(
    [none.stderr, none.exitCode],
    ['container none is not valid for pod web out of: app, side\n', 1],
  );
  const previous = await node.run(['logs', '-p', 'web', 'app']);
  assert.equal(previous.stderr, 'previous terminated container "app" in pod "web" not found\n');
  const tail = await node.run(['logs', 'web', '--tail=-2']);
  assert.match(tail.stderr, /--tail must be greater than or equal to -1/);
  const both = await node.run(['logs', 'web', '-c', 'app', '--all-containers']);
  assert.match(both.stderr, /^--all-containers should not be specified with container name app\n/);
});

test('logs of the previous run, and logs that follow until the container ends', async () => {
  await untilPod('crash', ({ status }) => (status?.containerStatuses?.[0]?.restartCount ?? 0) > 0);
  assert.equal((await node.run(['logs', 'crash', '--previous'])).stdout, 'run\n');
  await untilPod('crash', ({ status }) => status?.containerStatuses?.[0]?.state?.running !== undefined);
  assert.deepEqual(await node.run(['logs', '-f', 'crash']), { stdout: 'run\n', stderr: '', exitCode: 0 });
});

test('exec passes input, output and the exit code on', async () => {
  const { stdout, stderr, exitCode } = await node.run(
    ['exec', '-i', 'web', '-c', 'side', '--', 'sh', '-c', 'cat; echo wrong >&2; exit 7'],
    'in\n',
  );
  assert.deepEqual([stdout, stderr, exitCode], ['in\n', 'wrong\ncommand terminated with exit code 7\n', 7]);
  const chosen = await node.run(['exec', 'web', '--', 'sh', '-c', 'echo $COLOUR']);
  assert.deepEqual(chosen, {
    stdout: 'green\n',
    stderr: 'Defaulted container "app" out of: app, side\n',
    exitCode: 0,
  });
  const noTerminal = await node.run(['exec', '-it', 'noted', '--', 'echo', '-n', 'x']);
  assert.deepEqual(noTerminal, {
    stdout: 'x',
    stderr: 'Unable to use a TTY - input is not a terminal or the right kind of file\n',
    exitCode: 0,
  });
  const ended = await node.run(['exec', 'job', '--', 'true']);
  assert.deepEqual(
    [ended.stderr, ended.exitCode],
    ['cannot exec into a container in a completed pod; current phase is Succeeded\n', 1],
  );
  const bare = await node.run(['exec', 'web', 'ls']);
  assert.deepEqual([bare.stderr, bare.exitCode], ['the command stands after --: berth exec web -- ls\n', 1]);
});

test('exec has a terminal, in which no keys detach', async () => {
  const command = node.commandLine('exec', '-it', 'noted', '--', 'sh').join(' ');
  using terminal = new Terminal(node.dir, { columns: 80, rows: 10 }, `${command}; echo left with $?`);
  await terminal.shows(/~ #/);
  terminal.type('C-p', 'C-q', 'C-c', 'tty; stty size; exit 5', 'Enter');
  await terminal.shows(/\/dev\/pts\/\d+\n10 80\n/);
  await terminal.shows(/command terminated with exit code 5\n.*left with 5/);
});

test('describe tells specification, states and events in the order of time', async () => {
  const { stdout } = await node.run(['describe', 'web']);
  assert.match(stdout, /^Name: +web-\S+\nName in Manifest: +web\nNamespace: +default\n/);
  assert.match(stdout, /\nContainers:\n {2}app:\n {4}Container ID: +berth:\/\/[0-9a-f]{64}\n/);
  assert.match(stdout, /\n {4}State: +Running\n {6}Started: +\w{3}, \d\d \w{3} \d{4} /);
  assert.match(
    stdout,
    /\n {4}Environment:\n {6}COLOUR: green\n {4}Mounts:\n {6}\/scratch from scratch \(rw\)\n/,
  );
  assert.match(stdout, /\nVolumes:\n {2}scratch:\n {4}Type: +emptyDir\n/);
  const [, events = ''] = stdout.split('\nEvents:\n');
  const app = events.split('\n').filter((line) => line.includes('{app}'));
  assert.deepEqual(
    app.map((line) => line.trim().split(/ {2,}/).toSpliced(2, 1)),
    [
      [
        'Normal',
        'Pulled',
        'kubelet',
        `spec.containers{app}: Container image "${demoImage}" already present on machine and can be accessed by the pod`,
      ],
      ['Normal', 'Created', 'kubelet', 'spec.containers{app}: Container created'],
      ['Normal', 'Started', 'kubelet', 'spec.containers{app}: Container started'],
    ],
  );
  const crash = await node.run(['describe', 'crash']);
  assert.match(
    crash.stdout,
    / Warning +BackOff +\S+( \(x\d+ over \S+\))? +kubelet +.*Back-off restarting failed container app in pod crash-/,
  );
  assert.match(crash.stdout, /\n {4}Last State: +Terminated\n {6}Reason: +Error\n {6}Exit Code: +1\n/);
});

test('top shows usage by the names of manifests', async () => {
  const { stdout } = await node.run(['top', '-d', '0.2']);
  assert.match(stdout, /^POD +CPU% +MEM /);
  assert.match(stdout, /\ndefault\/web +\d/);
  const containers = await node.run(['top', '-d', '0.2', '--containers']);
  assert.match(containers.stdout, /\ndefault\/web\/side +\d/);
});

test('restart ends a pod and starts it again as a new one, and ps --watch shows that', async () => {
  const before = await untilPod('web', isReady);
  await node.run(['exec', 'web', '-c', 'app', '--', 'touch', '/scratch/old']);
  const watch = node.start('ps', '--watch', 'web');
  let seen = '';
  watch.stdout?.on('data', (chunk) => {
    seen += chunk;
  });
  await until('the watch has begun', () => /default\/web .* Running /.test(seen));
  const { stdout, stderr, exitCode } = await node.run(['restart', 'web']);
  assert.deepEqual([stdout, stderr, exitCode], [' ok  pod default/web   Running\n', '', 0]);
  const now = await untilPod('web', isReady);
  assert.notEqual(containerId(now), containerId(before));
  assert.equal(now.status?.containerStatuses?.[0]?.restartCount, 0);
  assert.equal((await node.run(['exec', 'web', '-c', 'app', '--', 'ls', '/scratch'])).stdout, '');
  await until(
    'the watch has seen it',
    () => /Terminating[\s\S]*2\/2 +Running/.test(seen),
    () => seen,
  );
  watch.kill();
});

test('restart runs a job again that has finished', async () => {
  const before = await untilPod('job', ({ status }) => status?.phase === 'Succeeded');
  assert.equal((await node.run(['restart', 'job'])).exitCode, 0);
  await untilPod(
    'job',
    (each) => each.status?.phase === 'Succeeded' && containerId(each) !== containerId(before),
  );
  // Its volume is new as well.
  assert.equal((await node.run(['logs', 'job'])).stdout, 'done\nx\n');
});

test('a restart that kill -9 of the kubelet interrupts is completed by the next one', async () => {
  const before = await untilPod('deaf', isReady);
  const restarting = node.run(['restart', 'deaf']);
  await untilPod('deaf', ({ metadata }) => metadata?.deletionTimestamp !== undefined);
  const kubelet = runningDaemon(node.layout, 'kubelet');
  assert.ok(kubelet);
  kill(kubelet.pid, SIGKILL);
  await node.up(manifests).catch(() => {});
  const now = await untilPod('deaf', (each) => isReady(each) && containerId(each) !== containerId(before));
  assert.equal(now.status?.containerStatuses?.[0]?.restartCount, 0);
  assert.equal((await restarting).exitCode, 0);
});

test('down POD takes the pod out of its manifest, and the others stay', async () => {
  const before = await untilPod('web', isReady);
  const lines: string[] = [];
  const output = { write: (text: string) => lines.push(text) };
  await downPods(node.layout, ['noted', 'default/crash'], { timeout: 60 }, output);
  assert.deepEqual(lines.sort(), [' ok  pod default/crash   ended\n', ' ok  pod default/noted   ended\n']);
  const names = ((await kubeletPods(node.layout)) ?? []).map(displayName).sort();
  assert.deepEqual(names, ['default/deaf', 'default/job', 'default/web']);
  assert.equal(containerId(await untilPod('web', isReady)), containerId(before));
  const [file = '', ...others] = await readdir(node.layout.manifestDir);
  assert.deepEqual(others, []);
  const text = await readFile(join(node.layout.manifestDir, file), 'utf8');
  assert.ok(!text.includes('"noted"') && !text.includes('"crash"') && text.includes('"web"'), text);

  await downPods(node.layout, ['deaf', 'job', 'web'], { timeout: 60 }, output);
  assert.deepEqual(await readdir(node.layout.manifestDir), []);
  assert.deepEqual(JSON.parse(await readFile(node.layout.manifestRecord, 'utf8')), []);
  const client = connectCri(node.layout.socket);
  assert.deepEqual((await client.runtime.listPodSandbox({})).items, []);
  client.close();
  await assert.rejects(
    downPods(node.layout, ['web'], { timeout: 60 }, output),
    /there is no pod web on this node/,
  );
  await down(node.layout, { timeout: 60 }, output);
});
