// Git's hooks of this repository.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** Has git run scripts/hooks in this clone, unless it is told of other hooks. Does nothing outside of a clone. */
export function installHooks(root) {
  if (!existsSync(join(root, '.git'))) return;
  const git = (...args) => spawnSync('git', ['-C', root, ...args], { encoding: 'utf8' });
  const { status } = git('config', '--get', 'core.hooksPath');
  // 1 is git's "no such key"; anything else is a path, or no git.
  if (status === 1) git('config', 'core.hooksPath', 'scripts/hooks');
}
