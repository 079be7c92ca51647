import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encodePem, pemBlocks } from './pem.ts';

test('blocks are written in lines of 64 characters', () => {
  assert.equal(
    encodePem('THING', Buffer.alloc(49, 1)),
    `-----BEGIN THING-----\n${'AQEB'.repeat(16)}\nAQ==\n-----END THING-----\n`,
  );
  assert.equal(encodePem('THING', Buffer.alloc(48, 1)).split('\n').length, 4);
});

test('blocks are found among other text', () => {
  const text = `Bag Attributes\n${encodePem('A', Buffer.from('a'))}x\r\n-----BEGIN EC KEY-----\r\nProc-Type: 4\r\n\r\nYg==\r\n-----END EC KEY-----\r\n-----BEGIN C-----\nYw==\n-----END D-----\n`;
  assert.deepEqual(
    pemBlocks(text).map(({ label, der }) => [label, der.toString()]),
    [
      ['A', 'a'],
      ['EC KEY', 'b'],
    ],
  );
  assert.equal(pemBlocks(text)[0]?.text, encodePem('A', Buffer.from('a')));
});
