import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig } from './config.ts';
import { LiveConfig } from './live-config.ts';

test('a reload takes effect for those that read and those that follow, the rest stays', () => {
  const live = new LiveConfig(defaultConfig);
  const followed: string[] = [];
  live.follow(({ logLevel }) => followed.push(logLevel));
  const { changed, needRestart } = live.reload({ ...defaultConfig, logLevel: 'debug', listen: '/elsewhere' });
  assert.deepEqual([changed, needRestart], [['logLevel'], ['listen']]);
  assert.deepEqual([live.current.logLevel, live.current.listen], ['debug', defaultConfig.listen]);
  assert.deepEqual(followed, ['debug']);
});
