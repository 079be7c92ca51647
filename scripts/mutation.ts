// `npm run mutation`: changes the sources of packages at random places and tells which changes no unit test notices.
// --seed N (1) decides which, --count N (200) how many, --only WORD restricts sources and tests to paths with that
// word, --json FILE keeps each mutant's fate. A mutant is run in a private copy, as nobody where we are root, by the unit
// test files that execute its place according to V8's coverage, until one fails. Code that no unit test loads is the
// system tests' business: mutants there are counted, not run.
import { chownSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { copyOfTree, nobody } from './mutation/copy-of-tree.ts';
import { type Executed, ran, readCoverage } from './mutation/coverage.ts';
import { listMutants, type Mutant } from './mutation/mutants.ts';
import { runTests } from './mutation/run-tests.ts';
import { confidence, sample } from './mutation/sample.ts';

type Fate = 'killed' | 'timeout' | 'survived' | 'not executed' | 'system tests only';

const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '200' },
    only: { type: 'string', default: '' },
    json: { type: 'string' },
    root: { type: 'string', default: dirname(import.meta.dirname) },
  },
});
const [seed, count] = [Number(values.seed), Number(values.count)];

using copy = copyOfTree(values.root);
const { tree } = copy;
const sources = globSync('packages/*/src/**/*.ts', { cwd: tree })
  .filter(
    (file) => !/\.test\.ts$|\.d\.ts$|\/(generated|testing|fuzz)\//.test(file) && file.includes(values.only),
  )
  .sort();
const tests = globSync(['packages/*/src/**/*.test.ts', 'test/{support,conformance,soak}/**/*.test.ts'], {
  cwd: tree,
})
  .filter((file) => !file.endsWith('.system.test.ts') && file.includes(values.only))
  .sort();

const all = listMutants(tree, sources);
const chosen = sample(all, count, seed);
console.log(
  `${all.length} mutants in ${sources.length} files, ${chosen.length} of them drawn with seed ${seed}`,
);

const coverage = await coverageOfEach();
const sound = new Map<string, Promise<boolean>>();
const fates: { readonly mutant: Mutant; readonly fate: Fate }[] = [];
for (const mutant of chosen) {
  const fate = await fateOf(mutant);
  fates.push({ mutant, fate });
  if (fate === 'survived' || fate === 'not executed') console.log(describe(mutant, fate));
}
report();
if (values.json) writeFileSync(values.json, `${JSON.stringify(fates, undefined, 1)}\n`);

/** Runs every unit test file alone, unchanged: which places does it execute? One that fails as it is decides nothing. */
async function coverageOfEach(): Promise<ReadonlyMap<string, Executed>> {
  const coverage = new Map<string, Executed>();
  const waiting = [...tests];
  const work = async () => {
    for (let file = waiting.shift(); file; file = waiting.shift()) {
      const directory = join(dirname(tree), 'coverage', file.replaceAll('/', '+'));
      mkdirSync(directory, { recursive: true, mode: 0o777 });
      if (nobody.uid !== undefined) chownSync(directory, nobody.uid, nobody.gid);
      const { verdict, output } = await runTests(tree, [file], { coverage: directory });
      if (verdict === 'passed') coverage.set(file, readCoverage(directory, tree));
      else console.log(`left out, it fails without any change: ${file}\n${output.slice(-2000)}`);
    }
  };
  await Promise.all([work(), work()]);
  return coverage;
}

async function fateOf(mutant: Mutant): Promise<Fate> {
  const { file, start, end, text } = mutant;
  if (![...coverage.values()].some((executed) => executed.has(file))) return 'system tests only';
  const concerned = [...coverage].filter(([, executed]) => ran(executed, file, start));
  if (concerned.length === 0) return 'not executed';
  // The test beside the file first, then those that load the least.
  const distance = ([test, executed]: [string, Executed]) =>
    (basename(test) === basename(file).replace(/\.ts$/, '.test.ts') ? 0 : 10_000) +
    (dirname(test) === dirname(file) ? 0 : 1_000) +
    executed.size;
  const ordered = concerned.sort((a, b) => distance(a) - distance(b)).map(([test]) => test);
  const original = readFileSync(join(tree, file), 'utf8');
  const changed = original.slice(0, start) + text + original.slice(end);
  stripTypeScriptTypes(changed); // throws where the change is not TypeScript: it would count as killed
  for (const batch of [ordered.slice(0, 6), ordered.slice(6)].filter(({ length }) => length > 0)) {
    if (!(await isSound(batch))) continue;
    writeFileSync(join(tree, file), changed);
    const { verdict } = await runTests(tree, batch);
    writeFileSync(join(tree, file), original);
    if (verdict !== 'passed') return verdict === 'failed' ? 'killed' : 'timeout';
  }
  return 'survived';
}

/** Whether these test files pass side by side in one process without a change. */
function isSound(batch: readonly string[]): Promise<boolean> {
  const key = batch.join(' ');
  const known =
    sound.get(key) ??
    runTests(tree, batch).then(({ verdict, output }) => {
      if (verdict !== 'passed')
        console.log(`left out, fail together without any change: ${key}\n${output.slice(-2000)}`);
      return verdict === 'passed';
    });
  sound.set(key, known);
  return known;
}

function describe({ file, line, operator, original, text }: Mutant, fate: Fate): string {
  const brief = (code: string) => code.replaceAll(/\s+/g, ' ').slice(0, 60);
  return `${fate}  ${file}:${line}  ${operator}: ${brief(original)} → ${brief(text)}`;
}

function report() {
  const packages = Map.groupBy(fates, ({ mutant }) => mutant.file.split('/')[1] ?? '');
  const columns: readonly Fate[] = ['killed', 'timeout', 'survived', 'not executed', 'system tests only'];
  const row = (name: string, cells: readonly (string | number)[]) =>
    console.log(name.padEnd(12) + cells.map((cell) => String(cell).padStart(18)).join(''));
  const counts = (of: typeof fates) => columns.map((fate) => of.filter((each) => each.fate === fate).length);
  row('', columns);
  for (const [name, of] of [...packages].sort()) row(name, counts(of));
  row('all', counts(fates));
  const [killed = 0, timeout = 0, survived = 0, idle = 0] = counts(fates);
  const share = (name: string, hits: number, total: number) => {
    const [low, high] = confidence(hits, total).map((value) => (100 * value).toFixed(1));
    console.log(
      `${name}: ${hits} of ${total}, ${((100 * hits) / total).toFixed(1)} % (95 %: ${low} to ${high})`,
    );
  };
  share('survive where a unit test executes them', survived, killed + timeout + survived);
  share('survive in files that a unit test loads', survived + idle, killed + timeout + survived + idle);
}
