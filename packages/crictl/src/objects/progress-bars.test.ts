import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LayerPhase } from '@berth/cri/generated/image-progress.ts';
import { progressLine } from './progress-bars.ts';

test('a layer is a line with its phase and how far it is', () => {
  const digest = `sha256:${'0123456789ab'.padEnd(64, 'f')}`;
  const cases: [phase: LayerPhase, done: bigint, total: bigint, line: string][] = [
    [LayerPhase.WAITING, 0n, 10n, '0123456789ab waiting'],
    [
      LayerPhase.DOWNLOADING,
      12_500_000n,
      50_000_000n,
      '0123456789ab downloading [======>                 ] 12.5/50.0 MB',
    ],
    [LayerPhase.UNPACKING, 5n, 5n, '0123456789ab unpacking   [========================] 0.0/0.0 MB'],
    [LayerPhase.DOWNLOADING, 0n, 0n, '0123456789ab downloading [========================] 0.0/0.0 MB'],
    [LayerPhase.DONE, 5n, 5n, '0123456789ab done'],
  ];
  for (const [phase, doneBytes, totalBytes, line] of cases) {
    assert.equal(progressLine({ digest, phase, doneBytes, totalBytes }), line);
  }
});
