// Streams and commands into the container that lives through all kills. Each command carries a mark with the
// number of kills before it, by which what outlived its berthd is found.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { duplexPair, PassThrough, Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { PortForwardClient } from '@berth/streaming/client/port-forward.ts';
import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import type { Life, Surroundings } from './lives.ts';

const mark = 'killed-after-';

/** A shell command with the mark of now as its name. */
function marked({ flights }: Surroundings, script: string): string[] {
  return ['/bin/sh', '-c', script, `${mark}${flights.kills}`];
}

/** Command lines of processes that a berthd before the last kill has started in a container. */
export function outlived(kills: number): string[] {
  return readdirSync('/proc').flatMap((pid) => {
    if (!/^\d+$/.test(pid)) return [];
    try {
      const line = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
      const [, before] = new RegExp(`${mark}(\\d+) $`).exec(line) ?? [];
      return before !== undefined && Number(before) < kills ? [`${pid} ${line}`] : [];
    } catch {
      // It has just ended.
      return [];
    }
  });
}

/** ExecSync of what takes a while, and of what leaves something in the background. */
export const commandLife: Life = async (surroundings) => {
  const { client, steady } = surroundings;
  const scripts = [
    'sleep 0.4; echo done',
    'sleep 0.4 >/dev/null 2>&1 & echo done',
    'yes | head -c 3000000; echo done',
  ];
  const outputs = await Promise.all(
    scripts.map(async (script) => {
      const cmd = marked(surroundings, script);
      const { stdout } = await client.runtime.execSync({
        containerId: steady.containerId,
        cmd,
        timeout: 60n,
      });
      return Buffer.from(stdout).toString().slice(-5);
    }),
  );
  assert.deepEqual(outputs, ['done\n', 'done\n', 'done\n']);
};

/** Exec with and without a terminal, Attach and PortForward, all at once, over both transports. */
export const streamLife: Life = async (surroundings) => {
  await Promise.all([
    exec(surroundings, 'spdy', false),
    exec(surroundings, 'websocket', false),
    exec(surroundings, 'spdy', true),
    attach(surroundings),
    forward(surroundings),
  ]);
};

async function exec(
  surroundings: Surroundings,
  transport: 'spdy' | 'websocket',
  tty: boolean,
): Promise<void> {
  const { client, flights, steady } = surroundings;
  const cmd = marked(surroundings, 'while read line; do echo "got $line"; done; exit 7');
  const flags = { tty, stdin: true, stdout: true, stderr: !tty };
  const { url } = await client.runtime.exec({ containerId: steady.containerId, cmd, ...flags });
  const stdin = new PassThrough();
  const output = new Kept();
  const streams = { stdin, stdout: output, ...(!tty && { stderr: output }) };
  const session = remoteCommand({ url, transport, tty, ...streams });
  const ended = flights.follow(`exec stream, ${transport}${tty ? ', tty' : ''}`, session);
  ended.catch(() => {});
  for (let count = 0; count < 5; count++) {
    stdin.write(`${count}\n`);
    await delay(60);
  }
  // A terminal has no end of input but this.
  stdin.end(tty ? '\x04' : '');
  assert.deepEqual(await ended, { exitCode: 7 });
  assert.match(output.text, /got 0\r?\n[\s\S]*got 4\r?\n/);
}

async function attach({ client, flights, steady }: Surroundings): Promise<void> {
  const flags = { tty: false, stdin: false, stdout: true, stderr: true };
  const { url } = await client.runtime.attach({ containerId: steady.containerId, ...flags });
  const output = new Kept();
  const signal = AbortSignal.timeout(400);
  const session = remoteCommand({ url, tty: false, stdout: output, stderr: output, signal });
  try {
    await flights.follow('attach stream', session);
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

async function forward({ client, flights, steady }: Surroundings): Promise<void> {
  const { url } = await client.runtime.portForward({ podSandboxId: steady.sandboxId, port: [80] });
  const forwarder = await PortForwardClient.dial({ url });
  try {
    for (let count = 0; count < 3; count++) {
      const [ours, theirs] = duplexPair();
      const carried = flights.follow('port-forward stream', forwarder.forward(theirs, 80));
      carried.catch(() => {});
      ours.write('GET /etc/group HTTP/1.0\r\n\r\n');
      assert.match(await text(ours), /root:x:0/);
      await carried;
      await delay(60);
    }
  } finally {
    forwarder.close();
  }
}

class Kept extends Writable {
  text = '';

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.text += chunk;
    done();
  }
}
