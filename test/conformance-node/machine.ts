// The program on the machine of a run: a registry with the images, a runtime, and the suite, which starts the kubelet.
import { chmodSync, cpSync, existsSync, mkdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import {
  bindMount,
  detachBelow,
  mounts,
  mountsBelow,
  setPropagation,
  unmount,
} from '@berth/linux/mounts/mount.ts';
import { removeTestCgroup } from '@berth/test-support/cgroup-driver.ts';
import { hierarchies } from '@berth/test-support/own-machine/cgroups.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { restoreTunables } from '@berth/test-support/tunables.ts';
import { serveLayout } from '../conformance/images/serve.ts';
import { startRuntime } from './runtime.ts';
import { selectSpecs } from './selection.ts';
import { listSpecs, runSuite } from './suite.ts';
import type { SuiteWork } from './work.ts';

const work: SuiteWork = JSON.parse(process.argv[2] ?? '');

/** What the kubelet, the runtime and the suite write to: folders of the run's own. */
const ownFolders = ['/var/lib', '/var/log', '/usr/libexec', '/tmp'];

await using resources = new AsyncDisposableStack();
for (const target of ownFolders) {
  const source = join(work.dir, target.slice(1));
  mkdirSync(source, { recursive: true });
  chmodSync(source, statSync(target).mode & 0o7777);
  // A checkout may lie there.
  if (checkout.startsWith(`${target}/`)) {
    const place = join(source, relative(target, checkout));
    mkdirSync(place, { recursive: true });
    bindMount(checkout, place);
    resources.defer(() => unmount(place));
  }
  bindMount(source, target, { recursive: true });
  // As systemd has all mounts: volumes are mounted from containers, too.
  setPropagation(target, 'shared');
  resources.defer(() => detachBelow(target));
}
const specs = await listSpecs(work);
if (work.list) for (const name of selectSpecs(specs, work)) console.log(name);
else await run();

async function run(): Promise<void> {
  hideSystemdRun();
  restoreTunables(resources);
  writeFileSync('/proc/sys/net/ipv4/ip_forward', '1');
  // The suite's API server keeps its certificate there.
  resources.defer(() => rmSync('/run/kubernetes', { recursive: true, force: true }));
  resources.defer(removeCgroups);
  const registry = await serveLayout(work.layout);
  resources.defer(() => registry.stop());
  const { socket, logFile } = await startRuntime(work, registry.address, resources);
  resources.defer(() => cpSync(logFile, join(work.reportDir, 'runtime.log')));
  await runSuite(work, specs, socket);
}

/** The suite would start the kubelet by it, and systemd is not the init of this machine. */
function hideSystemdRun(): void {
  for (const path of ['/usr/bin/systemd-run', '/bin/systemd-run'].filter(existsSync)) {
    if (mountsBelow(path).length > 0) continue;
    bindMount('/dev/null', path);
    resources.defer(() => unmount(path, { detach: true }));
  }
}

/** Of pods, and those to which the kubelet moves itself and everything else. */
async function removeCgroups(): Promise<void> {
  for (const { mountPoint } of hierarchies(mounts())) writeFileSync(join(mountPoint, 'cgroup.procs'), '0');
  for (const path of ['/kubepods', '/kubelet', '/system']) await removeTestCgroup(path);
}
