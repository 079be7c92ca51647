// `npm run test:crictl`: the real crictl v1.36.0 and ours, the same words against the same runtime, byte for byte.
// Prints for each runtime how many were compared and what differed; exits 1 when something does that
// packages/crictl/DIFFERENCES.md does not list, or when something that it lists does not.
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildPeer } from '@berth/test-support/peers.ts';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';
import { changing, emptying, reading, withoutRuntime } from './cases/all.ts';
import { type Comparison, nameOf } from './comparison.ts';
import { readDifferences } from './differences.ts';
import { writeFiles } from './files.ts';
import { standingFixture } from './fixture.ts';
import { serveImages, type TestImages } from './images.ts';
import { type RuntimeName, removeAllPods, startNode } from './node.ts';
import { Report } from './report.ts';
import { type Compared, compareAll, type Programs } from './run.ts';
import { compareTwins } from './twins.ts';

const usage = `npm run test:crictl -- [OPTION…]
  --runtime NAME   only none (what needs no runtime), containerd or berthd; may be repeated
  --only TEXT      only comparisons with this in their name
  --show           print what both said when they differ, also where that is listed
`;

const { values: options } = parseArgs({
  options: {
    runtime: { type: 'string', multiple: true, default: ['none', 'containerd', 'berthd'] },
    only: { type: 'string', default: '' },
    show: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function wanted<Kind extends Comparison>(comparisons: readonly Kind[], runtime: RuntimeName | 'none') {
  return comparisons.filter(
    (comparison) => (comparison.only ?? runtime) === runtime && nameOf(comparison).includes(options.only),
  );
}

async function compareWithout(programs: Programs, images: TestImages): Promise<Compared[]> {
  using dir = scratchDir('golden-none');
  const place = { dir: dir.path, socket: join(dir.path, 'none.sock'), cgroupParent: '/none' };
  const names = writeFiles(place, images);
  return await compareTwins(wanted(withoutRuntime, 'none'), {
    node: undefined,
    programs,
    images,
    names,
    dir: dir.path,
    kept: new Set(),
  });
}

async function compareOn(runtime: RuntimeName, programs: Programs, images: TestImages): Promise<Compared[]> {
  await using node = await startNode(runtime);
  const { names, kept } = await standingFixture(node, images);
  const read = await compareAll(wanted(reading, runtime), programs, names);
  const around = { node, programs, images, names, dir: node.dir };
  const changed = await compareTwins(wanted(changing, runtime), { ...around, kept });
  await removeAllPods(node.client);
  const emptied = await compareTwins(wanted(emptying, runtime), { ...around, kept: new Set() });
  return [...read, ...changed, ...emptied];
}

async function main(): Promise<number> {
  const programs = { real: await buildPeer('crictl'), ours: join(checkout, 'bin/crictl') };
  const report = new Report(readDifferences(), { show: options.show, whole: options.only === '' });
  await using images = await serveImages();
  for (const runtime of ['none', 'containerd', 'berthd'] as const) {
    if (!options.runtime.includes(runtime)) continue;
    const compare = runtime === 'none' ? compareWithout : compareOn.bind(undefined, runtime);
    report.add(runtime, await compare(programs, images));
  }
  return report.finish();
}

if (options.help) process.stdout.write(usage);
else process.exitCode = await main();
