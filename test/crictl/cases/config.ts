// config, and the files, variables and flags that settings come from.
import type { TwinComparison } from '../comparison.ts';

const commented =
  '# comment\nruntime-endpoint: "unix:///run/x.sock" # here\n\n# wait\ntimeout: 20\ndebug: false\n';

/** `config` with a file of its own, whose content is compared afterwards. */
function config(args: string, content: string | false, title = ''): TwinComparison {
  return {
    name: `config ${args}${title === '' ? '' : ` (${title})`}`,
    args: `config ${args}`,
    config: '<own>/crictl.yaml',
    files: { 'crictl.yaml': content },
    effect: { file: '<own>/crictl.yaml' },
  };
}

const full =
  'runtime-endpoint: unix:///run/x.sock\nimage-endpoint: ""\ntimeout: 10\ndebug: true\npull-image-on-create: true\ndisable-pull-on-run: true\n';

export const configComparisons: readonly TwinComparison[] = [
  ...[
    'runtime-endpoint',
    'image-endpoint',
    'timeout',
    'debug',
    'pull-image-on-create',
    'disable-pull-on-run',
    'nope',
  ].map((option) => config(`--get ${option}`, full)),
  config('--list', full),
  config('--list', '', 'empty file'),
  config('', full),
  config('--get', full),
  config('--list', false, 'no file'),
  config('--get timeout', commented, 'comments'),
  config('--set debug=true', commented, 'comments'),
  config('--set timeout=5 --set debug=true', commented, 'comments'),
  config('--set timeout=5,debug=1,runtime-endpoint=unix:///run/y.sock', full),
  config('--set image-endpoint=true', full),
  config('--set image-endpoint=', full),
  config('--set runtime-endpoint=unix:///a', ''),
  config('--set debug=true', 'debug: false\ndebug: false\n', 'twice'),
  config('--set debug=true', 'debug: "false"\ntimeout: \'3\'\n', 'quotes'),
  config('--set debug=true', '{debug: false, timeout: 3}\n', 'flow'),
  config('--set timeout=soon', full),
  config('--set timeout=1.5', full),
  config('--set debug=maybe', full),
  config('--set pull-image-on-create=2', full),
  config('--set disable-pull-on-run=yes', full),
  config('--set nope=1', full),
  config('--set debug', full),
  config('--set debug=true=false', full),
  config('debug true', full),
  config('timeout 7', full),
  config('timeout', full),
  config('debug maybe', full),
  config('nope 1', full),
  config('--nonsense', full),
  config('--list', 'runtime-endpont: x\n', 'unknown option'),
  config('--list', 'timeout: soon\n', 'bad number'),
  config('--list', 'debug: maybe\n', 'bad boolean'),
  config('--list', 'debug:\n', 'no value'),
  config('--list', '- a\n- b\n', 'list'),
  config('--list', 'words\n', 'text'),
  config('--list', '{ a\n', 'no YAML'),
  config('--list', '---\ntimeout: 3\n', 'document'),
  config('--list', 'timeout: +3\ndebug: T\nruntime-endpoint: ~\n', 'odd values'),
  ...[
    '<bad-key.yaml>',
    '<bad-timeout.yaml>',
    '<bad-debug.yaml>',
    '<bad.yaml>',
    '<not-a-map.yaml>',
    '<dir>',
    '<dir>/none.yaml',
  ].flatMap((file): TwinComparison[] => [
    { name: `CRI_CONFIG_FILE=${file} ps`, args: 'ps', config: file },
    { name: `CRI_CONFIG_FILE=${file} help ps`, args: 'help ps', config: file },
    { args: `-c ${file} version`, config: false },
    { args: `--config ${file} config --list`, config: false },
  ]),
  { name: 'CRI_CONFIG_FILE= ps', args: 'ps', config: '' },
];
