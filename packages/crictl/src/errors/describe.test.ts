import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CriError } from '@berth/cri/errors/cri-error.ts';
import { describeError } from './describe.ts';

const system = (code: string, change: object = {}) =>
  Object.assign(new Error('as Node.js words it'), { code, syscall: 'open', path: '/x', ...change });

const cases: [error: unknown, text: string][] = [
  [system('ENOENT'), 'open /x: no such file or directory'],
  [system('EACCES'), 'open /x: permission denied'],
  [system('EISDIR'), 'open /x: is a directory'],
  [system('ENOTDIR'), 'open /x: not a directory'],
  [system('EEXIST'), 'open /x: file exists'],
  [system('ENOSPC'), 'open /x: no space left on device'],
  [system('EROFS'), 'open /x: read-only file system'],
  [system('ELOOP'), 'open /x: too many levels of symbolic links'],
  [system('ESTALE'), 'as Node.js words it'],
  [system('ENOENT', { path: undefined }), 'as Node.js words it'],
  [new CriError('NOT_FOUND', 'no such pod'), 'rpc error: code = NotFound desc = no such pod'],
  ['a text', 'a text'],
];
for (const [error, text] of cases) test(text, () => assert.equal(describeError(error), text));
