import assert from 'node:assert/strict';
import { writeSync } from 'node:fs';
import { test } from 'node:test';
import { OutputPipe } from '@berth/linux/streams/output-pipe.ts';
import { BoundedOutput } from './bounded-output.ts';

test('outputs share one budget, and are read to their end', async () => {
  const budget = { bytes: 10 };
  const pipes = [new OutputPipe(), new OutputPipe()];
  const outputs = pipes.map((pipe) => new BoundedOutput(pipe, budget));
  for (const pipe of pipes) {
    writeSync(pipe.writeEnd, '12345678');
    pipe[Symbol.dispose]();
  }
  await Promise.all(outputs.map(({ closed }) => closed));
  for (const output of outputs) output.stop();
  assert.equal(outputs.map((output) => output.content()).join('').length, 10);
});

test('what is in the pipe when the reading is stopped is not lost', async () => {
  using pipe = new OutputPipe();
  const output = new BoundedOutput(pipe, { bytes: 1000 });
  writeSync(pipe.writeEnd, 'written long ago');
  output.stop();
  assert.equal(output.content().toString(), 'written long ago');
  await output.closed;
});
