// The first process of a container, seen from the host.
import { readFileSync, readlinkSync } from 'node:fs';
import type { Json } from '../case.ts';

/** What it runs, as whom, where and with what. */
export function processFacts(pid: number): { [key: string]: Json } {
  const read = (file: string) => readFileSync(`/proc/${pid}/${file}`, 'latin1');
  const strings = (file: string) => read(file).split('\0').slice(0, -1);
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

/** Mount points with root, file system and options, but those that every container has. */
export function mountFacts(pid: number): string[] {
  return readFileSync(`/proc/${pid}/mountinfo`, 'utf8')
    .trimEnd()
    .split('\n')
    .flatMap((line) => {
      const [before = '', after = ''] = line.split(' - ');
      const [, , , , point = '', options = '', ...propagation] = before.split(' ');
      const [type = ''] = after.split(' ');
      const isUsual = /^\/(proc|sys|dev)(\/|$)|^\/$/.test(point);
      const shared = propagation.map((word) => word.replace(/:\d+$/, '')).join(' ');
      return isUsual ? [] : [`${point} ${type} ${options} ${shared}`.trimEnd()];
    })
    .sort();
}
