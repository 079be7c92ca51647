import { execFileSync } from 'node:child_process';
import { messageOf } from '@berth/common/error-message.ts';

/** Why criu cannot be tested here; undefined where it can. Older ones do not know the vDSO of newer kernels. */
export function whyNoCriu(): string | undefined {
  try {
    execFileSync('criu', ['check'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `criu does not work here: ${messageOf(error).split('\n').at(1) ?? messageOf(error)}`;
  }
}
