// An iSCSI target in user space (tgtd) and the node's initiator (iscsid), for tests of iscsi volumes: on loopback alone.
import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf } from '@berth/common/error-message.ts';
import { startDaemon } from './scratch.ts';
import { until } from './until.ts';

/** Why there can be no target here; undefined where there can. */
export function whyNoIscsi(): string | undefined {
  for (const program of ['tgtd', 'iscsid', 'iscsiadm', 'multipathd']) {
    if (!['/sbin', '/usr/sbin'].some((folder) => existsSync(join(folder, program)))) {
      return `${program} is not installed`;
    }
  }
  try {
    execFileSync('modprobe', ['iscsi_tcp'], { stdio: 'pipe' });
  } catch (error) {
    return `this kernel has no iSCSI: ${messageOf(error)}`;
  }
  return undefined;
}

/** Where the target listens. */
export const portals = ['127.0.0.1:3260', '127.0.0.2:3260'] as const;

/** A name and a password, at least 12 characters for the initiator's sake. */
export interface Account {
  user: string;
  password: string;
}

/** A running target. */
export interface IscsiTarget extends AsyncDisposable {
  /** Adds a target with LUNs 1 … `luns`, disks of `bytes` in files, which logs nobody in without `account`. */
  add(iqn: string, options?: { luns?: number; bytes?: number; account?: Account }): void;
  /** The file of a LUN. */
  disk(iqn: string, lun: number): string;
  /** Asks for an account at discoveries from now on. */
  protectDiscovery(account: Account): void;
  /** Logs in to a target through all portals, and has multipathd make one device of all paths to each disk. */
  combinePaths(iqn: string): Promise<void>;
  /** The sessions that this node has, as `IQN IFACE`. */
  sessions(): string[];
}

const mib = 1024 * 1024;
const records = ['nodes', 'send_targets', 'ifaces'].map((name) => join('/etc/iscsi', name));

/** Starts both. What iscsiadm notes of the target goes with it; the node must have had no sessions. */
export async function startIscsiTarget(dir: string): Promise<IscsiTarget> {
  await using resources = new AsyncDisposableStack();
  resources.defer(() => {
    for (const each of records) rmSync(each, { recursive: true, force: true });
  });
  resources.use(
    await startDaemon({
      name: 'tgtd',
      argv: ['tgtd', '-f', '--iscsi', portals.map((portal) => `portal=${portal}`).join(',')],
      dir,
      ready: async () => tgtadm('show', 'sys') !== '',
    }),
  );
  const initiator = await startDaemon({
    name: 'iscsid',
    argv: ['iscsid', '-f'],
    dir,
    ready: async () => readFileSync('/proc/net/unix', 'utf8').includes('@ISCSIADM_ABSTRACT_NAMESPACE'),
  });
  // It ends by SIGTERM only after it has answered its clients.
  resources.defer(() => initiator.stop('SIGKILL'));
  const accounts = new Set<string>();
  const addAccount = ({ user, password }: Account): void => {
    if (!accounts.has(user)) tgtadm('new', 'account', '--user', user, '--password', password);
    accounts.add(user);
  };
  const targets: string[] = [];
  const disk = (iqn: string, lun: number): string => join(dir, `${iqn.replaceAll(/\W/g, '-')}-${lun}`);
  // A session that a failed test has left would keep the initiator busy for minutes.
  resources.defer(() => {
    if (sessions().length > 0) execFileSync('iscsiadm', ['-m', 'node', '--logout'], { stdio: 'pipe' });
  });
  const owned = resources.move();
  return {
    add: (iqn, { luns = 1, bytes = 64 * mib, account } = {}) => {
      targets.push(iqn);
      const target = ['--tid', `${targets.length}`];
      tgtadm('new', 'target', ...target, '--targetname', iqn);
      for (let lun = 1; lun <= luns; lun += 1) {
        writeFileSync(disk(iqn, lun), '');
        truncateSync(disk(iqn, lun), bytes);
        tgtadm('new', 'logicalunit', ...target, '--lun', `${lun}`, '--backing-store', disk(iqn, lun));
      }
      if (account) {
        addAccount(account);
        tgtadm('bind', 'account', ...target, '--user', account.user);
      }
      tgtadm('bind', 'target', ...target, '--initiator-address', 'ALL');
    },
    disk,
    protectDiscovery: (account) => {
      addAccount(account);
      tgtadm('bind', 'account', '--user', account.user);
    },
    combinePaths: async (iqn) => {
      const configuration = '/etc/multipath.conf';
      writeFileSync(configuration, 'defaults {\n find_multipaths yes\n}\n');
      owned.defer(() => rmSync(configuration));
      execFileSync('modprobe', ['dm_multipath'], { stdio: 'pipe' });
      owned.use(
        await startDaemon({
          name: 'multipathd',
          argv: ['multipathd', '-d'],
          dir,
          ready: async () => execFileSync('multipathd', ['show', 'daemon'], { stdio: 'pipe' }).length > 0,
        }),
      );
      for (const portal of portals) {
        const words = ['-m', 'discoverydb', '-t', 'sendtargets', '-p', portal, '--discover'];
        execFileSync('iscsiadm', words, { stdio: 'pipe' });
        const node = ['-m', 'node', '-T', iqn, '-p', portal, '--login'];
        execFileSync('iscsiadm', node, { stdio: 'pipe' });
      }
      await until('multipathd has made devices', () => multipathDevices() > 0);
    },
    sessions,
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

function sessions(): string[] {
  const folder = '/sys/class/iscsi_session';
  const of = (name: string, fact: string) => {
    try {
      return readFileSync(join(folder, name, fact), 'utf8').trim();
    } catch {
      // The session is ending.
      return '?';
    }
  };
  return readdirSync(folder)
    .map((name) => `${of(name, 'targetname')} ${of(name, 'ifacename')}`)
    .sort();
}

function multipathDevices(): number {
  return readdirSync('/sys/block').filter(
    (name) =>
      name.startsWith('dm-') && readFileSync(`/sys/block/${name}/dm/uuid`, 'utf8').startsWith('mpath-'),
  ).length;
}

function tgtadm(operation: string, mode: string, ...words: string[]): string {
  return execFileSync('tgtadm', ['--lld', 'iscsi', '--op', operation, '--mode', mode, ...words], {
    encoding: 'utf8',
  });
}
