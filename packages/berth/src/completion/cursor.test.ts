import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Command } from 'commander';
import { registerImages } from '../cli/images.ts';
import { registerTools } from '../cli/tools.ts';
import { cursorOf } from './cursor.ts';

const program = new Command('berth');
const noLayout = () => assert.fail('no command runs');
registerImages(program, noLayout);
registerTools(program, noLayout);

/** The values at the end of a line; of fixed words their text. */
function at(line: string) {
  const { values, typed, before } = cursorOf(program, line.split(' '));
  return { values: typeof values === 'string' ? values : values.map(({ word }) => word), typed, before };
}

test('the cursor is at a command, a flag, its value or an argument', () => {
  const cases: [line: string, values: string | string[], typed?: string, before?: string][] = [
    ['image rm ', 'images'],
    ['image rm -f a b', 'images', 'b'],
    ['image tag a ', []],
    ['image save --format ', ['oci-archive', 'docker-archive']],
    ['image save --format=d', ['oci-archive', 'docker-archive'], 'd', '--format='],
    ['image save -o ', 'files'],
    ['image save -o x ', 'images'],
    ['image load ./a', 'files', './a'],
    ['image nonsense ', []],
    ['run ', 'images'],
    ['run -it --name x ng', 'images', 'ng'],
    ['run -itv ', []],
    ['run nginx -', []],
    ['run nginx -- ', []],
    ['cp ', 'places'],
    ['cp -c ', 'containers'],
    ['port-forward we', 'pods', 'we'],
    ['port-forward web ', []],
    ['completion ', ['bash', 'zsh', 'fish']],
  ];
  for (const [line, values, typed = line.split(' ').at(-1) ?? '', before = ''] of cases) {
    assert.deepEqual(at(line), { values, typed, before }, line);
  }
});

test('commands and flags are listed, hidden ones are not', () => {
  const commands = at('').values;
  for (const name of ['image', 'run', 'cp', 'completion']) assert(commands.includes(name), name);
  assert(!commands.includes('__complete'));
  assert.deepEqual(at('image ls -').values, ['--help', '--quiet']);
  assert.deepEqual(at('image ').values.slice(0, 3), ['pull', 'ls', 'list']);
});
