// Starts a virtual machine, has it run one job, and brings back what that printed and how it ended.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { BaseImage } from './base-image.ts';
import { disabledUnits } from './recipe.ts';

export interface VmJob {
  readonly base: BaseImage;
  /** Disk image of the checkout, which is at /berth in the machine; written to only in a snapshot. */
  readonly tree: string;
  /** A POSIX shell script, run as root in /berth. */
  readonly script: string;
  /** Directory for the machine's own files. */
  readonly scratch: string;
  /** After this time the machine is killed. */
  readonly timeoutMs: number;
  /** The machine may reboot, which starts the script again; what it wrote to its disks is still there. */
  readonly reboots?: boolean;
  /** Services that this job starts, though others only have them take time. */
  readonly services?: readonly string[];
  /** Gets each line that the job prints, as it comes. */
  readonly onLine: (line: string) => void;
}

/** Exit code of a job that was cut off, as timeout(1) has it. */
const timedOutCode = 124;

/** Runs the job and resolves with its exit code. Rejects when the machine does not get to the job's end. */
export async function runInVm(job: VmJob): Promise<number> {
  const console_ = join(job.scratch, 'console.log');
  const jobDisk = join(job.scratch, 'job.img');
  // The machine reads the script from a disk, which has whole sectors.
  writeFileSync(jobDisk, job.script.padEnd(Math.ceil((job.script.length + 1) / 4096) * 4096, '\n'));
  const qemu = spawn('qemu-system-x86_64', qemuArguments(job, jobDisk, console_), {
    // The port in the machine is open as long as this standard input is.
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let complaints = '';
  qemu.stderr.setEncoding('utf8').on('data', (chunk: string) => {
    complaints = (complaints + chunk).slice(-2000);
  });
  const killQemu = () => qemu.kill('SIGKILL');
  process.once('exit', killQemu);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    killQemu();
  }, job.timeoutMs);
  let exitCode: number | undefined;
  createInterface({ input: qemu.stdout }).on('line', (line) => {
    const [, code] = /^berth-vm: exit (\d+)$/.exec(line) ?? [];
    if (code === undefined) job.onLine(line);
    else exitCode = Number(code);
  });
  await once(qemu, 'close');
  clearTimeout(timer);
  process.off('exit', killQemu);
  if (exitCode !== undefined) return exitCode;
  if (timedOut) {
    job.onLine(`the machine was killed after ${Math.round(job.timeoutMs / 1000)} s`);
    return timedOutCode;
  }
  const said = readFileSync(console_, 'utf8').slice(-3000);
  throw new Error(`the machine ended before its job did\n${complaints}\n${said}`);
}

const kernelOptions = [
  ...'root=/dev/vda rw console=ttyS0 loglevel=4 panic=-1 mitigations=off audit=0'.split(' '),
  'systemd.wants=job.service',
];

function qemuArguments(job: VmJob, jobDisk: string, consoleLog: string): string[] {
  const unwanted = disabledUnits.filter((unit) => !(job.services ?? []).includes(unit));
  const masks = unwanted.map((unit) => `systemd.mask=${unit}`);
  const disk = (file: string, serial: string) => [
    '-drive',
    `file=${file},format=raw,if=none,id=${serial},snapshot=on,cache=unsafe,file.locking=off`,
    '-device',
    `virtio-blk-pci,drive=${serial},serial=${serial}`,
  ];
  return [
    // No KVM: CI machines have none, and one that only looks like it would hang. A plain CPU, because
    // programs that find vector units use them, and those are slow to emulate.
    ...['-machine', 'q35', '-accel', 'tcg,thread=multi,tb-size=512', '-cpu', 'Nehalem'],
    ...['-smp', '2', '-m', '3G', '-nic', 'none', '-display', 'none', '-monitor', 'none'],
    ...(job.reboots === true ? [] : ['-no-reboot']),
    ...['-kernel', job.base.kernel, '-initrd', job.base.initrd],
    ...['-append', [...kernelOptions, ...masks].join(' ')],
    ...disk(job.base.disk, 'root'),
    ...disk(job.tree, 'tree'),
    ...disk(jobDisk, 'job'),
    ...['-serial', `file:${consoleLog}`],
    ...['-device', 'virtio-serial-pci', '-chardev', 'stdio,id=report,signal=off'],
    ...['-device', 'virtserialport,chardev=report,name=berth'],
  ];
}
