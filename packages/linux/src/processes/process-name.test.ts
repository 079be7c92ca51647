import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { setProcessName } from './process-name.ts';

test('the process has the name, and its command line the arguments', () => {
  const script = `
    import { readFileSync } from 'node:fs';
    import { setProcessName } from ${JSON.stringify(join(import.meta.dirname, 'process-name.ts'))};
    setProcessName('kubelet', process.argv.slice(1));
    const read = (file) => readFileSync('/proc/self/' + file, 'utf8').replaceAll('\\0', '').trim();
    console.log(JSON.stringify([read('comm'), read('cmdline'), process.argv.slice(1)]));
  `;
  const flags = ['--port=0', '--pod-manifest-path=/a b'];
  const out = execFileSync(process.execPath, ['--input-type=module', '-e', script, '--', ...flags]);
  assert.deepEqual(JSON.parse(out.toString()), ['kubelet', `kubelet ${flags.join(' ')}`, flags]);
});

test('a name that the kernel would cut is refused', () => {
  assert.throws(() => setProcessName('a-name-of-16-byte', []), /longer than 15 bytes/);
});
