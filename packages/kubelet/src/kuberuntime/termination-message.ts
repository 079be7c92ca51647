// The termination message of a container: a file that it wrote, or the end of its log.
// https://kubernetes.io/docs/tasks/debug/debug-application/determine-reason-pod-failure/

import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import type { ContainerStatus } from '@berth/cri/generated/api.ts';
import { containerAnnotations } from '../kubecontainer/labels.ts';
import { type OwnFolders, readEnd } from '../rootdir/own-files.ts';

const maxMessageBytes = 4096;
const maxLogBytes = 2048;
const maxLogLines = 80;
/** More than a runtime writes in one line, so that the last lines of a log are found in its end. */
const logWindowBytes = 64 * 1024;

/** The message of a container that ended; '' when it left none. Never throws: a failure to read is the message. */
export async function terminationMessage(status: ContainerStatus, folders: OwnFolders): Promise<string> {
  const path = status.annotations[containerAnnotations.terminationMessagePath] ?? '';
  const policy = status.annotations[containerAnnotations.terminationMessagePolicy];
  const hostPath = path === '' ? undefined : hostPathOf(status, path);
  const written = hostPath === undefined ? '' : await lastWords(hostPath, maxMessageBytes, folders);
  const wantsLog =
    policy === 'FallbackToLogsOnError' && status.exitCode !== 0 && status.reason !== 'ContainerCannotRun';
  if (written !== '' || !wantsLog) return written;
  return logMessage(status.logPath, folders);
}

function hostPathOf(status: ContainerStatus, path: string): string | undefined {
  const containerPath = path.startsWith('/') ? path : `/${path}`;
  return status.mounts.find((mount) => mount.containerPath === containerPath)?.hostPath;
}

/** The last lines of a log; a failure to read is the message. */
async function logMessage(path: string, folders: OwnFolders): Promise<string> {
  try {
    return logEnd(await readEnd(path, logWindowBytes, folders));
  } catch (error) {
    const detail = hasCode(error, 'ENOENT')
      ? `failed to try resolving symlinks in path ${JSON.stringify(path)}: lstat ${path}: no such file or directory`
      : messageOf(error);
    return `Error on reading termination message from logs: ${detail}`;
  }
}

/** The last `limit` bytes of a file; '' when it does not exist. */
async function lastWords(path: string, limit: number, folders: OwnFolders): Promise<string> {
  try {
    return await readEnd(path, limit, folders);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    return `Error on reading termination log ${path}: ${messageOf(error)}`;
  }
}

/**
 * Pure: the text of the last lines of a log in CRI format (`TIME STREAM F|P TEXT`), at most 80 lines and
 * 2048 bytes. Of a first line that was cut, all is text.
 */
export function logEnd(log: string): string {
  const lines = log.split('\n').slice(-maxLogLines - 1);
  const text = lines
    .map((line, index) => {
      const [, kind, content = ''] = /^\S+ (?:stdout|stderr) ([FP])(?:\S*) ?(.*)$/.exec(line) ?? [];
      if (kind === undefined) return index === 0 && lines.length > 1 ? `${line}\n` : '';
      return kind === 'F' ? `${content}\n` : content;
    })
    .join('');
  const bytes = Buffer.from(text);
  return bytes.subarray(Math.max(0, bytes.length - maxLogBytes)).toString('utf8');
}
