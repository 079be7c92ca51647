// Entry point of the process that makes one subPath: its parent's pid, then the arguments of bindSubPath.
import { messageOf } from '@berth/common/error-message.ts';
import { dieWithParent } from '@berth/linux/processes/parent-death.ts';
import { bindSubPath } from './sub-path.ts';

const [parent, volume = '', subPath = '', target = ''] = process.argv.slice(2);
dieWithParent(Number(parent));
try {
  bindSubPath(volume, subPath, target);
} catch (error) {
  process.stderr.write(messageOf(error));
  process.exitCode = 1;
}
