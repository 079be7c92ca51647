// One run of the real critest.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseReport, type Report } from './report.ts';

export interface CritestRun {
  program: string;
  socket: string;
  /** Where NAME.json (the report) and NAME.txt (all that critest prints) go. */
  reportDir: string;
  name: string;
  /** critest's own flags. */
  flags: string[];
  /** Regular expressions on the names of the specs. */
  focus: string[];
  skip: string[];
  seed?: number;
}

/** Less than what ends the virtual machine, where all takes ten times as long. */
const timeLimit = '80m';

/** Runs critest and reads its report. Failed specs are in the report; it rejects when there is none. */
export async function runCritest(run: CritestRun): Promise<Report> {
  mkdirSync(run.reportDir, { recursive: true });
  const json = join(run.reportDir, `${run.name}.json`);
  const text = join(run.reportDir, `${run.name}.txt`);
  rmSync(json, { force: true });
  const endpoint = `unix://${run.socket}`;
  const args = [
    `-runtime-endpoint=${endpoint}`,
    `-image-endpoint=${endpoint}`,
    '-ginkgo.no-color',
    `-ginkgo.timeout=${timeLimit}`,
    `-ginkgo.json-report=${json}`,
    ...(run.seed === undefined ? [] : [`-ginkgo.seed=${run.seed}`]),
    ...run.focus.map((pattern) => `-ginkgo.focus=${pattern}`),
    ...run.skip.map((pattern) => `-ginkgo.skip=${pattern}`),
    ...run.flags,
  ];
  const output = openSync(text, 'w');
  const child = spawn(run.program, args, {
    stdio: ['ignore', output, output],
    cwd: run.reportDir,
    env: { ...process.env, PATH: pathWithSudo(run.reportDir) },
  });
  await once(child, 'exit');
  if (!existsSync(json)) {
    const tail = readFileSync(text, 'utf8').split('\n').slice(-30).join('\n');
    throw new Error(`critest wrote no report (${args.join(' ')}):\n${tail}`);
  }
  return parseReport(readFileSync(json), json);
}

/** critest loads AppArmor profiles through sudo, which a machine where one is root need not have. */
function pathWithSudo(dir: string): string {
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`;
  if (path.split(':').some((folder) => existsSync(join(folder, 'sudo')))) return path;
  const bin = join(dir, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, 'sudo'), '#!/bin/sh\nexec "$@"\n');
  chmodSync(join(bin, 'sudo'), 0o755);
  return `${path}:${bin}`;
}
