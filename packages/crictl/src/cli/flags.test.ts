import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseFlags, parseInteger, UsageError } from './flags.ts';

const specs = {
  all: { type: 'boolean', aliases: ['a'], usage: '' },
  quiet: { type: 'boolean', aliases: ['q'], usage: '' },
  output: { type: 'string', aliases: ['o'], default: 'table', usage: '', env: ['TEST_OUTPUT'] },
  label: { type: 'strings', usage: '' },
  last: { type: 'integer', aliases: ['n'], usage: '' },
  timeout: { type: 'duration', aliases: ['t'], default: 2000, usage: '', env: ['TEST_TIMEOUT'] },
  memory: { type: 'int64', usage: '' },
} as const;

const parse = (argv: string[], interspersed = true, env = {}) =>
  parseFlags(specs, argv, { interspersed, env });

test('every spelling of a flag is read', () => {
  const cases: [string[], object][] = [
    [[], { all: false, quiet: false, output: 'table', label: [], last: 0, timeout: 2000, memory: 0n }],
    [['-a', '-o', 'json'], { all: true, output: 'json' }],
    [['--all', '--output=yaml'], { all: true, output: 'yaml' }],
    [['-output', 'yaml', '-all=false'], { output: 'yaml', all: false }],
    [['-o=json'], { output: 'json' }],
    [['-aq'], { all: true, quiet: true }],
    [['-aqo', 'json'], { all: true, quiet: true, output: 'json' }],
    [['-aqn=3'], { all: true, quiet: true, last: 3 }],
    [['--label', 'a=1', '--label', 'b=2,c=3'], { label: ['a=1', 'b=2', 'c=3'] }],
    [['-n', '-1'], { last: -1 }],
    [['--memory', '9007199254740993'], { memory: 9_007_199_254_740_993n }],
    [['-n', '0x10'], { last: 16 }],
    [['-oa', 'x'], { output: '-a' }],
    [['-a', '-a=false'], { all: false }],
    [['-t', '1m30s'], { timeout: 90_000 }],
  ];
  for (const [argv, expected] of cases) {
    const { values } = parse(argv);
    assert.deepEqual({ ...values, ...expected }, values, argv.join(' '));
  }
});

test('arguments end the flags unless they may be mixed', () => {
  assert.deepEqual(parse(['-a', 'id', 'ls', '-q'], false).args, ['id', 'ls', '-q']);
  const mixed = parse(['id', '-q', '--', '-a']);
  assert.deepEqual([mixed.args, mixed.values.quiet, mixed.values.all], [['id', '-a'], true, false]);
});

test('variables stand in for absent flags', () => {
  const fromVariable = parse([], true, { TEST_OUTPUT: 'yaml' });
  assert.equal(fromVariable.values.output, 'yaml');
  assert.ok(fromVariable.given.has('output'));
  assert.equal(parse(['-o', 'json'], true, { TEST_OUTPUT: 'yaml' }).values.output, 'json');
  const empty = parse([], true, { TEST_OUTPUT: '', TEST_TIMEOUT: '' });
  assert.equal(empty.values.output, '');
  assert.deepEqual([...empty.given], ['output']);
  assert.throws(
    () => parse([], true, { TEST_TIMEOUT: '5' }),
    /^UsageError: could not parse "5" as duration value from environment variable "TEST_TIMEOUT" for flag timeout: time: missing unit in duration "5"$/,
  );
});

test('help is recognised, unless -h is a flag of its own', () => {
  assert.equal(parse(['-h']).help, true);
  assert.equal(parse(['--help']).help, true);
  assert.equal(parse([]).help, false);
});

test('bad flags are named', () => {
  const cases: [string[], RegExp][] = [
    [['-x'], /flag provided but not defined: -x/],
    [['--nope=1'], /flag provided but not defined: -nope/],
    [['-o'], /flag needs an argument: -o/],
    [['-n', 'many'], /invalid value "many" for flag -n: parse error/],
    [['-t', '5'], /invalid value "5" for flag -t: parse error/],
    [['--all=maybe'], /invalid boolean value "maybe" for -all: parse error/],
    [['--last', '99999999999999999999'], /for flag -last: value out of range/],
    [['---all'], /bad flag syntax: ---all/],
    [['-='], /bad flag syntax: -=/],
    [['-ax'], /flag provided but not defined: -ax/],
    [['-n', '1', '--last', '2'], /Cannot use two forms of the same flag: n last/],
    [['-n', 'many', '-x'], /invalid value "many"/],
  ];
  for (const [argv, message] of cases)
    assert.throws(
      () => parse(argv),
      (error) => error instanceof UsageError && message.test(error.message),
    );
});

test('integers are read as Go does', () => {
  const cases: [string, bigint | RegExp][] = [
    ['10', 10n],
    ['-10', -10n],
    ['+7', 7n],
    ['0', 0n],
    ['0x1f', 31n],
    ['-0X1F', -31n],
    ['0b101', 5n],
    ['0o17', 15n],
    ['017', 15n],
    ['-9223372036854775808', -(2n ** 63n)],
    ['9223372036854775808', /"9223372036854775808" for flag -n: value out of range/],
    ['', /"" for flag -n: parse error/],
    ['1.5', /parse error/],
    ['08', /parse error/],
    ['ten', /parse error/],
  ];
  for (const [text, expected] of cases) {
    if (typeof expected === 'bigint') assert.equal(parseInteger('n', text), expected, text);
    else assert.throws(() => parseInteger('n', text), expected, text);
  }
});
