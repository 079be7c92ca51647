// What one node has on this machine at the moment. Unlike a census of everything, it does not mind what other
// programs do meanwhile.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { listLinks } from '@berth/linux/netlink/links.ts';
import { takeCensus } from './leaks.ts';

/**
 * Processes, mounts (pinned namespaces among them), links, cgroups and files of the node below `dir`, whose
 * cgroups are named for `dir` too and whose pods hang on `bridge`; a line each. Left out are the manifests and
 * what databases, records of pulled images and the test itself keep beside them.
 */
export function traces(dir: string, bridge: string): Set<string> {
  const { processes, mounts, cgroups, files } = takeCensus([dir]);
  const name = basename(dir);
  const links = listLinks();
  const bridgeIndex = links.find((link) => link.name === bridge)?.index;
  const ours = [
    ...[...processes]
      .filter((line) => isOfNode(line.split(' ')[0] ?? '', name))
      .map((line) => `process ${line}`),
    ...[...mounts].filter((path) => path.includes(name)).map((path) => `mount ${path}`),
    ...[...cgroups]
      .filter((path) => path.includes(name) && !qosClass.test(path))
      .map((path) => `cgroup ${path}`),
    ...links
      .filter((link) => link.master !== undefined && link.master === bridgeIndex)
      .map((link) => `link ${link.name}`),
    ...[...files].filter((path) => !isKept(path.slice(dir.length + 1))).map((path) => `file ${path}`),
  ];
  return new Set(ours);
}

/** The cgroup of a QoS class comes with the first pod of the class, and stays. */
const qosClass = /\/kubepods(\/(burstable|besteffort))?$/;

/**
 * Whether a process belongs to the node whose folder bears `name`: plugins have it in their environment, conmon
 * and OCI runtimes on their command line, containers as their cgroup.
 */
export function isOfNode(pid: string, name: string): boolean {
  return ['cmdline', 'environ', 'cgroup'].some((file) => {
    try {
      return readFileSync(`/proc/${pid}/${file}`, 'utf8').includes(name);
    } catch {
      // It has just ended.
      return false;
    }
  });
}

/** SQLite's journals come and go; last_reserved_ip is host-local's memory, not a lease. */
function isKept(path: string): boolean {
  return (
    /^(manifests|plugins|net\.d|certs\.d|kubelet\/image_manager)\/|(-wal|-shm|-journal|\.log)$|\/last_reserved_ip\.\d+$|\/lock$/.test(
      path,
    ) && !/^log\//.test(path)
  );
}
