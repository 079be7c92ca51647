// A machine that has never seen Berth, made of this one: its own processes, mounts and network, with nothing but
// a loopback interface; /etc as it is here but for what Berth would read or write, and nothing in /run, /var/lib
// and /var/log. The default paths of all commands can be used there, and all of it goes at once.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { checkout } from './scratch.ts';

export interface FreshMachine extends AsyncDisposable {
  /** Where its files can be seen from outside. */
  root: string;
  /** The words in front of a command that has it run there, in the checkout. */
  enter: readonly string[];
  /** Runs a command in the checkout as a user of that machine would. */
  run(program: string, ...args: string[]): Promise<{ code: number; out: string; err: string }>;
}

const setUp = `set -e
for target in $(cut -d' ' -f5 /proc/self/mountinfo | grep ^/run/ | tac); do
  # Its folder may have been removed outside meanwhile, and the mount with it.
  umount -l "$target" || ! grep -qF " $target " /proc/self/mountinfo
done
mount -t tmpfs tmpfs /run
mkdir /run/etc /run/work
mount -t overlay -o lowerdir=/etc,upperdir=/run/etc,workdir=/run/work overlay /etc
for folder in /var/lib /var/log; do mount -t tmpfs tmpfs $folder; done
rm -rf /etc/cni /etc/kubernetes /etc/berth /etc/crictl.yaml
/bin/busybox ip link set lo up
echo ready
exec /usr/bin/catatonit -P`;

/** A cable from this machine's bridge to the new machine's `eth0`. */
export interface Cable {
  bridge: string;
  /** The address of the new machine, with its prefix length. */
  address: string;
  /** Its default route. */
  gateway: string;
}

/** Makes the machine; with the result every process in it ends. */
export async function startFreshMachine(cable?: Cable): Promise<FreshMachine> {
  const namespaces = ['--mount', '--net', '--pid', '--fork', '--kill-child', '--mount-proc'];
  const unshare = spawn('/usr/bin/unshare', [...namespaces, '--propagation=private', 'sh', '-c', setUp], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(unshare, 'exit');
  await Promise.race([
    once(unshare.stdout, 'data'),
    ended.then(([code]) => Promise.reject(new Error(`making a fresh machine failed: exit code ${code}`))),
  ]);
  const [init = ''] = readFileSync(`/proc/${unshare.pid}/task/${unshare.pid}/children`, 'utf8').split(' ');
  const enter = ['/usr/bin/nsenter', '--target', init, '--mount', '--net', '--pid', `--wdns=${checkout}`];
  try {
    if (cable !== undefined) connect(cable, init);
  } catch (error) {
    unshare.kill('SIGKILL');
    throw error;
  }
  return {
    root: `/proc/${init}/root`,
    enter,
    run: (program, ...args) =>
      new Promise((resolve) => {
        const [nsenter = '', ...argv] = [...enter, program, ...args];
        execFile(nsenter, argv, { timeout: 600_000 }, (error, out, err) =>
          resolve({ code: error === null ? 0 : typeof error.code === 'number' ? error.code : 1, out, err }),
        );
      }),
    [Symbol.asyncDispose]: async () => {
      unshare.kill('SIGKILL');
      await ended;
    },
  };
}

function connect({ bridge, address, gateway }: Cable, init: string): void {
  const busybox = (...words: string[]) => execFileSync('/bin/busybox', words);
  // busybox's has no name for the other end.
  execFileSync('ip', ['link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'eth0', 'netns', init]);
  busybox('brctl', 'addif', bridge, 'cable');
  busybox('ip', 'link', 'set', 'cable', 'up');
  const script = `set -e
ip address add ${address} dev eth0; ip link set eth0 up
ip route add default via ${gateway}`;
  execFileSync('/usr/bin/nsenter', ['--target', init, '--net', '/bin/busybox', 'sh', '-c', script]);
}
