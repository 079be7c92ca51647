// Notices another kubelet of Berth on the same runtime: each locks the directory of the runtime's socket, which only root
// can open where the runtime keeps it closed, and which needs no file that a kill would leave. The real kubelet is noticed
// by its pods instead.
import { dirname } from 'node:path';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { parseEndpoint } from '@berth/cri/client/endpoint.ts';
import { lockDirectory } from '@berth/linux/files/file-lock.ts';
import { createLogger } from '../klog/klog.ts';

const log = createLogger('other-kubelet.ts');

/**
 * Takes the runtime for this process until disposal. Logs a warning when another kubelet has it. A runtime that never
 * ran here has no directory yet: nothing uses it.
 */
export function noticeOtherKubelet(endpoint: string): Disposable {
  let lock: Disposable | undefined;
  try {
    lock = lockDirectory(dirname(parseEndpoint(endpoint)));
    if (lock === undefined) {
      log.warn('Another kubelet uses this runtime; each leaves the pods of the other alone', {
        runtime: endpoint,
      });
    }
  } catch (error) {
    if (!hasCode(error, 'ENOENT')) {
      log.warn('Unable to tell whether another kubelet uses this runtime', {
        runtime: endpoint,
        err: messageOf(error),
      });
    }
  }
  return { [Symbol.dispose]: () => lock?.[Symbol.dispose]() };
}
