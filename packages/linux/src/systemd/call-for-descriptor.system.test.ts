// The real message bus, in place of systemd's: what this sends before the first answer has to be accepted by it.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { addMatch, hello } from './bus-calls.ts';
import { callForDescriptor } from './call-for-descriptor.ts';
import { DbusConnection } from './dbus-connection.ts';

const program = '/usr/bin/dbus-daemon';
const skip = existsSync(program) ? false : `there is no ${program}`;
const dir = mkdtempSync(join(tmpdir(), 'bus-'));
const path = join(dir, 'bus');
after(() => rmSync(dir, { recursive: true }));

test('dbus-daemon passes descriptors to this connection, and knows its calls', { skip }, async () => {
  const bus = spawn(program, ['--session', '--nofork', '--print-address=1', `--address=unix:path=${path}`]);
  after(() => bus.kill());
  await once(bus.stdout, 'data');
  const id = { ...hello, member: 'GetId' };
  // It agrees to pass descriptors; this answer has none.
  await assert.rejects(callForDescriptor(path, id), /the answer of GetId has no descriptor/);
  await assert.rejects(
    callForDescriptor(path, { ...hello, member: 'Absent' }),
    /UnknownMethod|does not understand/,
  );
  const connection = await DbusConnection.open(path, () => {});
  const { body } = await connection.call(hello);
  assert.match(String(body[0]), /^:1\.\d+$/);
  await connection.call(addMatch("type='signal',member='PrepareForShutdown'"));
  connection.close();
  await connection.closed;
});
