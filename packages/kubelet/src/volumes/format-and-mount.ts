// Mounts the file system of a disk, and makes one first when the disk has none; unmounts it. By blkid, fsck, mkfs, mount and
// umount of the node, because a disk of another machine may keep a system call waiting for minutes.
import { open } from 'node:fs/promises';
import { hasCode } from '@berth/common/error-code.ts';
import { messageOf } from '@berth/common/error-message.ts';
import { isMountPoint } from '@berth/linux/mounts/mount.ts';
import { createLogger } from '../klog/klog.ts';
import { ProgramMissing, type RunProgram } from './node-programs.ts';
import { FilesystemMismatch } from './volume-error.ts';

const log = createLogger('format-and-mount.ts');

/** How a disk is to be mounted. */
export interface DiskMount {
  /** Path of the block device. */
  device: string;
  target: string;
  /** '' for ext4. */
  fsType: string;
  /** Options of mount(8); `ro` keeps the disk as it is. */
  options: readonly string[];
}

/**
 * Mounts the disk. One without a file system, partitions or anything else that blkid knows is formatted first.
 *
 * @throws FilesystemMismatch when the mount fails and the disk has something else than that file system
 */
export async function formatAndMount(run: RunProgram, request: DiskMount): Promise<void> {
  const { device, target, options } = request;
  const fsType = request.fsType || 'ext4';
  const isReadOnly = options.includes('ro');
  const content = await contentOf(run, device).catch((error: unknown) => {
    throw new Error(`failed to get disk format of disk ${device}: ${messageOf(error)}`);
  });
  if (content === '') {
    if (isReadOnly) {
      throw new Error(`cannot mount unformatted disk ${device} as we are manipulating it in read-only mode`);
    }
    await format(run, device, fsType);
  } else {
    if (content !== fsType) {
      log.warn('Configured to mount a disk as another file system than it has, things might break', {
        device,
        configured: fsType,
        found: content,
      });
    }
    if (!isReadOnly) await repair(run, device);
  }
  const words = ['-t', fsType, '-o', [...options, 'defaults'].join(','), device, target];
  const { code, output } = await run('mount', words);
  if (code === 0) return;
  // Each argument with a space before it, as the real kubelet tells it.
  const told = words.map((word) => ` ${word}`).join('');
  const problem = `mount failed: exit status ${code}\nMounting command: mount\nMounting arguments: ${told}\nOutput: ${output}`;
  const isOther = content !== '' && content !== fsType;
  throw isOther ? new FilesystemMismatch(problem) : new Error(problem);
}

/** Unmounts all that is mounted at a folder, which writes to the disk what was not written yet. */
export async function unmountDisk(run: RunProgram, folder: string): Promise<void> {
  while (isMountPoint(folder)) {
    const { code, output } = await run('umount', [folder]);
    if (code !== 0) throw new Error(`failed to unmount ${folder}: ${output.trim()}`);
  }
}

/** What blkid names a disk with partitions: nothing that could be mounted, and nothing to format. */
const partitions = 'unknown data, probably partitions';

/**
 * The file system on a disk by what `blkid -p -s TYPE -s PTTYPE -o export` says; '' when there is nothing. Throws when that
 * cannot be told. Pure.
 */
export function diskContent(code: number, output: string): string {
  const found = new Map<string, string>();
  for (const line of output.split('\n')) {
    if (line === '') continue;
    const [key = '', value, ...rest] = line.split('=');
    if (value === undefined || rest.length > 0) throw new Error(`blkid returns invalid output: ${output}`);
    found.set(key, value);
  }
  // It also ends with 2, after a complaint, when it cannot read the disk.
  if (code === 2 && found.size === 0) return '';
  if (code !== 0) throw new Error(`exit status ${code}`);
  if (found.get('PTTYPE')) return partitions;
  const type = found.get('TYPE');
  if (type) return type;
  throw new Error(`blkid returns invalid output: ${output}`);
}

async function contentOf(run: RunProgram, device: string): Promise<string> {
  const { code, output } = await run('blkid', [
    ...['-p', '-s', 'TYPE', '-s', 'PTTYPE', '-o', 'export'],
    device,
  ]);
  const content = diskContent(code, output);
  if (content === '') await checkReadable(device);
  return content;
}

/** As much as file systems and partition tables have their marks in. */
const checkedBytes = 64 * 1024;

/** Throws unless the beginning of the device can be read: blkid takes what it cannot read for empty. */
async function checkReadable(device: string): Promise<void> {
  const file = await open(device, 'r');
  try {
    const { bytesRead } = await file.read(Buffer.alloc(checkedBytes), 0, checkedBytes, 0);
    if (bytesRead < checkedBytes) throw new Error(`${device} has no more than ${bytesRead} bytes`);
  } finally {
    await file.close();
  }
}

/** The words for `mkfs.FSTYPE`. Pure. */
export function mkfsWords(fsType: string, device: string): string[] {
  // Without a question, and for ext without blocks that only root may use.
  if (fsType === 'ext3' || fsType === 'ext4') return ['-F', '-m0', device];
  return fsType === 'xfs' ? ['-f', device] : [device];
}

async function format(run: RunProgram, device: string, fsType: string): Promise<void> {
  const words = mkfsWords(fsType, device);
  log.info('Disk appears to be unformatted, attempting to format', { device, fsType, options: words });
  const { code, output } = await run(`mkfs.${fsType}`, words);
  if (code === 0) return;
  throw new Error(
    `format of disk ${JSON.stringify(device)} failed: type:(${JSON.stringify(fsType)}) errcode:(exit status ${code}) output:(${output}) `,
  );
}

/** What an exit status of fsck(8) means. Pure. */
export function fsckResult(code: number): 'clean' | 'corrected' | 'uncorrected' | 'failed' {
  if (code === 0) return 'clean';
  if (code === 1) return 'corrected';
  return code === 4 ? 'uncorrected' : 'failed';
}

/** Repairs what fsck can repair without a question. Throws for errors that it leaves. */
async function repair(run: RunProgram, device: string): Promise<void> {
  try {
    const { code, output } = await run('fsck', ['-a', device]);
    const result = fsckResult(code);
    if (result === 'uncorrected') {
      throw new Error(`'fsck' found errors on device ${device} but could not correct them: ${output}`);
    }
    if (result === 'corrected') log.info('Device has errors which were corrected by fsck', { device });
    if (result === 'failed') log.info('fsck has failed', { device, err: output.trim() });
  } catch (error) {
    if (!(error instanceof ProgramMissing) && !hasCode(error, 'ENOENT')) throw error;
    log.warn('fsck not found on system; continuing mount without running it', { device });
  }
}
