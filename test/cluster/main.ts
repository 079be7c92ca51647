// `npm run test:cluster`: each of the files test/cluster/NAME.test.ts starts a real control plane on a machine of its
// own, which nodes join with the real kubelet and with ours. Arguments: words select files by name; `--kubelet real` or
// `--kubelet ours` runs the tests of one kubelet (kubelets.ts); `--at-once N` says how many files run at once;
// `--control-plane 1.35` has the control plane of that version; with `--again` a file that fails runs once more.
import { globSync } from 'node:fs';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { clusterPeers, controlPlanePeers } from '@berth/test-support/cluster/cluster-peers.ts';
import { moveHugetlbToV1 } from '@berth/test-support/hugetlb.ts';
import { buildPeers } from '@berth/test-support/peers.ts';
import { runTestFiles } from '@berth/test-support/test-files.ts';

const root = dirname(dirname(import.meta.dirname));
const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    'at-once': { type: 'string', default: '1' },
    kubelet: { type: 'string' },
    'control-plane': { type: 'string' },
    again: { type: 'boolean', default: false },
  },
});
if (options.kubelet !== undefined) process.env['BERTH_TEST_KUBELETS'] = options.kubelet;
if (options['control-plane'] !== undefined)
  process.env['BERTH_TEST_CONTROL_PLANE'] = options['control-plane'];

const files = globSync('test/cluster/**/*.test.ts', { cwd: root })
  .filter((file) => words.length === 0 || words.some((word) => file.includes(word)))
  .sort();

if (process.getuid?.() !== 0) {
  console.error('The tests of a cluster make namespaces, mounts and cgroups: run them as root.');
  process.exit(1);
}
if (files.length === 0) {
  console.error(`No file of test/cluster has ${words.join(' or ')} in its name.`);
  process.exit(2);
}

// A machine of a test's own cannot make a hierarchy of cgroups, and has no network to get modules from.
moveHugetlbToV1();
await buildPeers([...clusterPeers, ...Object.values(controlPlanePeers()), 'kube-proxy', 'kubeadm']);
process.exitCode = await runTestFiles({
  files,
  atOnce: Number(options['at-once']),
  // The kubelets listen on every address.
  otherwise: 'fail',
  again: options.again,
});
