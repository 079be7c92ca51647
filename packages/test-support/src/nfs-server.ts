// A file server for tests of nfs volumes: the kernel's own (nfsd), NFSv4 on loopback alone.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { isMountPoint, mount, unmount } from '@berth/linux/mounts/mount.ts';
import { type Daemon, startDaemon } from './scratch.ts';

const control = '/proc/fs/nfsd';

/** Why there can be no file server here; undefined where there can. */
export function whyNoNfs(): string | undefined {
  if (!['/sbin', '/usr/sbin'].some((folder) => existsSync(join(folder, 'mount.nfs')))) {
    return 'mount.nfs is not installed';
  }
  try {
    execFileSync('modprobe', ['--all', 'nfsd', 'nfsv4'], { stdio: 'pipe' });
  } catch (error) {
    return `this kernel has no file server: ${messageOf(error)}`;
  }
  return undefined;
}

/** Serves `directory` as its root, whose own files go as `scratch` goes; there is one such server per network namespace. */
export async function startNfsServer(directory: string, scratch: string): Promise<AsyncDisposable> {
  await using resources = new AsyncDisposableStack();
  if (!isMountPoint(control)) {
    mount({ source: 'nfsd', target: control, fstype: 'nfsd' });
    resources.defer(() => unmount(control));
  }
  const client = `127.0.0.1:${directory}`;
  const options = 'rw,sync,no_root_squash,no_subtree_check,insecure,fsid=0';
  run('exportfs', '-i', '-o', options, client);
  resources.defer(() => run('exportfs', '-u', client));
  resources.use(await startMountDaemon(scratch));
  run(
    'rpc.nfsd',
    ...['--no-nfs-version', '3', '--host', '127.0.0.1'],
    // The shortest that the kernel takes: for as long it waits for the clients of before.
    ...['--lease-time', '10', '--grace-time', '10', '2'],
  );
  resources.defer(() => run('rpc.nfsd', '0'));
  return resources.move();
}

/** rpc.mountd(8) tells the kernel what may be mounted, also in NFSv4. */
function startMountDaemon(dir: string): Promise<Daemon> {
  return startDaemon({
    name: 'rpc.mountd',
    argv: ['rpc.mountd', '--foreground', '--no-nfs-version', '3'],
    dir,
    // The kernel refuses clients as long as nobody listens.
    ready: async () => mountDaemonListens(),
  });
}

function mountDaemonListens(): boolean {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .some((pid) => {
      try {
        if (readFileSync(`/proc/${pid}/comm`, 'utf8') !== 'rpc.mountd\n') return false;
        return readdirSync(`/proc/${pid}/fd`).some((fd) =>
          readlinkSync(`/proc/${pid}/fd/${fd}`).endsWith('/nfsd.fh/channel'),
        );
      } catch {
        // The process has ended.
        return false;
      }
    });
}

function run(program: string, ...words: string[]): void {
  execFileSync(program, words, { stdio: ['ignore', 'ignore', 'inherit'] });
}
