// `npm run test:vm`: system tests on cgroup v2 with systemd, and critest's AppArmor specs, in a virtual machine.
// Exits with 0 when all pass.
import { globSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScratch } from '@berth/test-support/run-scratch.ts';
import { checkout } from '@berth/test-support/scratch.ts';
import { prepareConformance } from '../conformance/prepare.ts';
import { runInMachine } from './machine.ts';
import { runPackageSuite } from './package/suite.ts';
import { suites } from './suites.ts';

const usage = `npm run test:vm -- [OPTION…] [WORD…]
  WORD                  only the test files with this word in their path, of all there are; package: the suite of the
                        Debian package
  --driver NAME         only with this cgroup driver, cgroupfs or systemd
  --script TEXT         a shell script instead of tests; it runs as root in the checkout, which is at /berth
  --again               a test file that fails runs once more, alone
  --timeout SECONDS     after this time the machine is killed (1800)
`;

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    driver: { type: 'string' },
    script: { type: 'string' },
    again: { type: 'boolean', default: false },
    timeout: { type: 'string', default: '1800' },
    help: { type: 'boolean', default: false },
  },
});

/** The test files of each driver, one run after the other whatever the first comes to. */
function testRuns(): string[] {
  return Object.entries(suites)
    .filter(([driver]) => options.driver === undefined || options.driver === driver)
    .map(([driver, patterns]) => {
      const all = ['packages/*/src/**/*.system.test.ts', 'test/system/*.test.ts'];
      const files = (words.length === 0 ? patterns : all)
        .flatMap((pattern) => globSync(pattern, { cwd: checkout }))
        .filter((file) => words.length === 0 || words.some((word) => file.includes(word)));
      return `scripts/node test/vm/guest.mjs ${driver} ${options.again ? '--again ' : ''}${files.join(' ')}`;
    });
}

/** critest's AppArmor specs, which are skipped where AppArmor is off, and whether berthd has loaded its profile. */
const appArmor = `{ scripts/node test/conformance/main.ts --prepared carried --runtime crun --focus AppArmor --passed 9 &&
  grep -q '^berth-default ' /sys/kernel/security/apparmor/profiles; }`;

async function main(): Promise<number> {
  const timeoutMs = Number(options.timeout) * 1000;
  if (options.script !== undefined) return runInMachine({ script: options.script, timeoutMs });
  if (words.length === 1 && words[0] === 'package') return runPackageSuite(timeoutMs);
  const isWhole = words.length === 0 && options.driver === undefined;
  const runs = isWhole ? [...testRuns(), appArmor] : testRuns();
  const script = `failed=0\n${runs.map((run) => `${run} || failed=1\n`).join('')}exit $failed\n`;
  if (!isWhole) return runInMachine({ script, timeoutMs });
  using carry = runScratch(join(tmpdir(), 'berth-vm-carried-'));
  await prepareConformance(carry.path);
  const code = await runInMachine({ script, timeoutMs, carry: carry.path });
  return (await runPackageSuite(timeoutMs)) || code;
}

if (options.help) console.log(usage);
else process.exitCode = await main();
