// Sockets that nobody answers at, and what takes too long.
import type { TwinComparison } from '../comparison.ts';
import { each } from './list.ts';

/** A call of each command to a runtime that is not there. */
const calls = [
  'create a <container.json> <pod.json>',
  'events',
  'imagefsinfo',
  'images',
  'info',
  'inspect a',
  'inspecti a',
  'inspectp a',
  'logs a',
  'pods',
  'ps',
  'pull a',
  'rm a',
  'rmi a',
  'rmp a',
  'run <container.json> <pod.json>',
  'run --no-pull <container.json> <pod.json>',
  'runp <pod.json>',
  'runtime-config',
  'start a',
  'stop a',
  'stopp a',
  'version',
];

export const socketComparisons: readonly TwinComparison[] = [
  ...each('', calls),
  ...each('-r unix:///none.sock', ['ps', 'images']),
  ...each('-r /none.sock', ['ps']),
  ...each('-r unix:/none.sock', ['ps']),
  ...each('-r none.sock', ['ps']),
  ...each('-r tcp://127.0.0.1:1', ['ps']),
  ...each('-r http://none', ['ps']),
  ...each('-r npipe:////./pipe/x', ['ps']),
  ...each('-r <pod.json>', ['version']),
  ...each('-r unix://<dir>', ['version']),
  { args: ['-r', '', 'ps'], name: '-r "" ps' },
  { args: ['-i', '', 'images'], name: '-i "" images' },
  ...each('-i unix:///none.sock', ['images', 'ps', 'pods', 'version']),
  ...each('--timeout 50ms', ['ps']),
  ...each('--timeout 0', ['ps']),
  ...each('--timeout -5s', ['version']),
  {
    name: 'CONTAINER_RUNTIME_ENDPOINT=unix:///env.sock ps',
    args: 'ps',
    env: { CONTAINER_RUNTIME_ENDPOINT: 'unix:///env.sock' },
  },
  { name: 'CONTAINER_RUNTIME_ENDPOINT= ps', args: 'ps', env: { CONTAINER_RUNTIME_ENDPOINT: '' } },
  {
    name: 'IMAGE_SERVICE_ENDPOINT=unix:///env.sock images',
    args: 'images',
    env: { IMAGE_SERVICE_ENDPOINT: 'unix:///env.sock' },
  },
  { args: '-c <wrong-socket.yaml> ps', config: false },
  ...['version', 'images', '-r unix:///none.sock ps', 'help ps', 'config --get'].map(
    (args): TwinComparison => ({ name: `without configuration: ${args}`, args, config: false }),
  ),
];
