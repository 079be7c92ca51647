// The first process of a container, seen from the host.
import { readFileSync, readlinkSync } from 'node:fs';
import { until } from '@berth/test-support/until.ts';
import type { Json } from '../case.ts';

/** What it runs, as whom, where and with what. */
export async function processFacts(pid: number): Promise<{ [key: string]: Json }> {
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'latin1');
  const strings = (file: string) => read(file).split('\0').slice(0, -1);
  // A start is over when the OCI runtime's process is about to execute the program.
  await until('the container runs its program', () => !/^$|(^|\/)runc\0init\0$/.test(read('cmdline')));
  const status = new Map(
    read('status')
      .trimEnd()
      .split('\n')
      .map((line): [string, string] => {
        const [key = '', ...value] = line.split(':');
        return [key, value.join(':').trim().replaceAll(/\s+/g, ' ')];
      }),
  );
  const fields = [
    'Umask',
    'Uid',
    'Gid',
    'Groups',
    'CapInh',
    'CapPrm',
    'CapEff',
    'CapBnd',
    'CapAmb',
    'NoNewPrivs',
    'Seccomp',
  ];
  return {
    argv: strings('cmdline'),
    env: strings('environ').sort(),
    cwd: readlinkSync(`/proc/${pid}/cwd`),
    ...Object.fromEntries(fields.map((field) => [field, status.get(field) ?? ''])),
  };
}

/** Mount points with file system and options, but those that every container has; one that is mounted twice once. */
export function mountFacts(pid: number): string[] {
  const lines = readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , , point = '', options = '', ...propagation] = before.split(' ');
      const [type = ''] = after.split(' ');
      const place = /^(ext4|xfs|btrfs|overlay)$/.test(type) ? 'disk' : type;
      const isUsual = /^\/(proc|sys|dev)(\/|$)|^\/$/.test(point);
      const shared = propagation.map((word) => word.replace(/:\d+$/, '')).join(' ');
      if (isUsual) return [];
      // These lie where the daemon keeps its own files.
      const ofDaemon = /^\/etc\/(hosts|hostname|resolv\.conf)$/.test(point);
      const [access = ''] = options.split(',');
      return [ofDaemon ? `${point} ${access} ${shared}` : `${point} ${place} ${options} ${shared}`];
    });
  return [...new Set(lines)].sort();
}
