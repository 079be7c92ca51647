// The nodes of a parsed template, and their texts in errors.
import type { Functions } from './functions.ts';

interface At {
  /** Its position in the source, for errors. */
  position: number;
}

export type Operand =
  | (At & { kind: 'field'; names: readonly string[] })
  | (At & { kind: 'variable'; name: string; names: readonly string[] })
  | (At & { kind: 'chain'; from: Operand; names: readonly string[] })
  | (At & { kind: 'function'; name: string })
  | (At & { kind: 'pipeline'; pipeline: Pipeline })
  | (At & { kind: 'dot' })
  | (At & { kind: 'nil' })
  | (At & { kind: 'bool'; value: boolean })
  | (At & { kind: 'string'; value: string; source: string })
  /** A bigint is an integer, a number a float. */
  | (At & { kind: 'number'; value: bigint | number; source: string });

export interface Command extends At {
  kind: 'command';
  /** The first may be a function. */
  words: readonly [Operand, ...Operand[]];
}

export interface Pipeline extends At {
  kind: 'pipe';
  /** Variables that are declared or assigned. */
  variables: readonly string[];
  /** Whether it assigns to existing variables. */
  assigns: boolean;
  commands: readonly Command[];
}

export type Node =
  | (At & { kind: 'text'; text: string })
  | (At & { kind: 'action'; pipeline: Pipeline })
  | (At & {
      kind: 'if' | 'with' | 'range';
      pipeline: Pipeline;
      body: readonly Node[];
      otherwise?: readonly Node[];
    })
  | (At & { kind: 'break' | 'continue' })
  | (At & { kind: 'template'; name: string; pipeline: Pipeline | undefined });

export interface Template {
  /** Its name in errors. */
  name: string;
  source: string;
  nodes: readonly Node[];
  /** The templates of `define` and `block` by name. */
  defined: ReadonlyMap<string, readonly Node[]>;
  functions: Functions;
}

const fields = (names: readonly string[]) => names.map((name) => `.${name}`).join('');

/** Pure: the source text of a node. */
export function shown(node: Operand | Command | Pipeline | Node): string {
  switch (node.kind) {
    case 'field':
      return fields(node.names);
    case 'variable':
      return node.name + fields(node.names);
    case 'chain':
      return shown(node.from) + fields(node.names);
    case 'function':
      return node.name;
    case 'pipeline':
      return `(${shown(node.pipeline)})`;
    case 'dot':
      return '.';
    case 'nil':
      return 'nil';
    case 'bool':
      return String(node.value);
    case 'string':
    case 'number':
      return node.source;
    case 'command':
      return node.words.map(shown).join(' ');
    case 'pipe': {
      const { variables, assigns, commands } = node;
      const start = variables.length === 0 ? '' : `${variables.join(', ')} ${assigns ? '=' : ':='} `;
      return start + commands.map(shown).join(' | ');
    }
    case 'text':
      return node.text;
    case 'action':
      return `{{${shown(node.pipeline)}}}`;
    case 'break':
    case 'continue':
      return `{{${node.kind}}}`;
    case 'template': {
      const argument = node.pipeline === undefined ? '' : ` ${shown(node.pipeline)}`;
      return `{{template ${JSON.stringify(node.name)}${argument}}}`;
    }
    default: {
      const { kind, pipeline, body, otherwise } = node;
      const rest = otherwise === undefined ? '' : `{{else}}${otherwise.map(shown).join('')}`;
      return `{{${kind} ${shown(pipeline)}}}${body.map(shown).join('')}${rest}{{end}}`;
    }
  }
}
