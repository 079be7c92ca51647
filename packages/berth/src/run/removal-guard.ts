// Removes the manifest of `berth run --rm` when this process ends, however it ends.
import { spawn } from 'node:child_process';

/**
 * Starts a shell that waits for the end of a pipe from this process and then removes a file: also after SIGKILL, when
 * nothing of this process runs any more. The kubelet ends the pod of the manifest. It has a session of its own, so that
 * neither Ctrl-C nor the end of the terminal ends it.
 */
export function removeAtEnd(path: string): Disposable {
  const script = 'trap "" HUP INT TERM; cat > /dev/null; rm -f -- "$1"';
  const guard = spawn('/bin/sh', ['-c', script, 'berth-run', path], {
    detached: true,
    cwd: '/',
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  // Without a shell, a killed berth leaves its pod, as without --rm.
  guard.on('error', () => {});
  guard.stdin.on('error', () => {});
  guard.unref();
  return { [Symbol.dispose]: () => guard.stdin.destroy() };
}
