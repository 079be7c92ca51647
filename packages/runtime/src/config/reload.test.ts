import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Config, defaultConfig, plainRuntime } from './config.ts';
import { liveSettings, reloadConfig } from './reload.ts';

const cases: [title: string, change: Partial<Config>, changed: string[], needRestart: string[]][] = [
  ['nothing', {}, [], []],
  ['the same in other objects', { cni: { ...defaultConfig.cni } }, [], []],
  ['the log level', { logLevel: 'debug' }, ['logLevel'], []],
  ['a runtime', { runtimes: { kata: plainRuntime('/kata') } }, ['runtimes'], []],
  ['the socket', { listen: '/other.sock' }, [], ['listen']],
  ['some of each', { root: '/r', defaultRuntime: 'runc' }, ['defaultRuntime'], ['root']],
];

for (const [title, change, changed, needRestart] of cases) {
  test(title, () => {
    const reload = reloadConfig(defaultConfig, { ...defaultConfig, ...change });
    assert.deepEqual([reload.changed, reload.needRestart], [changed, needRestart]);
    for (const key of ['listen', 'root'] as const) assert.equal(reload.config[key], defaultConfig[key]);
    if (change.logLevel) assert.equal(reload.config.logLevel, change.logLevel);
  });
}

test('each setting is taken over if and only if it is said to be', () => {
  // Not of its type, so that no setting has it already.
  const other = { other: true };
  for (const key of Object.keys(defaultConfig)) {
    const next = { ...defaultConfig, [key]: other };
    const { config, changed, needRestart } = reloadConfig(defaultConfig, next);
    const isLive = liveSettings.some((name) => name === key);
    assert.deepEqual([changed, needRestart], isLive ? [[key], []] : [[], [key]]);
    assert.equal(Reflect.get(config, key), isLive ? other : Reflect.get(defaultConfig, key), key);
  }
});
