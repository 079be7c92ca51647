// What a running container sees of itself, by a shell that the runtime starts in it.
import type { CriClient } from '@berth/cri/client/client.ts';
import { type MountInfo, parseMountInfo } from '@berth/linux/mounts/mountinfo.ts';
import type { Json } from '../normalise.ts';

const sections: Readonly<Record<string, string>> = {
  id: 'id',
  hostname: 'hostname',
  fqdn: 'cat /proc/sys/kernel/hostname',
  env: 'env | sort',
  cwd: 'pwd',
  mounts: 'cat /proc/self/mountinfo',
  status: 'grep -E "^(Cap|Seccomp:|NoNewPrivs|Uid|Gid|Groups|Umask)" /proc/self/status',
  limits: 'cat /proc/self/limits',
  oomScoreAdj: 'cat /proc/self/oom_score_adj',
  hosts: 'cat /etc/hosts',
  resolvConf: 'cat /etc/resolv.conf',
  passwd: 'cat /etc/passwd',
  uidMap: 'cat /proc/self/uid_map',
  processes:
    'for d in /proc/[0-9]*; do read w <$d/comm && echo $w; done 2>/dev/null | grep -xE "sh|sleep|httpd" | sort -u',
  devices: 'ls /dev | sort',
  sysctls:
    'for s in kernel/msgmax kernel/shm_rmid_forced net/ipv4/ip_local_port_range net/ipv4/tcp_syncookies net/ipv4/ping_group_range net/ipv4/ip_unprivileged_port_start; do echo $s $(cat /proc/sys/$s 2>&1); done',
  interfaces: 'ls /sys/class/net | grep -v ^veth | sort',
};

/** Lists the files of volumes: mode, owner, kind, link target, and what is in small ones. */
function filesScript(paths: readonly string[]): string {
  return paths
    .map(
      (path) =>
        `find '${path}' 2>&1 | sort | head -60 | while read -r f; do stat -c '%A %u:%g %N' "$f"; [ -f "$f" ] && head -c 300 "$f" | tr '\\n' '|' && echo; done`,
    )
    .join('; ');
}

/** Facts of a container by what they are of; a line each. `volumePaths` are listed with their files. */
export async function containerFacts(
  { runtime }: CriClient,
  containerId: string,
  volumePaths: readonly string[],
): Promise<Json> {
  const all = { ...sections, ...(volumePaths.length > 0 && { files: filesScript(volumePaths) }) };
  const lines = Object.entries(all).map(([name, command]) => `echo "== ${name}"; { ${command}; } 2>&1`);
  const { stdout, stderr, exitCode } = await runtime.execSync({
    containerId,
    cmd: ['/bin/sh', '-c', lines.join('\n')],
    timeout: 20n,
  });
  const text = new TextDecoder().decode(stdout);
  if (!text.startsWith('== id')) return `exec failed: ${exitCode} ${new TextDecoder().decode(stderr)}`;
  const parts = text.split(/^== /m).slice(1);
  const facts = parts.map((part): [string, Json] => {
    const [name = '', ...rest] = part.trimEnd().split('\n');
    if (name === 'mounts') return [name, mountLines(rest.join('\n'))];
    return [name, name === 'resolvConf' ? rest.map(sortedOptions) : rest];
  });
  return Object.fromEntries(facts);
}

/** The real kubelet has options in another order in each run. */
function sortedOptions(line: string): string {
  const [keyword = '', ...options] = line.split(' ');
  return keyword === 'options' ? [keyword, ...options.sort()].join(' ') : line;
}

/** Pure: mounts by their mount point, a line for each, without what differs between two file systems of a kind. */
function mountLines(mountinfo: string): Json {
  // Below a folder of the host there is what the runtime mounts there for everybody.
  const own = parseMountInfo(mountinfo).filter(({ mountPoint }) => !mountPoint.startsWith('/host/'));
  const byPoint = Map.groupBy(own, ({ mountPoint }) => mountPoint);
  return Object.fromEntries([...byPoint].map(([point, all]) => [point, all.map(mountLine).join('; ')]));
}

function mountLine(mount: MountInfo): string {
  const { fstype, options, superOptions, root, shared, master } = mount;
  const propagation = [...(shared ? ['shared'] : []), ...(master ? ['slave'] : [])].join(',') || 'private';
  // What is below an overlay is the runtime's, and where a cgroup stands another fact.
  const ofSource = fstype === 'overlay' || fstype.startsWith('cgroup') ? '' : ` root=${root}`;
  const ofSuper =
    fstype === 'tmpfs'
      ? ` ${superOptions.filter((each) => /^(ro|size|mode|uid|gid|noswap)/.test(each)).join(',')}`
      : '';
  return `${fstype} ${[...options].sort().join(',')} ${propagation}${ofSource}${ofSuper}`;
}
