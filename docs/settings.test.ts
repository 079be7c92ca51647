// The files that the documents show are valid: each is read by the program that it is for, without a warning.
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseConfList } from '@berth/cni/config/conf-list.ts';
import { readKubeletConfiguration } from '@berth/kubelet/options/kubelet-configuration.ts';
import { parseHostsFile } from '@berth/oci/registry/hosts/hosts-toml.ts';
import { parseConfig } from '@berth/runtime/config/parse.ts';

const root = dirname(import.meta.dirname);
const refuse = (warning: string) => assert.fail(warning);

/** Reads a block by its language and first line; throws when it is wrong, or of no known kind. */
function read(language: string, text: string): void {
  if (language === 'json') parseConfList(text);
  else if (language === 'toml') parseHostsFile(text, 'registry.example', '/etc/berth/certs.d/x', refuse);
  else if (text.startsWith('# /etc/berth/config.yaml')) parseConfig(text, 'config.yaml', refuse);
  else if (text.includes('kind: KubeletConfiguration')) {
    assert.deepEqual(readKubeletConfiguration(text).notices, []);
  } else assert.fail(`no program reads this ${language}: ${text}`);
}

for (const document of ['README.md', ...globSync('docs/*.md', { cwd: root })]) {
  const text = readFileSync(join(root, document), 'utf8');
  const blocks = [...text.matchAll(/^```(json|toml|yaml)\n(.*?)^```/gms)];
  if (blocks.length === 0) continue;
  test(`the settings in ${document} are valid`, () => {
    for (const [, language = '', content = ''] of blocks) read(language, content);
  });
}
