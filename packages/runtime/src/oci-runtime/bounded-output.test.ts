import assert from 'node:assert/strict';
import { closeSync, mkdtempSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { BoundedOutput } from './bounded-output.ts';
import { makePipe } from './pipe.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-output-'));
after(() => rmSync(dir, { recursive: true }));
const pipe = () => makePipe(join(dir, 'fifo'));

test('outputs share one room, and are read to their end', async () => {
  const room = { bytes: 10 };
  const [one, other] = [pipe(), pipe()];
  const outputs = [new BoundedOutput(one.readEnd, room), new BoundedOutput(other.readEnd, room)];
  writeSync(one.writeEnd, '12345678');
  writeSync(other.writeEnd, '12345678');
  for (const { writeEnd } of [one, other]) closeSync(writeEnd);
  await Promise.all(outputs.map(({ closed }) => closed));
  for (const output of outputs) output.stop();
  assert.equal(outputs.map((output) => output.content()).join('').length, 10);
});

test('what is in the pipe when the reading is stopped is not lost', async () => {
  const { readEnd, writeEnd } = pipe();
  const output = new BoundedOutput(readEnd, { bytes: 1000 });
  writeSync(writeEnd, 'written long ago');
  output.stop();
  assert.equal(output.content().toString(), 'written long ago');
  await output.closed;
  closeSync(writeEnd);
});
