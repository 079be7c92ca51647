import assert from 'node:assert/strict';
import { test } from 'node:test';
import { listeningSockets } from './listening-sockets.ts';

test('listening sockets of both families, and no others', () => {
  const text = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:280A 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4242 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:A1B2 01 00000000:00000000 00:00000000 00000000     0        0 17 1 0 20 4 30 10 -1
   2: 00000000000000000000000000000000:0016 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 18 1 0 100 0 0 10 0
`;
  assert.deepEqual(listeningSockets(text), [
    { port: 10250, inode: 4242 },
    { port: 22, inode: 18 },
  ]);
  assert.deepEqual(listeningSockets(''), []);
});
