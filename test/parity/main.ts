// `npm run parity`: gives each input to the real containerd and kubelet and to ours, and compares what happens.
// Exits 1 when something differs that differences.ts does not list, when something that it lists does not differ, and
// when something is left on the machine.
import { parseArgs } from 'node:util';
import { differences } from './differences.ts';
import { halves } from './halves.ts';
import { report, slowest } from './report.ts';
import { select } from './select.ts';

const usage = `npm run parity -- [OPTION…] [WORD…]
  WORD         only inputs with one of the words in their name, such as layers or "hosts.toml: ca"
  --half NAME  only inputs of container runtimes (runtime) or of kubelets (kubelet); building the real kubelet takes
               minutes, once
  --sample N   only N of them, spread evenly over all; the same ones every time
  --list       print the names, and run nothing
  --times      print which inputs took longest
  --show       print what both did when they differ, also where that is listed
`;

const { values: options, positionals: words } = parseArgs({
  allowPositionals: true,
  options: {
    half: { type: 'string' },
    sample: { type: 'string' },
    list: { type: 'boolean', default: false },
    times: { type: 'boolean', default: false },
    show: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<number> {
  const sample = options.sample === undefined ? undefined : Number(options.sample);
  if (sample !== undefined && !(Number.isInteger(sample) && sample > 0)) {
    process.stderr.write(`--sample wants a number of inputs, not ${options.sample}\n${usage}`);
    return 2;
  }
  const names = Object.keys(halves).filter((name) => options.half === undefined || options.half === name);
  const wanted = names.flatMap((name) => halves[name] ?? []);
  if (wanted.length === 0) {
    process.stderr.write(`--half is one of ${Object.keys(halves).join(', ')}, not ${options.half}\n${usage}`);
    return 2;
  }
  const cases = wanted.flatMap((half) => half.cases);
  const selected = select(cases, { words, sample });
  if (selected.size === 0) {
    process.stderr.write(`No input has ${words.join(' or ')} in its name; --list prints the names.\n`);
    return 2;
  }
  if (options.list) {
    for (const name of selected) console.log(name);
    return 0;
  }
  const compared = [];
  const leftovers = [];
  for (const half of wanted) {
    const results = await half.compare(selected);
    compared.push(...results.compared);
    leftovers.push(...results.leftovers);
  }
  const { lines, unexpected } = report(compared, differences, { show: options.show });
  for (const line of options.times ? slowest(compared, 20) : []) console.log(line);
  for (const line of leftovers) console.log(`LEFT BEHIND: ${line}`);
  for (const line of lines) console.log(line);
  return unexpected + leftovers.length === 0 ? 0 : 1;
}

if (options.help) process.stdout.write(usage);
else process.exitCode = await main();
