import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDir } from '@berth/test-support/scratch.ts';
import { buildConfiguration, type Configuration } from './build-options.ts';
import { configurationJson } from './configuration-json.ts';
import { flagValues } from './flag-values.ts';
import { parseCommandLine } from './flags.ts';

/** The configuration of a file with this `logging` and these flags. */
function built(logging: string, ...flags: string[]): Configuration {
  using scratch = scratchDir('logging');
  const config = join(scratch.path, 'config.yaml');
  const head = 'apiVersion: kubelet.config.k8s.io/v1beta1\nkind: KubeletConfiguration\n';
  writeFileSync(config, `${head}logging: ${logging}\n`);
  return buildConfiguration(parseCommandLine([`--config=${config}`, ...flags]));
}

test('the log is as the file and the flags have it', () => {
  const text = { format: 'text', splitStream: false, vmodule: [] };
  assert.deepEqual(built('{}').options.log, text);
  assert.deepEqual(built('{format: json}').options.log, { ...text, format: 'json' });
  assert.deepEqual(built('{format: json}', '--logging-format=text').options.log, text);
  const split = '{options: {json: {splitStream: true}}}';
  assert.deepEqual(built(split).options.log, text);
  assert.deepEqual(built(split, '--logging-format=json').options.log, {
    ...text,
    format: 'json',
    splitStream: true,
  });
  assert.deepEqual(built('{}', '--log-text-split-stream').options.log, { ...text, splitStream: true });
});

test('every flag of vmodule adds to those of the file', () => {
  const { options, settings } = built(
    '{vmodule: [{filePattern: worker, verbosity: 4}]}',
    '--vmodule=a=1,b*=2,',
    '--vmodule=c=3',
  );
  const all = [
    { filePattern: 'worker', verbosity: 4 },
    { filePattern: 'a', verbosity: 1 },
    { filePattern: 'b*', verbosity: 2 },
    { filePattern: 'c', verbosity: 3 },
  ];
  assert.deepEqual(options.log.vmodule, all);
  assert.deepEqual(configurationJson(settings, '/pki')['logging'], {
    flushFrequency: '5s',
    format: 'text',
    options: { json: { infoBufferSize: '0' }, text: { infoBufferSize: '0' } },
    verbosity: 0,
    vmodule: all,
  });
  assert.equal(flagValues(parseCommandLine(['--vmodule=a=1', '--vmodule=b=2']))['vmodule'], 'a=1,b=2');
});

test('what needs a buffer is accepted, and the log says that there is none', () => {
  const file = '{flushFrequency: 1000000000, options: {json: {infoBufferSize: 64Ki}}}';
  const { settings, notices } = built(file, '--log-text-info-buffer-size=1M');
  assert.equal(settings.logFlushFrequency, 1000);
  assert.deepEqual(
    notices.filter((notice) => notice.startsWith('logging')),
    ['flushFrequency', 'options.json.infoBufferSize', 'options.text.infoBufferSize'].map(
      (name) => `logging.${name} has no effect: lines of the log are written at once`,
    ),
  );
  assert.deepEqual(
    built('{flushFrequency: 0, options: {text: {infoBufferSize: "0"}}}').settings,
    built('{}').settings,
  );
});

test('what the real kubelet refuses is refused in its words', () => {
  const cases: [logging: string, error: string][] = [
    ['{format: xml}', 'logging.format: Invalid value: "xml": Unsupported log format'],
    [
      '{format: json, vmodule: [{filePattern: a, verbosity: 2}]}',
      'logging.vmodule: Forbidden: Only supported for text log format',
    ],
    [
      '{vmodule: [{filePattern: "", verbosity: 2}, {filePattern: "a,b", verbosity: 2}]}',
      '[logging.vmodule[0]: Required value: File pattern must not be empty, logging.vmodule[1]: Invalid value: "a,b": File pattern must not contain equal sign or comma]',
    ],
    ['{flushFrequency: -1s}', 'logging.flushFrequency: Invalid value: "-1s": Must be greater than zero'],
  ];
  for (const [logging, error] of cases) {
    assert.throws(() => built(logging), { message: `initialize logging: ${error}` }, logging);
  }
  const flags: [flag: string, error: RegExp][] = [
    ['--vmodule=a', /invalid argument "a" for "--vmodule" flag: "a" does not have the pattern=N format$/],
    ['--vmodule=a=x', /flag: parsing verbosity in "a=x": strconv.ParseUint: parsing "x": invalid syntax$/],
    ['--vmodule=a=2147483648', /parsing "2147483648": value out of range$/],
    [
      '--log-flush-frequency=x',
      /invalid argument "x" for "--log-flush-frequency" flag: .*invalid duration "x"/,
    ],
  ];
  for (const [flag, error] of flags) assert.throws(() => built('{}', flag), error, flag);
  assert.throws(() => built('{vmodule: [{filePattern: a, verbosity: -1}]}'), /with a verbosity from 0/);
  assert.throws(() => built('{vmodule: [a]}'), /must be a list of \{filePattern, verbosity\}/);
});
