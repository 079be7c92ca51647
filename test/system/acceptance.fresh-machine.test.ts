// What somebody sees who tries Berth on a machine of their own: the commands as they are in the checkout, with
// every path at its default, on a machine without a network or any trace of Berth.
import assert from 'node:assert/strict';
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FreshMachine, startFreshMachine } from '@berth/test-support/fresh-machine.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { takeCensus } from '@berth/test-support/leaks.ts';

let machine: FreshMachine;
let linksBefore: string;
let mountsBefore: string;

before(async () => {
  moveHugetlbToV1();
  machine = await startFreshMachine();
  mountsBefore = mounts();
  linksBefore = await succeed('/bin/busybox', 'ip', '-o', 'link');
});
after(() => machine[Symbol.asyncDispose]());

async function succeed(program: string, ...args: string[]): Promise<string> {
  const { code, out, err } = await machine.run(program, ...args);
  assert.equal(code, 0, `${program} ${args.join(' ')}: ${out}${err}`);
  return out;
}

test('berth up --try examples/hello.yaml shows the answer of a real pod', async () => {
  const said = await succeed('bin/berth', 'up', '--try', 'examples/hello.yaml');
  assert.match(said, / ok {2}berthd {3}\/run\/berth\/berth\.sock\n/);
  assert.match(said, / ok {2}kubelet {2}watching \/etc\/kubernetes\/manifests\n/);
  assert.match(said, /default\/hello {2}1\/1 {4}Running {2}0 +10\.88\.0\.2/);
  assert.match(said, /\$ curl http:\/\/10\.88\.0\.2:8080\nHello from pod hello on node /);
  assert.match(await succeed('bin/berth', 'status'), /default\/hello {2}1\/1 {4}Running/);
});

test('crictl lists what runs, by default and by both forms of the endpoint', async () => {
  const lists = [
    await succeed('bin/crictl', 'ps', '-q'),
    await succeed('bin/crictl', '-r', '/run/berth/berth.sock', 'ps', '-q'),
    await succeed('bin/crictl', '-r', 'unix:///run/berth/berth.sock', 'ps', '-q'),
  ];
  assert.match(lists[0] ?? '', /^[0-9a-f]{64}\n$/);
  assert.deepEqual(new Set(lists).size, 1);
  assert.match(await succeed('bin/crictl', 'ps'), /Running +web +0 +[0-9a-f]{13} +hello-/);
});

test('a log, a command in the container and its state are at hand', async () => {
  const id = (await succeed('bin/crictl', 'ps', '-q')).trim();
  assert.match(
    await succeed('bin/crictl', 'exec', '--sync', id, 'cat', '/www/index.html'),
    /^Hello from pod hello/,
  );
  await succeed('bin/crictl', 'logs', id);
  const { status } = JSON.parse(await succeed('bin/crictl', 'inspect', id));
  assert.equal(status.state, 'CONTAINER_RUNNING');
  assert.equal(status.image.userSpecifiedImage, 'localhost/berth-demo:1');
});

test('plain HTTP on the CRI socket is answered with 404', async () => {
  const socketPath = join(machine.root, 'run/berth/berth.sock');
  const status = await new Promise((resolve, reject) => {
    request({ socketPath, path: '/' }, (response) => resolve(response.resume().statusCode))
      .on('error', reject)
      .end();
  });
  assert.equal(status, 404);
});

test('berth down leaves nothing but images and logs', async () => {
  assert.match(await succeed('bin/berth', 'down'), / ok {2}nothing is left running/);
  const { out: processes } = await machine.run('/bin/busybox', 'ps', '-o', 'pid,args');
  assert.doesNotMatch(processes, /berth|kubelet|conmon|httpd/);
  assert.equal(mounts(), mountsBefore);
  assert.equal(await succeed('/bin/busybox', 'ip', '-o', 'link'), linksBefore);
  assert.ok(!existsSync(join(machine.root, 'run/berth')));
  for (const folder of ['etc/kubernetes/manifests', 'etc/cni/net.d', 'var/log/pods', 'var/log/containers']) {
    assert.deepEqual(entries(folder), [], folder);
  }
  assert.deepEqual(globSync('var/lib/cni/**/10.88.*', { cwd: machine.root }), []);
  assert.deepEqual(entries('var/lib/berth/containers'), []);
  assert.deepEqual(entries('var/lib/kubelet/pods'), []);
  const cgroups = [...takeCensus([]).cgroups].filter((path) =>
    /^\/sys\/fs\/cgroup(\/[^/]+)?\/(berth|kubepods)$/.test(path),
  );
  assert.deepEqual(cgroups, []);
});

function mounts(): string {
  return readFileSync(join(machine.root, 'proc/1/mountinfo'), 'utf8');
}

function entries(folder: string): string[] {
  const path = join(machine.root, folder);
  return existsSync(path) ? readdirSync(path) : [];
}
