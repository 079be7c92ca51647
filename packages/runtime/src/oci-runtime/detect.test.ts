import assert from 'node:assert/strict';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { cgroupfsNaming } from '../cgroups/naming.ts';
import { plainRuntime } from '../config/config.ts';
import { type CgroupTree, cgroupProblem, OciRuntimes, RuntimeHandlerError } from './detect.ts';
import type { RuntimeFlavor } from './runtime.ts';

const cgroup2 = 0x63677270;
const tmpfs = 0x01021994;
const pure: CgroupTree = { root: cgroup2, unified: undefined, unifiedControllers: '' };
const legacy: CgroupTree = { root: tmpfs, unified: undefined, unifiedControllers: '' };
const hybrid: CgroupTree = { root: tmpfs, unified: cgroup2, unifiedControllers: 'hugetlb\n' };
const bareHybrid: CgroupTree = { ...hybrid, unifiedControllers: '\n' };

test('which runtime a cgroup tree lets work', () => {
  const table: [RuntimeFlavor, CgroupTree, RegExp | undefined][] = [
    ['crun', pure, undefined],
    ['crun', legacy, undefined],
    ['crun', hybrid, /hybrid cgroups.*hugetlb/],
    ['crun', bareHybrid, undefined],
    ['runc', hybrid, undefined],
    ['runc', { ...pure, root: 0 }, /no cgroup hierarchy/],
  ];
  for (const [flavor, tree, expected] of table) {
    const problem = cgroupProblem(flavor, tree);
    if (expected === undefined) assert.equal(problem, undefined);
    else assert.match(problem ?? '', expected);
  }
});

const bin = mkdtempSync(join(tmpdir(), 'berth-bin-'));
after(() => rmSync(bin, { recursive: true }));
for (const name of ['crun', 'runc']) {
  writeFileSync(join(bin, name), '');
  chmodSync(join(bin, name), 0o755);
}

const options = (tree: CgroupTree) => ({
  stateDir: '/run/x',
  cgroupNaming: cgroupfsNaming,
  tree,
  searchPath: bin,
  handlers: {
    crun: plainRuntime('crun'),
    runc: plainRuntime(join(bin, 'runc')),
    kata: plainRuntime('/nowhere/kata'),
  },
});

test('the default is crun where it works, else runc, unless configured', () => {
  assert.equal(new OciRuntimes(options(pure)).get('').name, 'crun');
  assert.equal(new OciRuntimes(options(hybrid)).get('').name, 'runc');
  assert.equal(new OciRuntimes({ ...options(pure), defaultHandler: 'runc' }).get('').name, 'runc');
  assert.equal(new OciRuntimes(options(pure)).get('runc').root, '/run/x/oci-runc');
});

test('an unusable handler says why', () => {
  const handlers = new OciRuntimes(options(hybrid));
  assert.throws(() => handlers.get('crun'), /runtime handler "crun": crun does not support hybrid/);
  assert.throws(
    () => handlers.get('kata'),
    /runtime handler "kata": its program: \/nowhere\/kata is no executable program/,
  );
  assert.throws(
    () => handlers.get('gvisor'),
    /"gvisor" is not configured; configured are "crun", "runc", "kata"/,
  );
  const none = new OciRuntimes({
    stateDir: '/run/x',
    cgroupNaming: cgroupfsNaming,
    tree: pure,
    handlers: { crun: plainRuntime('/nowhere/crun') },
  });
  assert.throws(() => none.get(''), RuntimeHandlerError);
  assert.throws(
    () => none.get(''),
    /no OCI runtime works on this host \(crun: its program: \/nowhere\/crun is no executable program/,
  );
});
