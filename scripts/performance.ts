// Writes the figures of bench/RESULTS.md that matter to a user into README.md, docs/performance.md and docs/speed.svg.
// performance.test.ts fails when they are out of date. npm run bench calls it at its end. usage: npm run performance
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { markdownTable } from './markdown-table.ts';
import { speedChart } from './speed-chart.ts';

const root = dirname(import.meta.dirname);
const begin = '<!-- Written by npm run performance -->';
const end = '<!-- End of what npm run performance writes -->';
const documents = ['README.md', 'docs/performance.md'];
const chart = 'docs/speed.svg';

/** The figures that are shown: the suite and the row in RESULTS.md, and how it is called. */
const figures: readonly { suite: string; row: string; title: string }[] = [
  { suite: 'pods', row: 'pod up', title: 'start a pod' },
  { suite: 'pods', row: 'pod down', title: 'stop and remove a pod' },
  { suite: 'pods', row: '50 pods up at once', title: 'start 50 pods at once' },
  { suite: 'pods', row: 'ListContainerStats, 50 pods', title: 'read the usage of 50 pods' },
  { suite: 'pods', row: 'memory per pod', title: 'memory for each pod' },
  { suite: 'pods', row: 'daemon with 50 pods', title: 'memory of the daemon with 50 pods' },
  { suite: 'kubelet', row: 'manifest dropped → Running', title: 'run a static pod, by the kubelet' },
  { suite: 'kubelet', row: 'manifest deleted → gone', title: 'end a static pod, by the kubelet' },
  { suite: 'cluster', row: 'created → Ready', title: 'a pod of a cluster, created until ready' },
  { suite: 'cluster', row: 'deleted → gone', title: 'a pod of a cluster, deleted until gone' },
  {
    suite: 'cluster',
    row: 'CPU per second, 30 pods, nothing to do',
    title: 'CPU of a kubelet, 30 pods, per second',
  },
  { suite: 'pull', row: 'pull + unpack, 490 MiB', title: 'pull and unpack 490 MiB' },
  { suite: 'crictl', row: 'crictl ps', title: '`crictl ps`, the whole process' },
];

interface Figure {
  berth: string;
  peer: string;
  peerName: string;
  ratio: string;
}

/** A row of a suite's table in RESULTS.md: the first runtime, and the last one before the ratio. */
function figureOf(results: string, suite: string, row: string): Figure {
  const section = results.split(/^## /m).find((each) => each.startsWith(`${suite}\n`)) ?? '';
  const rows = [...section.matchAll(/^\|(.*)\|$/gm)].map(([, line = '']) =>
    line.split('|').map((cell) => cell.trim()),
  );
  const [header = []] = rows;
  const cells = rows.find(([name]) => name === row);
  const at = header.indexOf('ratio');
  const [berth, peer, ratio] = [cells?.[1], cells?.[at - 1], cells?.[at]];
  if (berth === undefined || peer === undefined || !ratio)
    throw new Error(`bench/RESULTS.md has no ratio of "${row}" in ${suite}`);
  return { berth, peer, peerName: header[at - 1] ?? '', ratio };
}

/** The table, from the text of RESULTS.md. */
function table(results: string): string {
  const rows = figures.map(({ suite, row, title }) => {
    const { berth, peer, peerName, ratio } = figureOf(results, suite, row);
    return [title, berth, `${peer}, ${peerName}`, ratio];
  });
  return markdownTable(['', 'Berth', 'its peer', 'ratio'], rows, (column) => column > 0);
}

/** The text of a document with the table as it should be. */
export function withFigures(document: string, results: string): string {
  const [before, rest] = [document.split(begin)[0] ?? '', document.split(end)[1]];
  if (rest === undefined) throw new Error(`no ${begin} and ${end} to write between`);
  return `${before}${begin}\n\n${table(results)}\n\n${end}${rest}`;
}

/** The text of the chart. */
export function chartOf(results: string): string {
  return speedChart(
    figures.map(({ suite, row, title }) => {
      const figure = figureOf(results, suite, row);
      return { title, ...figure, ratio: Number.parseFloat(figure.ratio) };
    }),
  );
}

/** Brings the documents up to date with bench/RESULTS.md. */
export function writeFigures(): void {
  const results = readFileSync(join(root, 'bench/RESULTS.md'), 'utf8');
  for (const document of documents) {
    const path = join(root, document);
    writeFileSync(path, withFigures(readFileSync(path, 'utf8'), results));
  }
  writeFileSync(join(root, chart), chartOf(results));
}

if (import.meta.main) writeFigures();
