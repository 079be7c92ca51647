// `npm run record`: records `npm start` and `crictl top` in a terminal, as docs/start.svg. Needs root, tmux, and a machine
// on which no node runs.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Terminal } from '@berth/crictl/testing/terminal.ts';
import { defaultConfig } from '@berth/runtime/config/config.ts';
import { checkout, scratchDir } from '@berth/test-support/scratch.ts';
import { castSvg, type Frame } from './cast.ts';

const size = { columns: 92, rows: 24 };
/** How often the screen is read, and how long crictl top is shown. */
const everyMs = 250;
const topMs = 6_000;
const lastMs = 3_000;
const limitMs = 180_000;

if (existsSync(defaultConfig.listen)) {
  throw new Error('a node runs on this machine; end it with: berth down');
}
using scratch = scratchDir('record');
const command = (words: string, shown = words) => `printf '\\033[1m$ ${shown}\\033[0m\\n'; ${words}`;
const script = [
  `cd ${checkout}; clear`,
  command('npm start'),
  'sleep 2; clear',
  command('bin/crictl top', 'crictl top'),
  'clear',
  command('bin/berth down', 'berth down'),
  'echo; echo done',
].join('; ');
using terminal = new Terminal(scratch.path, size, script);
const frames: Frame[] = [];
const begun = performance.now();
let topSince: number | undefined;
for (;;) {
  const at = Math.round(performance.now() - begun);
  if (at > limitMs) throw new Error(`the recording did not end in time:\n${terminal.screen()}`);
  const text = terminal.screen({ coloured: true }).replaceAll('ESC[', '\x1b[').trimEnd();
  if (/^done$/m.test(text)) break;
  frames.push({ at, text });
  if (/\bCPU%/.test(text)) topSince ??= at;
  if (topSince !== undefined && at - topSince > topMs) {
    topSince = Number.POSITIVE_INFINITY;
    terminal.type('q');
  }
  await delay(everyMs);
}
const title =
  'npm start sets up a node and runs a pod; crictl top shows what it uses; berth down ends everything';
const file = join(checkout, 'docs/start.svg');
writeFileSync(file, castSvg(frames, { ...size, lastMs, title }));
console.log(`wrote ${file}: ${frames.length} looks`);
