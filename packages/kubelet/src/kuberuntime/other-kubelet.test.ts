import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { redirectLog } from '../klog/klog.ts';
import { noticeOtherKubelet } from './other-kubelet.ts';

test('a second kubelet on one runtime is told, one on another runtime and a later one are not', () => {
  using scratch = scratchDir('neighbours');
  const [one, other] = [`${scratch.path}/one`, `${scratch.path}/other`];
  mkdirSync(one);
  mkdirSync(other);
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line));
  try {
    const first = noticeOtherKubelet(`${one}/cri.sock`);
    const elsewhere = noticeOtherKubelet(`${other}/cri.sock`);
    const nowhere = noticeOtherKubelet(`${scratch.path}/none/cri.sock`);
    assert.deepEqual(lines, []);
    const second = noticeOtherKubelet(`unix://${other}/../one/cri.sock`);
    assert.equal(lines.length, 1);
    assert.match(lines[0] ?? '', /Another kubelet uses this runtime/);
    for (const each of [first, second, elsewhere, nowhere]) each[Symbol.dispose]();
    noticeOtherKubelet(`${one}/cri.sock`)[Symbol.dispose]();
    assert.equal(lines.length, 1);
  } finally {
    restore();
  }
});
