import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LayerPhase, type LayerProgress } from '@berth/cri/generated/image-progress.ts';
import { progressLine, progressLines, rowsOf } from './progress-bars.ts';

const digest = `sha256:${'0123456789ab'.padEnd(64, 'f')}`;
const layer = (phase: LayerPhase, doneBytes = 0n, totalBytes = 0n): LayerProgress => ({
  digest,
  phase,
  doneBytes,
  totalBytes,
});
const half = layer(LayerPhase.DOWNLOADING, 25_000_000n, 50_000_000n);

const cases: [layer: LayerProgress, width: number, line: string][] = [
  [layer(LayerPhase.WAITING, 0n, 10n), 79, '0123456789ab waiting'],
  [
    layer(LayerPhase.DOWNLOADING, 12_500_000n, 50_000_000n),
    79,
    '0123456789ab downloading [======>                 ] 12.5/50.0 MB',
  ],
  [layer(LayerPhase.UNPACKING, 5n, 5n), 79, '0123456789ab unpacking   [========================] 0.0/0.0 MB'],
  [layer(LayerPhase.DOWNLOADING), 79, '0123456789ab downloading [========================] 0.0/0.0 MB'],
  [layer(LayerPhase.DONE, 5n, 5n), 79, '0123456789ab done'],
  [half, 64, '0123456789ab downloading [============>           ] 25.0/50.0 MB'],
  [half, 50, '0123456789ab downloading [=====>    ] 25.0/50.0 MB'],
  [half, 44, '0123456789ab downloading 25.0/50.0 MB'],
  [half, 30, '0123456789ab downloading 50%'],
  [half, 20, '0123456789ab 50%'],
  [half, 10, '50%'],
  [half, 2, '50'],
  [layer(LayerPhase.DONE), 5, '01234'],
];
for (const [given, width, line] of cases) {
  test(`a layer in ${width} cells: ${line}`, () => assert.equal(progressLine(given, width), line));
}

test('more layers than rows: those that are not done, as many as can be drawn anew', () => {
  const layers = [layer(LayerPhase.DONE), half, layer(LayerPhase.DONE), half, half];
  const count = (rows: number) => progressLines(layers, { columns: 80, rows }).length;
  assert.deepEqual([24, 7, 6, 4, 3, 1].map(count), [5, 5, 3, 2, 1, 1]);
  for (let columns = 2; columns < 100; columns++) {
    for (const line of progressLines(layers, { columns, rows: 24 })) assert.ok(line.length < columns);
  }
});

test('what was drawn takes more rows once the terminal is narrower', () => {
  const lines = ['x'.repeat(64), 'x'.repeat(40), ''];
  assert.deepEqual(
    [80, 64, 63, 40, 20].map((columns) => rowsOf(lines, columns)),
    [3, 3, 4, 4, 7],
  );
});
