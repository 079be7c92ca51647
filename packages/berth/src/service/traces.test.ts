import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { NodeLayout } from '../node/layout.ts';
import { findTraces } from './traces.ts';

test('what npm and a person linked to a clone, and the node’s folders; nothing of others', () => {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'berth-traces-')));
  try {
    const at = (path: string) => join(dir, path);
    for (const folder of ['clone/bin', 'usr/bin', 'usr/lib/node_modules', 'own', 'run', 'log', 'images'])
      mkdirSync(at(folder), { recursive: true });
    for (const name of ['berth', 'kubelet']) writeFileSync(at(`clone/bin/${name}`), '');
    symlinkSync(at('clone'), at('usr/lib/node_modules/berth'));
    symlinkSync('../lib/node_modules/berth/bin/berth', at('usr/bin/berth'));
    symlinkSync(at('clone/bin/kubelet'), at('own/kubelet'));
    writeFileSync(at('usr/bin/kubelet'), 'of another package');
    symlinkSync('/bin/true', at('usr/bin/crictl'));
    const layout = {
      binDir: at('clone/bin'),
      runDir: at('run'),
      stateDir: at('run'),
      logDir: at('log'),
      imageDir: at('images'),
      kubeletSocket: at('kubelet/kubelet.sock'),
    } as NodeLayout;
    const path = [at('usr/bin'), at('own'), at('absent')].join(':');
    const places = { packaged: at('none'), local: at('none') };
    assert.deepEqual(findTraces(layout, { data: false, path, places }), {
      links: ['usr/bin/berth', 'usr/lib/node_modules/berth', 'own/kubelet'].map(at),
      units: [],
      directories: ['run', 'log'].map(at),
    });
    assert.ok(findTraces(layout, { data: true, path, places }).directories.includes(at('images')));
  } finally {
    rmSync(dir, { recursive: true });
  }
});
