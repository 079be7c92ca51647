// exec, attach, port-forward: all but terminals, and what never ends.
import type { Comparison } from '../comparison.ts';
import { each } from './list.ts';

/** A script for sh as one word behind the rest. */
const script = (words: string, text: string, more: Partial<Comparison> = {}): Comparison => ({
  args: [...words.split(' '), 'sh', '-c', text],
  ...more,
});

const speaks = 'echo out; echo err >&2; exit 3';

const transports = ['spdy', 'websocket'].flatMap((transport): Comparison[] => {
  const exec = `exec --transport ${transport}`;
  return [
    script(`${exec} <web.main>`, speaks),
    script(`${exec} <web.main>`, 'printf "no line end"'),
    script(`exec -i -r ${transport} <web.main>`, 'cat; echo end', { stdin: 'one\ntwo\n' }),
    script(`exec -i -r ${transport} <web.main>`, 'echo early', { stdin: 'not read\n' }),
    script(`${exec} <web.main>`, 'cat; echo "no input"', { stdin: 'not sent\n' }),
    { args: `${exec} <web.main> nope`, normalise: ['ids'] },
    script(`${exec} --tls-sni example.org <web.main>`, 'echo "$GREETING"'),
  ];
});

export const streamComparisons: readonly Comparison[] = [
  ...transports,
  ...each('exec', [
    '',
    '<web.main>',
    '--help',
    'nothing true',
    '<web.done> true',
    '<web.waiting> true',
    '<web> true',
    '-t <web.main> sh',
    '-it <web.main> sh',
    '-ti <web.done> sh',
    '--transport carrier-pigeon <web.main> true',
    '--tls-cert /nope <web.main> true',
    '--tls-key /nope <web.main> true',
    '--tls-ca /nope <web.main> true',
    '--tls-cert /nope --tls-key /nope <web.main> true',
    '--tls-ca /nope --tls-cert /nope --tls-key /nope --tls-server-name x <web.main> true',
    '--name absent true',
    '--name absent',
    '--name main echo hi',
    '-q --name main echo hi',
    '-x --name main echo hi',
    '--name main --state running true',
    '--name main --state nonsense true',
    '--label app=web echo hi',
    '--label nonsense echo hi',
    '--pod <db> echo hi',
    '--image <registry>/app:1 echo hi',
    '--latest echo hi',
    '-n 1 true',
    '-e <web.main> false',
    '-e -q <web.main> false',
    '-eq --name main false',
    '--nonsense <web.main> true',
  ]),
  script('exec --name .* -x', 'echo same', { normalise: ['lines'] }),
  script('exec -q --name .*', 'echo same', { normalise: ['lines'] }),
  ...each('exec -s', ['<web.main> echo hi', 'nothing true', '<web.done> true', '-q --name main echo hi']),
  script('exec -s <web.main>', speaks),
  script('exec --sync <web.main>', 'echo out; echo err >&2'),
  script('exec -s --name main', 'echo out; exit 1'),
  script('exec -s -e -q --name main', 'echo out; exit 1'),
  script('exec -s --timeout 1 <web.main>', 'sleep 20'),
  script('exec -sit <web.main>', 'echo hi'),
  ...each('attach', [
    '',
    '<web.main> <web.done>',
    '--help',
    'nothing',
    '<web.done>',
    '<web>',
    '-t <web.main>',
    '-it <web.main>',
    '-i --transport carrier-pigeon <web.main>',
    '--tls-cert /nope <web.main>',
    '--tls-cert /nope --tls-key /nope <web.main>',
    '-r websocket --tls-cert /nope --tls-key /nope <web.main>',
    '--nonsense <web.main>',
  ]),
  ...each('port-forward', [
    '',
    '<web>',
    '--help',
    'nothing 80',
    '<web.main> 80',
    '<old> 80',
    '<web> a',
    '<web> a:80',
    '<web> 80:b',
    '<web> 1:2:3',
    '<web> :0',
    '<web> :',
    '<web> 99999',
    '<web> 80 x',
    '--transport carrier-pigeon <web> 80',
    '--transport carrier-pigeon <web> a',
    '--tls-key /nope <web> 80',
    '--tls-cert /nope --tls-key /nope <web> 80',
    '-r websocket --tls-cert /nope --tls-key /nope <web> 80',
    '--address 127.0.0.1 <web> 80',
  ]),
];
