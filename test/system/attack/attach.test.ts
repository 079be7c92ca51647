// Clients that attach and go, in every way that there is: neither berthd nor the container's conmon keeps a socket
// for each, whether or not the container ever prints anything.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { request } from 'node:http';
import { Socket } from 'node:net';
import { PassThrough, Writable } from 'node:stream';
import { after, before, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { remoteCommand } from '@berth/streaming/client/remote-command.ts';
import { AttackedNode, type Attacker } from '@berth/test-support/attacked-node.ts';
import { until } from '@berth/test-support/until.ts';

const attaches = 200;
/** What attaching needs once, however often: the one connection to conmon, a listening socket. */
const few = 4;

let attacked: AttackedNode;
before(async () => {
  attacked = await AttackedNode.start('atkattach');
});
after(() => attacked?.[Symbol.asyncDispose]());

async function attachUrl(containerId: string): Promise<string> {
  const streams = { tty: false, stdin: true, stdout: true, stderr: false };
  const { url } = await attacked.node.client.runtime.attach({ containerId, ...streams });
  return url;
}

/** The bare connection of a client that has attached over a WebSocket, and the session's first message seen. */
async function attachSocket(containerId: string): Promise<Socket> {
  const headers = {
    Connection: 'Upgrade',
    Upgrade: 'websocket',
    'Sec-WebSocket-Version': '13',
    'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
    'Sec-WebSocket-Protocol': 'v5.channel.k8s.io',
  };
  const outgoing = request(await attachUrl(containerId), { headers, agent: false });
  outgoing.end();
  const [, socket, head] = await once(outgoing, 'upgrade');
  assert.ok(socket instanceof Socket);
  socket.on('error', () => {});
  if (head.length === 0) await once(socket, 'data');
  return socket;
}

const discard = () => new Writable({ write: (_chunk, _encoding, callback) => callback() });

/** Each attaches a client to a container and has it go. */
const ways: Readonly<
  Record<string, (containerId: string, transport: 'spdy' | 'websocket') => Promise<void>>
> = {
  'end their input': async (containerId, transport) => {
    const stdin = new PassThrough().end('input');
    await remoteCommand({
      url: await attachUrl(containerId),
      transport,
      tty: false,
      stdin,
      stdout: discard(),
    });
  },
  'say goodbye': async (containerId, transport) => {
    const gone = new AbortController();
    const client = {
      transport,
      tty: false,
      stdin: new PassThrough(),
      stdout: discard(),
      signal: gone.signal,
    };
    const attached = remoteCommand({ url: await attachUrl(containerId), ...client }).catch(() => {});
    // Sometimes before, sometimes after the connection is made.
    await delay(2);
    gone.abort();
    await attached;
  },
  'are killed': async (containerId) => void (await attachSocket(containerId)).destroy(),
  'are killed with a reset': async (containerId) => void (await attachSocket(containerId)).resetAndDestroy(),
  'half-close their connection': async (containerId) => {
    const socket = await attachSocket(containerId);
    const closed = once(socket.resume().end(), 'close');
    await closed;
  },
};

/** Descriptors of berthd and of the container's conmon. */
function descriptors(containerId: string): { berthd: number; conmon: number } {
  const count = (pid: number) => readdirSync(`/proc/${pid}/fd`).length;
  return { berthd: count(attacked.node.berthd.pid), conmon: count(attacked.conmonOf(containerId)) };
}

async function leavesFew({ containerId }: Attacker, attack: () => Promise<void>): Promise<void> {
  const then = descriptors(containerId);
  await attack();
  const isFew = () => {
    const now = descriptors(containerId);
    return now.berthd <= then.berthd + few && now.conmon <= then.conmon + few;
  };
  await until('few descriptors are open', isFew, () =>
    JSON.stringify({ then, now: descriptors(containerId) }),
  );
}

for (const [what, script] of [
  ['prints nothing', 'cat > /dev/null; sleep 600'],
  ['prints all the time', 'while :; do echo tick; usleep 10000; done'],
  ['does not read its input', 'sleep 600'],
] as const) {
  test(`${attaches} attaches to a container that ${what} leave no sockets in berthd and conmon`, async () => {
    await attacked.unharmed(async () => {
      const container = await attacked.attacker(script, { stdin: true });
      for (const [way, attach] of Object.entries(ways)) {
        // A container that never reads never has its input taken.
        if (what === 'does not read its input' && way === 'end their input') continue;
        await leavesFew(container, async () => {
          for (let count = 0; count < attaches / 5; count++)
            await attach(container.containerId, count % 2 === 0 ? 'spdy' : 'websocket');
        });
      }
      await attacked.remove(container);
    });
  });
}

test('clients whose container ends leave no sockets in berthd', async () => {
  const open = () => readdirSync(`/proc/${attacked.node.berthd.pid}/fd`).length;
  const container = await attacked.attacker('cat > /dev/null', { stdin: true });
  const before = open();
  const clients = await Promise.all(
    Array.from({ length: attaches / 4 }, () => attachSocket(container.containerId)),
  );
  assert.ok(open() >= before + clients.length, 'they are connected');
  // The server says goodbye, and would wait a while for them to answer.
  const told = clients.map((socket) => once(socket, 'data'));
  await attacked.node.client.runtime.stopContainer({ containerId: container.containerId, timeout: 0n });
  await Promise.all(told);
  for (const socket of clients) socket.destroy();
  await until('nothing of them is left', () => open() <= before, open);
  await attacked.remove(container);
});
