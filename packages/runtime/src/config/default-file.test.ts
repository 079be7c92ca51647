import assert from 'node:assert/strict';
import { test } from 'node:test';
import { defaultConfig } from './config.ts';
import { defaultConfigFile, dumpConfig } from './default-file.ts';
import { parseConfig } from './parse.ts';

test('the default file says what the defaults are, and names every setting', () => {
  const text = defaultConfigFile();
  assert.deepEqual(parseConfig(text, 'f', assert.fail), defaultConfig);
  for (const key of Object.keys(defaultConfig)) assert.match(text, new RegExp(`^(# )?${key}:`, 'm'));
});

test('a dumped configuration is read as the one that it was', () => {
  const config = parseConfig('defaultRuntime: runc\ncni: { confDir: /b }', 'f', assert.fail);
  assert.deepEqual(parseConfig(dumpConfig(config), 'f', assert.fail), config);
});
