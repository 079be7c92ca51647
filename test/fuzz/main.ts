// npm run fuzz -- [--minutes N] [--target NAME] [--seed N]: what comes from outside is made up at random, one target
// after another. Without arguments it lists the targets. The seed that is printed repeats a run.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkout } from '@berth/test-support/scratch.ts';

interface Target {
  /** A test file, which reads BERTH_FUZZ_SECONDS and BERTH_FUZZ_SEED, or a program that gets both as arguments. */
  file: string;
  /** The one test of the file. */
  test?: string;
  about: string;
}

const targets: Readonly<Record<string, Target>> = {
  layers: {
    file: 'packages/oci/src/oci.fuzz.system.test.ts',
    test: '^layers',
    about: 'tar layers, compressed and not, unpacked into a folder',
  },
  documents: {
    file: 'packages/oci/src/oci.fuzz.system.test.ts',
    test: '^documents',
    about: 'manifests, indexes and image configurations',
  },
  registries: {
    file: 'packages/oci/src/oci.fuzz.system.test.ts',
    test: '^headers',
    about: 'headers of registries, references, hosts.toml',
  },
  cni: {
    file: 'packages/cni/src/cni.fuzz.system.test.ts',
    about: 'network configurations, what plugins print, records of attachments',
  },
  streams: {
    file: 'packages/streaming/src/testing/fuzz/main.ts',
    about: 'SPDY and WebSocket frames to the streaming server',
  },
  http: {
    file: 'test/system/fuzz/http.test.ts',
    about: 'HTTP/1 and HTTP/2 on every port and socket of the daemons (as root)',
  },
  cri: {
    file: 'test/system/fuzz/cri.test.ts',
    about: 'CRI requests of every type to a live berthd (as root)',
  },
};

const { values } = parseArgs({
  options: { minutes: { type: 'string' }, target: { type: 'string' }, seed: { type: 'string' } },
});
const minutes = Number(values.minutes ?? Number.NaN);
const chosen = values.target === undefined ? Object.keys(targets) : values.target.split(',');
const unknown = chosen.filter((name) => !(name in targets));
if (!(minutes > 0) || unknown.length > 0) {
  for (const name of unknown) console.error(`There is no target ${name}.`);
  console.log('npm run fuzz -- --minutes N [--target NAME[,NAME]] [--seed N]\n\nTargets, N minutes each:');
  for (const [name, { about }] of Object.entries(targets)) console.log(`  ${name.padEnd(12)}${about}`);
  process.exit(unknown.length > 0 || values.minutes !== undefined ? 1 : 0);
}

const seed = values.seed ?? String(Date.now() % 1_000_000_000);
const seconds = String(Math.ceil(minutes * 60));
const failed = chosen.filter((name) => {
  console.log(`\n${name}: ${seconds} s from seed ${seed}`);
  const target = targets[name];
  return target === undefined || !run(target);
});
console.log(failed.length === 0 ? '\nAll held.' : `\nFailed: ${failed.join(', ')}`);
process.exitCode = failed.length === 0 ? 0 : 1;

function run({ file, test }: Target): boolean {
  const isTest = file.endsWith('.test.ts');
  const options = ['--test', '--test-timeout=7200000', '--test-reporter=spec'];
  const names = test === undefined ? [] : [`--test-name-pattern=${test}`];
  const path = join(checkout, file);
  const args = isTest ? [...options, ...names, path] : [path, seconds, seed];
  const env = { ...process.env, BERTH_FUZZ_SECONDS: seconds, BERTH_FUZZ_SEED: seed };
  return spawnSync(process.execPath, args, { cwd: checkout, env, stdio: 'inherit' }).status === 0;
}
