// What `berth up`, `status` and `down` say of workloads and of pods that fail, on a machine of its own.
import assert from 'node:assert/strict';
import { appendFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FreshMachine, startFreshMachine } from '@berth/test-support/fresh-machine.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { until } from '@berth/test-support/until.ts';
import { demoImage } from '../images/demo-image.ts';

const manifests = '/etc/kubernetes/manifests';
let machine: FreshMachine;

before(async () => {
  moveHugetlbToV1();
  process.env.BERTH_FROM_SOURCE = '1';
  machine = await startFreshMachine();
  await mkdir(join(machine.root, 'run/manifests'));
});
after(async () => {
  await machine?.run('bin/berth', 'down', '--timeout', '5');
  await machine?.[Symbol.asyncDispose]();
});

const berth = (...args: string[]) => machine.run('bin/berth', ...args);

/** Writes objects as a manifest to /run/manifests of the machine; gives back its path there. */
async function manifest(name: string, ...objects: object[]): Promise<string> {
  const path = `/run/manifests/${name}.yaml`;
  await writeFile(join(machine.root, path), objects.map((object) => JSON.stringify(object)).join('\n---\n'));
  return path;
}

const main = (command: string, more: object = {}) => ({
  name: 'main',
  image: demoImage,
  command: ['sh', '-c', command],
  ...more,
});
const pod = (name: string, command: string, { container = {}, spec = {} } = {}) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name },
  spec: { terminationGracePeriodSeconds: 1, ...spec, containers: [main(command, container)] },
});
const sleeps = 'trap "exit 0" TERM; while :; do sleep 0.1; done';
const labels = { app: 'web' };
const deployment = (replicas: number) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'web' },
  spec: {
    replicas,
    selector: { matchLabels: labels },
    template: {
      metadata: { labels },
      spec: {
        containers: [
          main(sleeps, { env: [{ name: 'A', valueFrom: { configMapKeyRef: { name: 'c', key: 'a' } } }] }),
        ],
      },
    },
  },
});
const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' }, data: { a: '1' } };
const job = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'once' },
  spec: {
    completions: 2,
    parallelism: 2,
    completionMode: 'Indexed',
    template: {
      spec: {
        restartPolicy: 'Never',
        containers: [main('test "$(hostname)" = "once-$JOB_COMPLETION_INDEX"')],
      },
    },
  },
};
const service = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'web' } };

test('a Deployment with its ConfigMap and a Job come, change and go', async () => {
  const file = await manifest('web', deployment(2), configMap, job);
  const { code, out, err } = await berth('up', file);
  assert.equal(code, 0, err);
  assert.match(out, /note \/run\/manifests\/web\.yaml: Job default\/once: each pod runs once: /);
  assert.match(
    out,
    /default\/once-0 +0\/1 +Completed .*\ndefault\/once-1 +0\/1 +Completed .*\ndefault\/web-0 +1\/1 +Running .*\ndefault\/web-1 +1\/1 /,
  );
  await manifest('web', deployment(1), configMap, job);
  assert.equal((await machine.run('sh', '-c', `bin/berth up - <${file}`)).code, 0);
  await until('web-1 has gone', async () => !(await berth('status')).out.includes('default/web-1'));

  await appendFile(join(machine.root, manifests, 'default-web-0.yaml'), 'x: [\n');
  const broken = await until('the edit is seen', async () => {
    const status = await berth('status');
    return status.code === 1 && status;
  });
  assert.match(broken.out, /default\/web-0 +1\/1 +Running /);
  assert.match(
    broken.out,
    /\nFAIL \/etc\/kubernetes\/manifests\/default-web-0\.yaml {3}not valid YAML: .*\. The last good version goes on\n/,
  );
  const down = await berth('down', file);
  assert.equal(down.code, 0, down.err);
  assert.match(down.out, / ok {2}pod default\/web-0 {3}ended\n/);
  assert.deepEqual(await readdir(join(machine.root, manifests)), []);
  const again = await berth('down', file);
  assert.deepEqual([again.code, again.err], [1, `${file}: not installed by berth up\n`]);
  assert.equal((await berth('status')).code, 0);
});

test('what only a cluster does is refused by its field or kind', async () => {
  const file = await manifest('cluster', deployment(1), configMap, service, {
    ...job,
    spec: { ...job.spec, suspend: true },
  });
  const { code, err } = await berth('up', file);
  assert.equal(code, 1);
  assert.match(err, /cluster\.yaml: Service default\/web: a node has no Services; .*hostPort/);
  assert.match(err, /cluster\.yaml: Job default\/once: line \d+, column \d+: spec\.suspend: Forbidden: /);
  await manifest('cluster', deployment(1), configMap, service);
  assert.match((await berth('up', file)).err, /berth up --validate=warn\n$/);
  const warned = await berth('up', '--validate=warn', file);
  assert.equal(warned.code, 0, warned.err);
  assert.match(warned.out, /warn .*Service default\/web: /);
  assert.equal((await berth('down', file)).code, 0);
});

test('pods that are rejected, clash, or end: each with its reason, and at once', async () => {
  const port = { container: { ports: [{ containerPort: 80, hostPort: 8099 }] } };
  const first = await manifest('first', pod('first', sleeps, port));
  assert.equal((await berth('up', first)).code, 0);
  const memory = { limits: { memory: '20Mi' } };
  const files = await Promise.all([
    manifest('big', pod('big', sleeps, { container: { resources: { requests: { memory: '900Gi' } } } })),
    manifest('second', pod('second', sleeps, port)),
    manifest(
      'eats',
      pod('eats', 'echo eating; x=a; while :; do x=$x$x; done', {
        container: { resources: memory },
        spec: { restartPolicy: 'Never' },
      }),
    ),
  ]);
  const { code, err } = await berth('up', ...files);
  assert.equal(code, 1);
  assert.match(err, /\npod default\/big: \w+: Node didn't have enough resource: memory/);
  assert.match(err, /\npod default\/second: NodePorts: .*8099/);
  assert.match(
    err,
    /\npod default\/eats: container main ended with exit code 137 \(OOMKilled, the memory limit is 20Mi\)\n {2}the end of the log of container main:\n {4}eating\n/,
  );
  assert.match(err, /\nNot started again without a change: default\/big, default\/second, default\/eats\n/);
  assert.doesNotMatch(err, /goes on trying|--timeout/);
  const status = await berth('status');
  assert.equal(status.code, 1);
  for (const name of ['big', 'second', 'eats'])
    assert.match(status.out, new RegExp(`\nFAIL pod default/${name} `));
  assert.doesNotMatch(status.out, /FAIL pod default\/first/);
});
