import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { installUnits, removeUnits, type UnitPlaces, unitFor, writtenUnits } from './unit-files.ts';

const bin = join(import.meta.dirname, '../../../../bin');
let dir: string;
let places: UnitPlaces;

before(() => {
  dir = mkdtempSync(join(tmpdir(), 'berth-units-'));
  places = { packaged: join(dir, 'usr'), local: join(dir, 'etc') };
  for (const folder of Object.values(places)) mkdirSync(folder);
});
after(() => rmSync(dir, { recursive: true }));

test('units of a clone start its daemons, can be written again, and are removed', () => {
  for (let time = 0; time < 2; time++) installUnits(bin, places);
  assert.deepEqual(readdirSync(places.local), ['berth-kubelet.service', 'berthd.service']);
  const unit = readFileSync(join(places.local, 'berthd.service'), 'utf8');
  assert.ok(unit.includes(`\nExecStart=${bin}/berthd --cgroup-driver systemd `), unit);
  assert.equal(writtenUnits(places).length, 2);
  removeUnits(places);
  assert.deepEqual(readdirSync(places.local), []);
});

test('the units of a package are used as they are', () => {
  for (const name of ['berthd.service', 'berth-kubelet.service'])
    writeFileSync(join(places.packaged, name), '');
  installUnits('/usr/lib/berth/bin', places);
  assert.deepEqual(writtenUnits(places), []);
});

test('a unit of somebody else stays as it is', () => {
  writeFileSync(join(places.local, 'berthd.service'), '[Unit]\n');
  assert.throws(() => installUnits(bin, places), /was not written by berth enable/);
  removeUnits(places);
  assert.equal(readFileSync(join(places.local, 'berthd.service'), 'utf8'), '[Unit]\n');
});

for (const path of ['/opt/my programs/bin', '/opt/100%/bin', '/opt/$HOME/bin'])
  test(`systemd would read ${path} in its own way`, () =>
    assert.throws(() => unitFor('', path), /systemd cannot/));
