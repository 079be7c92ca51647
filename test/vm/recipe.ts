// What the virtual machine's system is made of: Debian 12 with systemd on cgroup v2, as a user's node is.
import { createHash } from 'node:crypto';
import { prerequisites } from '../../packages/berth/src/doctor/prerequisites.mjs';

/** Debian's release, and where debootstrap gets it from unless BERTH_VM_MIRROR says otherwise. */
export const release = 'bookworm';
export const mirror = process.env.BERTH_VM_MIRROR ?? 'http://deb.debian.org/debian';

/** What a node has anyway: an init, a kernel, its initial RAM disk, and the tools that tests look with. */
const system =
  'apparmor ca-certificates dbus initramfs-tools iproute2 kmod linux-image-cloud-amd64 procps systemd-sysv udev zstd';

/** A file server, which runs in few kernels but this one, and what mounts from it. */
const fileServer = 'nfs-common nfs-kernel-server';

/** A target of iSCSI, the initiator, and what makes one device of several paths to a disk. */
const blockServer = 'multipath-tools open-iscsi tgt';

/** Packages of the machine: the system's, and all that Berth and its tests need inside of it. */
export const packages = [
  ...system.split(' '),
  ...fileServer.split(' '),
  ...blockServer.split(' '),
  ...prerequisites.filter(({ outsideVm = false }) => !outsideVm).map((each) => each.package),
].sort();

/**
 * Services and timers that would only take time from the tests, those of the packages above among them. The
 * kernel's AppArmor is on without the service, which only loads profiles of the distribution.
 */
export const disabledUnits = [
  'apparmor.service',
  ...'nfs-client.target nfs-server.service rpcbind.service rpcbind.socket'.split(' '),
  ...'iscsid.service iscsid.socket multipathd.service multipathd.socket open-iscsi.service tgt.service'.split(
    ' ',
  ),
  ...prerequisites.filter(({ outsideVm = false }) => !outsideVm).flatMap(({ services = [] }) => services),
  ...'apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer fstrim.timer'.split(' '),
  ...'getty@tty1.service serial-getty@ttyS0.service systemd-logind.service systemd-update-utmp-runlevel.service'.split(
    ' ',
  ),
];

const scriptMode = 0o755;
const fileMode = 0o644;

/** The job of a run comes on a disk of its own; what it prints and how it ends goes out by a virtio port. */
const runJob = `#!/bin/sh
udevadm settle
mkdir -p /berth /run/job
mount -o noatime /dev/disk/by-id/virtio-tree /berth
cat /dev/disk/by-id/virtio-job > /run/job/job.sh
exec < /dev/null > /dev/virtio-ports/berth 2>&1
export HOME=/root PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
cd /berth && sh /run/job/job.sh
echo "berth-vm: exit $?"
sync
systemctl poweroff --force
`;

const jobUnit = `[Unit]
Description=The job of a test run
Requires=dbus.service
After=basic.target dbus.service

[Service]
Type=simple
ExecStart=/usr/local/sbin/run-job
Delegate=yes
KillMode=mixed
LimitNOFILE=1048576
TasksMax=infinity
OOMPolicy=continue
`;

/** Files that are written over what the packages bring: path, mode, content. */
export const files: readonly (readonly [path: string, mode: number, content: string])[] = [
  ['/usr/local/sbin/run-job', scriptMode, runJob],
  // critest's AppArmor specs call it.
  ['/usr/local/bin/sudo', scriptMode, '#!/bin/sh\nexec "$@"\n'],
  ['/etc/systemd/system/job.service', fileMode, jobUnit],
  ['/etc/systemd/journald.conf.d/vm.conf', fileMode, '[Journal]\nStorage=volatile\nRuntimeMaxUse=32M\n'],
  ['/etc/fstab', fileMode, '/dev/vda / ext4 noatime 0 0\n'],
  ['/etc/hostname', fileMode, 'berth-vm\n'],
  ['/etc/hosts', fileMode, '127.0.0.1 localhost berth-vm\n::1 localhost\n'],
  ['/etc/resolv.conf', fileMode, 'nameserver 192.0.2.53\n'],
  // A small initial RAM disk is unpacked in a fraction of the time.
  ['/etc/initramfs-tools/conf.d/vm', fileMode, 'MODULES=list\nCOMPRESS=zstd\n'],
  ['/etc/initramfs-tools/modules', fileMode, 'virtio_pci\nvirtio_blk\next4\n'],
];

/** Changes whenever the image has to be made anew. */
export function recipeHash(): string {
  const recipe = JSON.stringify([release, packages, files]);
  return createHash('sha256').update(recipe).digest('hex').slice(0, 16);
}
