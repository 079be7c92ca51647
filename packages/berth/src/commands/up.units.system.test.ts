// `berth up` where systemd is to run the node: a machine of its own, whose systemctl is a script that keeps no processes
// but does what is asked of it. The package on a real systemd: test/vm/package.
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { type FreshMachine, startFreshMachine } from '@berth/test-support/fresh-machine.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { checkout } from '@berth/test-support/scratch.ts';

let machine: FreshMachine;

/** systemctl is-enabled, is-active and start; the kubelet's unit wants berthd's, as the real one. */
const systemctl = `#!/bin/sh
echo "$*" >>/run/calls
# A daemon that is started so has another parent and no terminal, as one of systemd.
daemon() {
  [ -e /run/active-$1 ] && return
  touch /run/active-$1; shift
  setsid "$@" >>/run/journal 2>&1 </dev/null &
}
case "$1 $2" in
is-enabled*) cat /run/enabled ;;
is-active*) if [ -e "/run/active-$2" ]; then echo active; else echo inactive; exit 3; fi ;;
"start berthd.service")
  if [ -e /run/broken ]; then echo "Job for $2 failed." >&2; exit 1; fi
  daemon berthd.service ${checkout}/bin/berthd --cgroup-driver cgroupfs ;;
"start berth-kubelet.service")
  mkdir -p /etc/kubernetes/manifests
  daemon berthd.service ${checkout}/bin/berthd --cgroup-driver cgroupfs
  daemon berth-kubelet.service ${checkout}/bin/kubelet --cgroup-driver=cgroupfs \\
    --container-runtime-endpoint=/run/berth/berth.sock --pod-manifest-path=/etc/kubernetes/manifests ;;
esac
`;

before(async () => {
  moveHugetlbToV1();
  process.env.BERTH_FROM_SOURCE = '1';
  machine = await startFreshMachine();
  for (const folder of ['run/bin', 'run/systemd/system'])
    await mkdir(join(machine.root, folder), { recursive: true });
  await script('systemctl', systemctl);
  await script('journalctl', '#!/bin/sh\necho "$*"; echo the last words\n');
});
after(async () => {
  // As after a crash on a machine without systemd: berth down ends what is left.
  const crash = `rm -r /run/systemd; while pkill -x 'berthd|kubelet'; do sleep 0.1; done; bin/berth down --timeout 5`;
  await machine?.run('sh', '-c', crash);
  await machine?.[Symbol.asyncDispose]();
});

async function script(name: string, text: string): Promise<void> {
  const path = join(machine.root, 'run/bin', name);
  await writeFile(path, text);
  await chmod(path, 0o755);
}

/** Runs berth with that systemctl; `enabled` is what it says of the units. */
async function berth(enabled: string, ...args: string[]) {
  await writeFile(join(machine.root, 'run/enabled'), `${enabled}\n`);
  await writeFile(join(machine.root, 'run/calls'), '');
  const result = await machine.run('env', `PATH=/run/bin:${process.env.PATH}`, 'bin/berth', ...args);
  const calls = (await readFile(join(machine.root, 'run/calls'), 'utf8')).trim().split('\n');
  return { ...result, started: calls.filter((call) => call.startsWith('start ')) };
}

const hasOwnDaemons = () => existsSync(join(machine.root, 'run/berth/berthd.pid'));

test('a unit that does not start is told with the end of its journal', async () => {
  await writeFile(join(machine.root, 'run/broken'), '');
  const { code, err, started } = await berth('enabled', 'up', 'examples/hello.yaml');
  assert.equal(code, 1);
  assert.deepEqual(started, ['start berthd.service']);
  assert.match(
    err,
    /^systemd did not start berthd\.service: .*\. The end of journalctl -u berthd\.service:\n/m,
  );
  assert.match(err, /^ {2}--unit berthd\.service .*\n {2}the last words$/m);
  assert.ok(!hasOwnDaemons());
  await machine.run('rm', '/run/broken');
});

test('berth up starts enabled units, once, and no daemons of its own', async () => {
  const first = await berth('enabled', 'up', 'examples/hello.yaml');
  assert.equal(first.code, 0, first.err);
  assert.deepEqual(first.started, ['start berthd.service', 'start berth-kubelet.service']);
  assert.match(first.out, /default\/hello +1\/1 +Running/);
  const again = await berth('enabled', 'up', 'examples/hello.yaml');
  assert.deepEqual([again.code, again.started], [0, []], again.err);
  assert.ok(!hasOwnDaemons());
  const { out } = await machine.run('pgrep', '-cx', 'berthd|kubelet');
  assert.equal(out, '2\n');
});

test('a pod that fails there is told with the commands for the journals', async () => {
  const broken =
    '{"apiVersion":"v1","kind":"Pod","metadata":{"name":"x"},"spec":{"restartPolicy":"Never","containers":[{"name":"c","image":"localhost/berth-demo:1","command":["false"]}]}}';
  await writeFile(join(machine.root, 'run/x.yaml'), broken);
  const { code, err } = await berth('enabled', 'up', '/run/x.yaml');
  assert.equal(code, 1);
  assert.match(err, /berth logs POD · journalctl -u berthd · journalctl -u berth-kubelet$/m);
});
