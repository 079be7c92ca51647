// `npm run conformance`: critest v1.36.0, built from its Go module, against berthd with crun, with runc, and its
// streaming specs over WebSockets. Prints what did not pass and why; exits 1 when something fails beyond
// known-failures.ts, or is left on the machine.
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { runScratch } from '@berth/test-support/run-scratch.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { runCritest } from './critest.ts';
import { serveLayout } from './images/serve.ts';
import { knownFailures } from './known-failures.ts';
import { startNode } from './node.ts';
import { prepareConformance } from './prepare.ts';
import { judge } from './report.ts';

const usage = `npm run conformance -- [OPTION…]
  --runtime crun|runc   all specs with this OCI runtime only (may be repeated)
  --websocket           only the streaming specs over WebSockets
  --focus REGEXP        only the specs that match (may be repeated)
  --skip REGEXP         all but the specs that match (may be repeated)
  --seed NUMBER         the order of the specs of an earlier run
  --passed NUMBER       fail unless at least so many specs pass: a spec that is skipped is no failure
  --cgroup-driver NAME  cgroupfs (default) or systemd
  --prepare DIR         build critest, crictl and the images into DIR and stop
  --vm                  in a virtual machine with cgroup v2, systemd and AppArmor
  --prepared DIR        use what --prepare has built, for example in a virtual machine
`;

const { values: options } = parseArgs({
  options: {
    runtime: { type: 'string', multiple: true },
    websocket: { type: 'boolean', default: false },
    focus: { type: 'string', multiple: true, default: [] },
    skip: { type: 'string', multiple: true, default: [] },
    seed: { type: 'string' },
    passed: { type: 'string', default: '1' },
    'cgroup-driver': { type: 'string', default: 'cgroupfs' },
    vm: { type: 'boolean', default: false },
    prepare: { type: 'string' },
    prepared: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});

/** All of critest with crun, with runc and over WebSockets, ten times as slow as on the machine itself. */
const vmTimeoutMs = 90 * 60_000;

interface Part {
  name: string;
  runtime: 'crun' | 'runc';
  flags: string[];
  focus: string[];
}

const overWebSockets: Part = {
  name: 'websocket',
  runtime: 'crun',
  flags: ['-websocket-exec', '-websocket-attach', '-websocket-portforward'],
  focus: ['\\[k8s.io\\] Streaming'],
};

/** What the options select. */
function selectParts(): Part[] {
  const wanted = options.runtime ?? (options.websocket ? [] : ['crun', 'runc']);
  const whole = (['crun', 'runc'] as const).filter((runtime) => wanted.includes(runtime));
  const parts: Part[] = whole.map((runtime) => ({ name: runtime, runtime, flags: [], focus: [] }));
  const withWebSockets = options.websocket || options.runtime === undefined;
  return withWebSockets ? [...parts, overWebSockets] : parts;
}

/** The same run on cgroup v2 and systemd, where AppArmor is on too: nothing but the place is different. */
async function runInVm(prepared: string): Promise<number> {
  const words = process.argv.slice(2).filter((word) => word !== '--vm');
  const shellWords = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
  const { runInMachine } = await import('../vm/machine.ts');
  return runInMachine({
    script: `scripts/node test/conformance/main.ts --prepared carried ${shellWords}`,
    carry: prepared,
    timeoutMs: vmTimeoutMs,
  });
}

async function runParts(prepared: string): Promise<number> {
  const cgroupDriver = options['cgroup-driver'] === 'systemd' ? 'systemd' : 'cgroupfs';
  const reportDir = join(checkout, 'reports/conformance');
  const registry = await serveLayout(join(prepared, 'images'));
  let unexpected = 0;
  try {
    for (const part of selectParts()) {
      await using node = await startNode({ runtime: part.runtime, registry: registry.address, cgroupDriver });
      const started = performance.now();
      const report = await runCritest({
        program: join(prepared, 'critest'),
        socket: node.socket,
        reportDir,
        name: part.name,
        flags: part.flags,
        focus: options.focus.length > 0 ? options.focus : part.focus,
        skip: options.skip,
        ...(options.seed !== undefined && { seed: Number(options.seed) }),
      });
      const seconds = Math.round((performance.now() - started) / 1000);
      const verdict = judge(report, knownFailures);
      const left = await node.leftovers();
      const [summary = '', ...details] = verdict.lines;
      console.log(`${part.name}: ${summary} (${seconds} s, seed ${report.seed})`);
      for (const line of details) console.log(line);
      for (const line of left) console.log(`  LEFT BEHIND: ${line}`);
      unexpected += verdict.unexpected + left.length;
      const passed = report.specs.filter(({ outcome }) => outcome === 'passed').length;
      if (passed < Number(options.passed)) {
        console.log(`  TOO FEW: ${options.passed} specs are to pass`);
        unexpected += 1;
      }
    }
  } finally {
    await registry.stop();
  }
  if (unexpected > 0) console.log(`All that critest printed is in ${reportDir}`);
  return unexpected;
}

if (options.help) {
  console.log(usage);
} else if (options.prepare !== undefined) {
  await prepareConformance(options.prepare);
} else {
  using scratch = options.prepared === undefined ? runScratch('/var/tmp/berth-conformance-') : undefined;
  // critest runs in a folder of its own.
  const dir = resolve(scratch?.path ?? options.prepared ?? '');
  if (scratch !== undefined) await prepareConformance(dir);
  process.exitCode = options.vm ? await runInVm(dir) : (await runParts(dir)) === 0 ? 0 : 1;
}
