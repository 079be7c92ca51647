// One run of e2e_node by Ginkgo, whose specs share one kubelet that the suite starts.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { buildPeers } from '@berth/test-support/peers.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { parseReport, type Spec } from '../conformance/report.ts';
import { focusPattern, labelFilter, selectSpecs } from './selection.ts';
import type { SuiteWork } from './work.ts';

/** The suite writes beside its program; an interrupted run has to end in time, too. */
const timeLimit = '150m';

/** The specs with the label, in the order of the suite. */
export async function listSpecs(work: SuiteWork): Promise<Spec[]> {
  const file = join(work.dir, 'specs.json');
  await ginkgo(work, ['--dry-run', '--json-report=specs.json', `--output-dir=${work.dir}`], 'specs.txt');
  const { specs } = parseReport(readFileSync(file), file);
  return specs.filter(({ outcome }) => outcome === 'passed');
}

/** Runs the selected specs against the runtime at `socket`; the report is in the folder of reports. */
export async function runSuite(work: SuiteWork, specs: readonly Spec[], socket: string): Promise<void> {
  const names = selectSpecs(specs, work);
  if (names.length === 0) throw new Error(`no spec has ${work.focus.join(' or ')} in its name`);
  const isAll = names.length === specs.length;
  await placeKubelet(work);
  const config = join(work.dir, 'kubelet-base.yaml');
  writeFileSync(config, JSON.stringify(kubeletConfiguration()));
  await ginkgo(
    work,
    [
      `--nodes=${Math.min(work.nodes, names.length)}`,
      `--seed=${work.seed}`,
      `--timeout=${timeLimit}`,
      '--randomize-all',
      '--json-report=report.json',
      `--output-dir=${work.reportDir}`,
      ...(work.failFast ? ['--fail-fast'] : []),
      ...(work.again ? ['--flake-attempts=2'] : []),
      ...(isAll ? [] : [`--focus=${focusPattern(names)}`]),
    ],
    'suite.txt',
    [
      `--container-runtime-endpoint=unix://${socket}`,
      `--kubelet-config-file=${config}`,
      '--prepull-images=false',
      `--node-name=${hostname().toLowerCase()}`,
      `--report-dir=${work.reportDir}`,
    ],
  );
}

/** What machine.md's run had; the suite itself sets ports, authentication and the folder of static pods. */
function kubeletConfiguration(): Record<string, unknown> {
  return {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    cgroupDriver: 'cgroupfs',
    cgroupRoot: '/',
    failCgroupV1: false,
    failSwapOn: false,
    podCIDR: '10.100.0.0/24',
    fileCheckFrequency: '10s',
    serializeImagePulls: false,
    evictionHard: { 'memory.available': '250Mi', 'nodefs.available': '5%', 'nodefs.inodesFree': '5%' },
  };
}

/** The suite runs the kubelet beside its program. */
async function placeKubelet({ kubelet, dir }: SuiteWork): Promise<void> {
  const program = join(dir, 'suite/kubelet');
  if (kubelet === 'real') {
    const { kubelet: real } = await buildPeers(['kubelet']);
    symlinkSync(real, program);
  } else {
    writeFileSync(program, `#!/bin/sh\nexec ${join(checkout, 'bin/kubelet')} "$@"\n`);
    chmodSync(program, 0o755);
  }
}

/** Runs Ginkgo with the suite in a folder of its own. What it prints goes to `output` in the folder of reports. */
async function ginkgo(
  { dir, reportDir }: SuiteWork,
  flags: readonly string[],
  output: string,
  suiteFlags: readonly string[] = [],
): Promise<void> {
  const peers = await buildPeers(['e2e_node', 'ginkgo', 'etcd']);
  const place = join(dir, 'suite');
  const program = join(place, 'e2e_node.test');
  mkdirSync(place, { recursive: true });
  // Ginkgo runs a suite in the folder of its program, and the suite writes there.
  if (!existsSync(program)) symlinkSync(peers.e2e_node, program);
  const words = [`--label-filter=${labelFilter}`, '--no-color', ...flags, program, '--', ...suiteFlags];
  const log = openSync(join(reportDir, output), 'a');
  const child = spawn(peers.ginkgo, words, {
    cwd: place,
    stdio: ['ignore', log, log],
    env: { ...process.env, PATH: `${dirname(peers.etcd)}:${process.env['PATH']}:/usr/sbin:/sbin` },
  });
  await once(child, 'exit');
}
