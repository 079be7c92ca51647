// Settings of the kernel that a kubelet changes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** It sets these for the whole machine; the test sets them back. */
const tunables = [
  'vm/overcommit_memory',
  'vm/panic_on_oom',
  'kernel/panic',
  'kernel/panic_on_oops',
  'kernel/keys/root_maxkeys',
  'kernel/keys/root_maxbytes',
].map((name) => join('/proc/sys', name));

/** Sets them back to what they are now when `resources` are disposed of. */
export function restoreTunables(resources: AsyncDisposableStack): void {
  for (const path of tunables.filter(existsSync)) {
    const value = readFileSync(path, 'utf8');
    resources.defer(() => {
      if (readFileSync(path, 'utf8') !== value) writeFileSync(path, value);
    });
  }
}
