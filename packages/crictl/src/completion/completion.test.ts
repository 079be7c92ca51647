import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commands } from '../commands.ts';
import { globalFlags } from '../config/settings.ts';
import { cursorOf } from './cursor.ts';
import { distinctWords } from './runtime-names.ts';
import { knowsArguments } from './values.ts';

const cursor = (line: string) => cursorOf(line.split(' '), globalFlags, commands);

test('the cursor is at a command, a flag, its value or an argument', async () => {
  const cases: [string, { values: unknown; typed?: string; before?: string }][] = [
    ['', { values: 'commands' }],
    ['st', { values: 'commands', typed: 'st' }],
    ['-D st', { values: 'commands', typed: 'st' }],
    ['-r unix:///x st', { values: 'commands', typed: 'st' }],
    ['-c /etc', { values: 'files', typed: '/etc' }],
    ['--config=/etc', { values: 'files', typed: '/etc', before: '--config=' }],
    ['--timeout ', { values: [] }],
    ['help in', { values: 'commands', typed: 'in' }],
    ['nonsense ', { values: [] }],
    ['ps -o ', { values: ['json', 'yaml', 'table'] }],
    ['ps -aqo y', { values: ['json', 'yaml', 'table'], typed: 'y' }],
    ['ps --output=y', { values: ['json', 'yaml', 'table'], typed: 'y', before: '--output=' }],
    ['ps -o=y', { values: ['json', 'yaml', 'table'], typed: 'y', before: '-o=' }],
    ['ps --nonsense=y', { values: [], typed: 'y', before: '--nonsense=' }],
    ['pods -s ', { values: ['ready', 'notready'] }],
    ['ps -s e', { values: ['created', 'running', 'exited', 'unknown'], typed: 'e' }],
    ['stats --pod we', { values: 'pods', typed: 'we' }],
    ['-t 5s stats -o json we', { values: 'running', typed: 'we' }],
    ['stats a ', { values: [] }],
    ['start a b', { values: 'created', typed: 'b' }],
    ['create web pod', { values: 'files', typed: 'pod' }],
    ['event --output ', { values: ['json', 'yaml', 'go-template'] }],
    ['logs -f we', { values: 'containers and pods', typed: 'we' }],
    ['img a', { values: 'images', typed: 'a' }],
    ['exec -s we', { values: 'running', typed: 'we' }],
    ['exec web ls -', { values: 'files', typed: '-' }],
    ['inspect -- -', { values: 'containers', typed: '-' }],
    ['checkpoint -e ', { values: 'files' }],
    ['completion z', { values: ['bash', 'zsh', 'fish'], typed: 'z' }],
  ];
  for (const [line, expected] of cases) {
    assert.deepEqual(await cursor(line), { typed: '', before: '', ...expected }, line);
  }
});

test('a command may have commands below it', async () => {
  const cases: [string, string[] | undefined][] = [
    ['create j', ['jsonschema']],
    ['create --no-pull ', ['jsonschema']],
    ['create web j', undefined],
    ['create --creds j', undefined],
    ['create -', undefined],
    ['runp jsonschema ', undefined],
    ['ps ', undefined],
  ];
  for (const [line, expected] of cases) {
    const { subcommands } = await cursor(line);
    assert.deepEqual(
      subcommands?.map(({ name }) => name),
      expected,
      line,
    );
  }
  const { values } = await cursor('runp jsonschema --');
  assert.deepEqual(values, [{ word: '--help', description: 'show help' }]);
});

test('flags are told with what they mean', async () => {
  const { values } = await cursor('statsp --');
  const words = typeof values === 'string' ? [] : values;
  assert.deepEqual(
    words.map((each) => (typeof each === 'string' ? each : each.word)),
    ['--id', '--label', '--output', '--seconds', '--watch', '--help'],
  );
  assert.ok(words.every((each) => typeof each !== 'string' && each.description !== ''));
});

test('of every command it is known what its arguments are', () => {
  const unknown = commands.filter(({ name, hidden }) => !(hidden || knowsArguments(name)));
  assert.deepEqual(unknown, []);
});

test('an object is offered by the first word that means no other', () => {
  const objects = [
    { words: ['web/main', 'default/web/main', 'main', '1a'], description: 'first' },
    { words: ['web/main', 'kube/web/main', 'main', '1b'], description: 'second' },
    { words: ['db/one', 'kube/db/one', 'one', '2c'], description: 'third' },
  ];
  const cases: [string, string[]][] = [
    ['', ['db/one', 'default/web/main', 'kube/web/main']],
    ['k', ['kube/db/one', 'kube/web/main']],
    ['web', []],
    ['d', ['db/one', 'default/web/main']],
    ['one', ['one']],
    ['1', ['1a', '1b']],
    ['x', []],
  ];
  for (const [typed, expected] of cases) {
    const words = distinctWords(objects, typed).map(({ word }) => word);
    assert.deepEqual(words, expected, typed);
  }
});
