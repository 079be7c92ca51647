import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedSettings } from './changed-settings.ts';
import { defaultSettings } from './settings.ts';

const cases: [title: string, after: Partial<typeof defaultSettings>, changed: string[], restart: string[]][] =
  [
    ['nothing', {}, [], []],
    ['an equal list', { clusterDNS: [...defaultSettings.clusterDNS] }, [], []],
    ['the verbosity', { verbosity: 4 }, ['verbosity'], []],
    ['a limit and a list', { maxPods: 7, clusterDNS: ['10.0.0.10'] }, [], ['clusterDNS', 'maxPods']],
    ['both kinds', { verbosity: 4, maxPods: 7 }, ['verbosity'], ['maxPods']],
  ];

for (const [title, after, changed, needRestart] of cases) {
  test(`a reload with changes of ${title}`, () => {
    const { changed: live, needRestart: later } = changedSettings(defaultSettings, {
      ...defaultSettings,
      ...after,
    });
    assert.deepEqual([live, later.sort()], [changed, needRestart]);
  });
}
