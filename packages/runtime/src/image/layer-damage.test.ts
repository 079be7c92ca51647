import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { countNames, layerDamage } from './layer-damage.ts';

test('a layer that lost or gained names, or its directory, is damaged', () => {
  const dir = mkdtempSync(join(tmpdir(), 'runtime-layer-'));
  try {
    const layer = join(dir, '1');
    assert.equal(layerDamage(layer, 2), 'missing');
    mkdirSync(join(layer, 'etc'), { recursive: true });
    writeFileSync(join(layer, 'a'), '');
    assert.equal(countNames(layer), 2);
    const cases: [topNames: number, damage: string | undefined][] = [
      [2, undefined],
      [-1, undefined],
      [3, 'damaged'],
      [1, 'damaged'],
    ];
    for (const [topNames, damage] of cases) assert.equal(layerDamage(layer, topNames), damage, `${topNames}`);
    assert.equal(layerDamage(join(layer, 'a'), 1), 'damaged');
    for (let index = 0; index < 600; index++) writeFileSync(join(layer, `${index}`), '');
    assert.equal(layerDamage(layer, countNames(layer)), undefined);
    rmSync(join(layer, 'etc'), { recursive: true });
    assert.equal(layerDamage(layer, 500), undefined);
  } finally {
    rmSync(dir, { recursive: true });
  }
});
