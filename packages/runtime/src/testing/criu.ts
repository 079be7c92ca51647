import { execFileSync } from 'node:child_process';
import { messageWithCauses } from '../rpc/errors.ts';

/** Why criu cannot be tested here; undefined where it can. Older ones do not know the vDSO of newer kernels. */
export function whyNoCriu(): string | undefined {
  try {
    execFileSync('criu', ['check'], { stdio: 'pipe' });
    return undefined;
  } catch (error) {
    return `criu does not work here: ${messageWithCauses(error).split('\n').at(1) ?? messageWithCauses(error)}`;
  }
}
