import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  detectFormat,
  fixedWidthTimestamp,
  type LogLine,
  parseCriLine,
  parseDockerLine,
  timestampNano,
} from './line.ts';
import { LogPrinter, type PrinterOptions } from './printer.ts';

const time = '2016-10-06T00:17:09.669794202Z';
const cri = (rest: string) => parseCriLine(Buffer.from(`${time} ${rest}`));

test('CRI lines are read, partial ones without their line break', () => {
  const cases: [string, string, string][] = [
    ['stdout F hello\n', 'stdout', 'hello\n'],
    ['stderr F \n', 'stderr', '\n'],
    ['stdout P half\n', 'stdout', 'half'],
    ['stdout P:TAG half\n', 'stdout', 'half'],
    ['stdout F:P two words \n', 'stdout', 'two words \n'],
    ['stdout F cut', 'stdout', 'cut'],
  ];
  for (const [rest, stream, content] of cases) {
    const line = cri(rest);
    assert.deepEqual([line.timestamp, line.stream, line.content.toString()], [time, stream, content], rest);
  }
});

test('bad lines tell what is wrong with them', () => {
  const cases: [string, RegExp][] = [
    ['text\n', /timestamp is not found/],
    ['yesterday stdout F x\n', /unexpected timestamp format "yesterday"/],
    [`${time} stdlog F x\n`, /unexpected stream type "stdlog"/],
    [`${time} stdout\n`, /stream type is not found/],
    [`${time} stdout F\n`, /log tag is not found/],
  ];
  for (const [line, message] of cases) assert.throws(() => parseCriLine(Buffer.from(line)), message);
  assert.throws(() => detectFormat(Buffer.from('text\n')), /unsupported log format: "text\\n"/);
});

test("Docker's lines are read too", () => {
  const text = Buffer.from(`{"log":"hi\\n","stream":"stderr","time":"${time}"}\n`);
  assert.equal(detectFormat(text), parseDockerLine);
  const line = parseDockerLine(text);
  assert.deepEqual([line.timestamp, line.stream, line.content.toString()], [time, 'stderr', 'hi\n']);
});

test('times keep all their digits', () => {
  assert.equal(timestampNano(time), 1475713029669794202n);
  assert.equal(timestampNano('2016-10-06T02:17:09.5+02:00'), 1475713029500000000n);
  assert.equal(fixedWidthTimestamp('2016-10-06T02:17:09.5+02:00'), '2016-10-06T02:17:09.500000000+02:00');
  assert.equal(fixedWidthTimestamp('2016-10-06T02:17:09Z'), '2016-10-06T02:17:09.000000000Z');
});

test('lines are printed as asked for', () => {
  const lines = ['stdout F one\n', 'stdout P two-', 'stderr F err\n', 'stdout P \n', 'stdout F three\n'].map(
    cri,
  );
  const print = (
    options: Partial<PrinterOptions>,
    given: LogLine[] = lines,
    streams = ['stdout', 'stderr'],
  ) => {
    const texts = { stdout: '', stderr: '' };
    const writer = (stream: 'stdout' | 'stderr') =>
      streams.includes(stream)
        ? (bytes: Buffer) => {
            texts[stream] += bytes.toString();
          }
        : undefined;
    const output = { stdout: writer('stdout'), stderr: writer('stderr') };
    const printer = new LogPrinter(output, {
      timestamps: false,
      sinceNano: undefined,
      limitBytes: undefined,
      ...options,
    });
    for (const line of given) if (!printer.print(line)) break;
    return [texts.stdout, texts.stderr];
  };
  assert.deepEqual(print({}), ['one\ntwo-three\n', 'err\n']);
  assert.deepEqual(print({}, lines, ['stderr']), ['', 'err\n']);
  assert.deepEqual(print({ limitBytes: 6 }), ['one\ntw', '']);
  assert.deepEqual(print({ limitBytes: 0 }), ['', '']);
  assert.deepEqual(print({ sinceNano: 1475713029669794203n }), ['', '']);
  assert.deepEqual(print({ timestamps: true }, ['stdout P a\n', 'stdout F b\n', 'stdout F c\n'].map(cri)), [
    `${time} ab\n${time} c\n`,
    '',
  ]);
});
