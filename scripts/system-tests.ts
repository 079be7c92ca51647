// The system half of `npm test`: every NAME.system.test.ts beside the code and every suite in test/system. Several
// files run at once, each on a machine of its own (packages/test-support/src/own-machine), those that take long first. Where the
// kernel refuses the namespaces for that they run one after another on this machine, as they do with the systemd
// driver. Arguments: words select files by name, `scripts/node scripts/system-tests.ts kill` runs the files with
// "kill" in their path; `--at-once N` says how many run at once; with `--again` a file that fails runs once more, alone.
import { globSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { messageOf } from '@berth/common/error-message.ts';
import { foreignModules } from '@berth/test-support/foreign-modules.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { buildPeer } from '@berth/test-support/peers.ts';
import { runTestFiles } from '@berth/test-support/test-files.ts';

const root = dirname(import.meta.dirname);
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    'at-once': { type: 'string', default: String(availableParallelism() + 2) },
    again: { type: 'boolean', default: false },
  },
});

/** What takes longest, in this order; the rest follows by name. */
const longest = [
  'test/system/kill/kill.test.ts',
  'test/system/package.test.ts',
  'test/system/documented-commands.test.ts',
  'test/system/attack/image-memory.test.ts',
  'test/system/kill/kubelet-kill.test.ts',
  'packages/berth/src/cli/pods.system.test.ts',
  'packages/crictl/src/completion/completion.shells.system.test.ts',
  'packages/berth/src/commands/up.system.test.ts',
  'packages/runtime/src/container/system-mounts.system.test.ts',
  'packages/kubelet/src/pods/worker.system.test.ts',
  'packages/kubelet/src/kubelet.system.test.ts',
  'packages/kubelet/src/volumes/sub-path.system.test.ts',
  'test/system/soak.test.ts',
];

/** The files whose subject is the systemd of this machine. */
const ofThisMachine = /^packages\/linux\/src\/systemd\//;

const rank = (file: string) => (longest.includes(file) ? longest.indexOf(file) : longest.length);
const files = globSync(['packages/*/src/**/*.system.test.ts', 'test/system/**/*.test.ts'], { cwd: root })
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort()
  .sort((one, other) => rank(one) - rank(other));

if (process.getuid?.() !== 0) {
  console.error('The system tests make namespaces, mounts and cgroups: run them as root.');
  process.exit(1);
}

// A machine of a test's own cannot make a hierarchy of cgroups, and has no network to get modules from.
moveHugetlbToV1();
if (files.some(drivesRealCrictl)) await buildPeer('crictl');
if (files.some((file) => file.includes('/static-pod-uids/'))) await buildPeer('static-pod-uid');
if (files.includes('test/system/package.test.ts'))
  await foreignModules('arm64').catch((error) => console.log(`No arm64 package: ${messageOf(error)}`));
process.exitCode = await runTestFiles({
  files,
  atOnce: Number(options['at-once']),
  // Those that all wait for at the end, and whose lives have to fit between kills, must not wait for the others.
  weight: (file) => (/\/kill\/[a-z-]*\.test/.test(file) ? 2 : 1),
  isHere: (file) => ofThisMachine.test(file),
  otherwise: 'run here',
  again: options.again,
});

function drivesRealCrictl(file: string): boolean {
  return /support\/(real-crictl|peers)\.ts'/.test(readFileSync(join(root, file), 'utf8'));
}
