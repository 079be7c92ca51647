// The kinds of values that flags and arguments take.

/** Fixed words, or the kind of object that they name. */
export type Values = readonly string[] | ObjectKind | 'commands' | 'files';
export type ObjectKind = 'containers' | 'containers and pods' | 'created' | 'running' | 'pods' | 'images';

const nothing: Values = [];

/** The arguments of each command; the last one repeats. */
const argumentsOf: Readonly<Record<string, readonly Values[]>> = {
  attach: ['running', nothing],
  checkpoint: ['running'],
  completion: [['bash', 'zsh', 'fish'], nothing],
  config: [],
  create: ['pods', 'files', 'files', nothing],
  events: [],
  exec: ['running', 'files'],
  help: ['commands', nothing],
  imagefsinfo: [],
  images: ['images'],
  info: [],
  inspect: ['containers'],
  inspecti: ['images'],
  inspectp: ['pods'],
  logs: ['containers and pods', nothing],
  metricdescs: [],
  metricsp: [],
  pods: ['pods'],
  'port-forward': ['pods', nothing],
  ps: ['containers and pods'],
  pull: ['images', nothing],
  rm: ['containers'],
  rmi: ['images'],
  rmp: ['pods'],
  run: ['files', 'files', nothing],
  runp: ['files', nothing],
  'runtime-config': [],
  start: ['created'],
  stats: ['running', nothing],
  statsp: ['pods', nothing],
  stop: ['running'],
  stopp: ['pods'],
  top: [],
  trace: ['pods', nothing],
  update: ['running'],
  'update-runtime-config': [],
  version: [],
};

const containerStates = ['created', 'running', 'exited', 'unknown'];

/** The values of each flag. An entry for `COMMAND --FLAG` takes precedence. */
const valuesOf: Readonly<Record<string, Values>> = {
  config: 'files',
  export: 'files',
  filter: ['dangling=true', 'dangling=false', 'reference=', 'before=', 'since='],
  image: 'images',
  output: ['json', 'yaml', 'table'],
  pod: 'pods',
  'pod-config': 'files',
  'profile-cpu': 'files',
  'profile-mem': 'files',
  state: containerStates,
  stream: ['stdout', 'stderr'],
  'tls-ca': 'files',
  'tls-cert': 'files',
  'tls-key': 'files',
  transport: ['websocket', 'spdy'],
  'events --output': ['json', 'yaml', 'go-template'],
  'imagefsinfo --output': ['json', 'yaml', 'go-template', 'table'],
  'info --output': ['json', 'yaml', 'go-template'],
  'inspect --output': ['json', 'yaml', 'go-template', 'table'],
  'inspecti --output': ['json', 'yaml', 'go-template', 'table'],
  'inspectp --output': ['json', 'yaml', 'go-template', 'table'],
  'metricdescs --output': ['json', 'yaml'],
  'metricsp --output': ['json', 'yaml'],
  'pods --state': ['ready', 'notready'],
  'inspectp --state': ['ready', 'notready'],
  'pods --id': 'pods',
  'ps --id': 'containers',
  'trace --output': ['json', 'yaml', 'table', 'svg', 'html'],
  'stats --id': 'running',
  'statsp --id': 'pods',
};

/** The values of the argument of a command at `index`. */
export function valuesOfArgument(command: string, index: number): Values {
  const known = argumentsOf[command] ?? [];
  return known[Math.min(index, known.length - 1)] ?? nothing;
}

/** The values of a flag; `command` is empty for global flags. */
export function valuesOfFlag(command: string, flag: string): Values {
  return valuesOf[`${command} --${flag}`] ?? valuesOf[flag] ?? nothing;
}

/** Whether the table has the arguments of the command. */
export const knowsArguments = (command: string) => command in argumentsOf;
