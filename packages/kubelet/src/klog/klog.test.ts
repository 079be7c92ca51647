import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configureLog, createLogger, redirectLog, setVerbosity } from './klog.ts';

test('errors carry their causes and long texts become a block', () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line.replace(/^.*?\] /s, '')));
  const log = createLogger('a.ts');
  const cause = new Error('no such host');
  log.error('Failed', { err: new Error('pull', { cause }), pod: 'a/b' });
  log.error('Failed', { err: new Error('pull', { cause: new Error('pull', { cause }) }) });
  log.error('Failed', { err: 'one\ntwo' });
  log.v(2, 'hidden');
  setVerbosity(2);
  log.v(2, 'shown');
  setVerbosity(0);
  restore();
  assert.deepEqual(lines, [
    '"Failed" err="pull: no such host" pod="a/b"\n',
    '"Failed" err="pull: no such host"\n',
    '"Failed" err=<\n\tone\n\ttwo\n >\n',
    '"shown"\n',
  ]);
});

test('a module of -vmodule tells more, never less', () => {
  const lines: string[] = [];
  const restore = redirectLog((line) => lines.push(line.replace(/^.*?\] /s, '').trim()));
  const undo = configureLog({
    format: 'text',
    splitStream: false,
    vmodule: [
      { filePattern: 'a', verbosity: 2 },
      { filePattern: 'b', verbosity: 0 },
    ],
  });
  setVerbosity(1);
  for (const name of ['a.ts', 'b.ts', 'c.ts']) {
    for (const level of [1, 2, 3]) createLogger(name).v(level, `${name} ${level}`);
  }
  setVerbosity(0);
  undo();
  restore();
  assert.deepEqual(lines, ['"a.ts 1"', '"a.ts 2"', '"b.ts 1"', '"c.ts 1"']);
});

test('split streams', () => {
  const split = (format: 'text' | 'json', splitStream = true): string[] => {
    const streams: string[] = [];
    const restore = redirectLog((_line, stream) => streams.push(stream));
    const undo = configureLog({ format, splitStream, vmodule: [] });
    const log = createLogger('a.ts');
    log.info('i');
    log.warn('w');
    log.error('e');
    undo();
    restore();
    return streams;
  };
  assert.deepEqual(split('text'), ['stdout', 'stderr', 'stderr']);
  assert.deepEqual(split('json'), ['stdout', 'stdout', 'stderr']);
  assert.deepEqual(split('json', false), ['stderr', 'stderr', 'stderr']);
});
