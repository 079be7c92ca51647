import assert from 'node:assert/strict';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { DbusConnection } from './dbus-connection.ts';
import { encodeCall, type Message } from './dbus-message.ts';

const dir = mkdtempSync(join(tmpdir(), 'berth-dbus-'));
const path = join(dir, 'peer');
const server = createServer();
before(() => new Promise<void>((resolve) => server.listen(path, resolve)));
after(() => {
  server.close();
  rmSync(dir, { recursive: true });
});

/** Opens a connection to the peer, which answers what it reads first with `answer`. */
async function opened(answer: Buffer) {
  const accepted = once(server, 'connection');
  const signals: (string | undefined)[] = [];
  const opening = DbusConnection.open(path, ({ member }: Message) => signals.push(member));
  // Handled where it is awaited.
  opening.catch(() => {});
  const [socket]: Socket[] = await accepted;
  assert.ok(socket);
  const [first] = await once(socket, 'data');
  socket.write(answer);
  return { opening, signals, first: String(first) };
}

test('all that comes before the first call is sent at once', async () => {
  const { opening, first } = await opened(Buffer.from('OK 0123\r\n'));
  (await opening).close();
  assert.match(first, /^\0AUTH EXTERNAL [0-9a-f]+\r\nBEGIN\r\n$/);
});

test('signals that follow the answer in one piece are not lost', async () => {
  const signal = encodeCall({ path: '/', interface: 'a.b', member: 'M', signature: '', body: () => {} }, 1);
  signal[1] = 4;
  const { opening, signals } = await opened(Buffer.concat([Buffer.from('OK 0123\r\n'), signal, signal]));
  const connection = await opening;
  assert.deepEqual(signals, ['M', 'M']);
  connection.close();
});

test('a refusal is told with its words', async () => {
  const { opening } = await opened(Buffer.from('REJECTED EXTERNAL\r\n'));
  await assert.rejects(opening, /refuses uid \d+: REJECTED EXTERNAL/);
});
