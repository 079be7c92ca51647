// The Debian package on a machine of its own with systemd: installed, upgraded under a running pod, rebooted, removed
// and purged. One machine, with one reboot.
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { berthVersion } from '@berth/common/version.ts';
import { runScratch } from '@berth/test-support/run-scratch.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { architectureOf } from '../../../scripts/package/architectures.ts';
import { encodeDeb } from '../../../scripts/package/deb.ts';
import { debianPackage } from '../../../scripts/package/debian.ts';
import { BuiltCommands } from '../../../scripts/package/documents.ts';
import { baseImage, makeFileSystem } from '../base-image.ts';
import { runInVm } from '../qemu.ts';

/** The version that the package is upgraded to; it has the same files. */
const nextVersion = '99.0.0';

/** Makes the packages, runs the suite in a new machine, and resolves with its exit code. */
export async function runPackageSuite(timeoutMs: number): Promise<number> {
  const started = performance.now();
  const progress = (line: string) =>
    console.log(`vm: ${line} (${((performance.now() - started) / 1000).toFixed(0)} s)`);
  using scratch = runScratch(join(tmpdir(), 'berth-vm-'));
  const base = await baseImage(progress);
  const tree = join(scratch.path, 'tree.img');
  await writeTree(tree, join(scratch.path, 'tree'));
  progress('booting, to install the package');
  const code = await runInVm({
    base,
    tree,
    script: './node guest.mjs\n',
    scratch: scratch.path,
    timeoutMs,
    reboots: true,
    services: ['systemd-logind.service'],
    onLine: (line) => console.log(line),
  });
  progress(`ended with exit code ${code}`);
  return code;
}

/** The disk of the machine: two versions of the package, and what drives the test. */
async function writeTree(image: string, folder: string): Promise<void> {
  mkdirSync(folder);
  const made = debianPackage({
    root: checkout,
    modules: join(checkout, 'node_modules'),
    architecture: architectureOf(undefined),
    commands: new BuiltCommands(checkout),
    version: berthVersion,
    built: Math.floor(Date.now() / 1000),
  });
  // crictl by Bun is half of the package, and unpacking takes long in there; it runs on Node.js as well.
  made.tree.remove('usr/lib/berth/dist/crictl');
  for (const [name, version] of Object.entries({ first: berthVersion, next: nextVersion })) {
    const control = { ...made.control, Version: version };
    writeFileSync(join(folder, `${name}.deb`), await encodeDeb({ ...made, control, level: 1 }));
  }
  copyFileSync(process.execPath, join(folder, 'node'));
  copyFileSync(join(import.meta.dirname, 'guest.mjs'), join(folder, 'guest.mjs'));
  await makeFileSystem(folder, image, '1G');
  rmSync(folder, { recursive: true });
}
