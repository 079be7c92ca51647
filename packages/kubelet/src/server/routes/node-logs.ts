// /logs/?query=…: the logs of system services, from the journal or from /var/log.
import { spawn } from 'node:child_process';
import type { ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { respondError } from '../http/respond.ts';
import type { RouteHandler } from '../http/routes.ts';
import {
  aggregate,
  journalArguments,
  type NodeLogQuery,
  nodeLogErrors,
  nodeLogQuery,
} from './node-log-query.ts';
import { openFound, serveFile } from './system-logs.ts';

/** Time for all logs of a query. */
const deadlineMs = 30_000;
/** So much of the list of units is read. */
const maxUnits = 4 * 1024 * 1024;

/** Answers queries with files below `folder` and the output of `journalctl`, a program. */
export function nodeLogs(folder: string, journalctl = 'journalctl'): RouteHandler {
  return async (request, response, target) => {
    const query = nodeLogQuery(target.query);
    if (query === undefined) {
      return await serveFile(folder, target.params['path'] ?? '', request, response, target);
    }
    if ('errors' in query) return respondError(response, 400, aggregate(query.errors));
    if (target.path !== '/logs/') return respondError(response, 406, 'path not allowed in query mode');
    const [file] = query.files;
    const errors = nodeLogErrors(query);
    if (errors.length === 0 && file !== undefined && !(await exists(folder, file))) {
      errors.push(`query: Invalid value: ${JSON.stringify([file])}: no such file or directory`);
    }
    if (errors.length > 0) return respondError(response, 406, aggregate(errors));
    if (file !== undefined) {
      const { keepOpen } = target;
      return await serveFile(folder, inside(file), request, response, { path: file, keepOpen });
    }
    if (!target.keepOpen()) return respondError(response, 503, 'too many streams are open; try again later');
    await sendServices(folder, journalctl, query, response);
  };
}

function inside(file: string): string {
  return file.replace(/^[/\\]+/, '');
}

async function exists(folder: string, file: string): Promise<boolean> {
  const found = await openFound(folder, inside(file));
  await found?.file.close();
  return found !== undefined;
}

/** From here on what goes wrong is part of the answer. */
async function sendServices(
  folder: string,
  journalctl: string,
  query: NodeLogQuery,
  response: ServerResponse,
): Promise<void> {
  response.writeHead(200, { 'content-type': 'text/plain;charset=UTF-8', connection: 'close' });
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(deadlineMs)]);
  const units = await unitsOf(journalctl, signal);
  const isNative = (service: string): boolean => units.includes(`${service}.service`);
  const native = query.services.filter(isNative);
  const others = query.services.filter((service) => !isNative(service));
  if (native.length > 0) await sendJournal(journalctl, journalArguments(query, native), response, signal);
  const { services: _services, files: _files, pattern, ...options } = query;
  const hasOptions = pattern !== '' || Object.values(options).some((option) => option !== undefined);
  if (others.length > 0 && hasOptions) {
    const names = `[${others.join(' ')}]`;
    response.write(
      `\noptions present and query resolved to log files for ${names}\ntry without specifying options\n`,
    );
  } else for (const service of others) await sendFile(folder, service, response, signal);
  response.end();
}

/** All units in the journal; '' without a journal. */
async function unitsOf(journalctl: string, signal: AbortSignal): Promise<string> {
  const child = spawn(journalctl, ['--field', '_SYSTEMD_UNIT'], {
    stdio: ['ignore', 'pipe', 'ignore'],
    signal,
  });
  child.on('error', () => {});
  let text = '';
  try {
    for await (const chunk of child.stdout) {
      text += chunk;
      if (text.length > maxUnits) break;
    }
  } catch {
    // What was read until the signal counts.
  }
  return text;
}

async function sendJournal(
  journalctl: string,
  args: readonly string[],
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  const child = spawn(journalctl, args, { stdio: ['ignore', 'pipe', 'pipe'], signal });
  child.on('error', () => {});
  child.stderr.on('data', (chunk) => response.write(chunk));
  await pipeline(child.stdout, response, { end: false, signal }).catch(() => {});
}

/** The first of a service's usual files. */
async function sendFile(
  folder: string,
  service: string,
  response: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  for (const name of [service, `${service}.log`, `${service}/${service}.log`]) {
    const found = await openFound(folder, name);
    if (found === undefined) continue;
    await using file = found.file;
    if (found.stats.isDirectory()) continue;
    const content = file.createReadStream({ end: Math.max(0, found.stats.size - 1), autoClose: false });
    await pipeline(content, response, { end: false, signal }).catch(() => {});
    return;
  }
  response.write(`\nlog not found for ${service}\n`);
}
