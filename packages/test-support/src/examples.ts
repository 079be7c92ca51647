// The `@example`s of doc comments as programs. An example is the body of an ES module in which the exports of its
// own file and `assert` are there; everything else it imports. It runs in an empty directory. The word root in
// `@example (root)` marks one that needs root or the kernel; test/system/examples.test.ts runs it.
import { execFile } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '../../..');

export interface Example {
  /** From the repository's root. */
  readonly file: string;
  /** Of its first line of code. */
  readonly line: number;
  readonly needsRoot: boolean;
  readonly code: string;
}

/** All examples of the packages' sources. */
export function allExamples(): Example[] {
  return globSync('packages/*/src/**/*.ts', { cwd: root })
    .filter((file) => !file.includes('/generated/'))
    .sort()
    .flatMap((file) => examplesOf(file, readFileSync(join(root, file), 'utf8')));
}

/** The examples in a source text. Pure. */
export function examplesOf(file: string, source: string): Example[] {
  const examples: Example[] = [];
  for (const comment of source.matchAll(/\/\*\*[\s\S]*?\*\//g)) {
    const firstLine = source.slice(0, comment.index).split('\n').length;
    const lines = comment[0]
      .slice(0, -2)
      .split('\n')
      .map((line) => line.replace(/^\s*(\/\*\*|\* ?)/, ''));
    for (const [index, line] of lines.entries()) {
      const [, mark, code = ''] = /^\s*@example(?:\s+\((root)\))?(?:\s+(\S.*))?\s*$/.exec(line) ?? [];
      if (!/^\s*@example\b/.test(line)) continue;
      const rest = lines.slice(index + 1);
      const end = rest.findIndex((each) => /^\s*@\w+/.test(each));
      const body = [code, ...rest.slice(0, end === -1 ? undefined : end)];
      examples.push({
        file,
        line: firstLine + index + (code === '' ? 1 : 0),
        needsRoot: mark === 'root',
        code: body.join('\n').trim(),
      });
    }
  }
  return examples;
}

/** The program of an example: its code, and the imports that it takes for granted. Pure. */
export function programOf({ file, code }: Example, source: string): string {
  const uses = (name: string) =>
    new RegExp(`\\b${name}\\b`).test(code) && !new RegExp(`import .*\\b${name}\\b.* from`).test(code);
  const own = [
    ...source.matchAll(
      /^export (?:abstract )?(?:async )?(function\*?|class|const|let|interface|type) (\w+)/gm,
    ),
  ].flatMap(([, kind = '', name = '']) => {
    if (!uses(name)) return [];
    return kind === 'interface' || kind === 'type' ? [`type ${name}`] : [name];
  });
  const [, folder, path] = /^packages\/([^/]+)\/src\/(.+)$/.exec(file) ?? [];
  return [
    ...(uses('assert') ? [`import assert from 'node:assert/strict';`] : []),
    ...(own.length > 0 ? [`import { ${own.join(', ')} } from '@berth/${folder}/${path}';`] : []),
    code,
    'export {};\n',
  ].join('\n');
}

/** Examples as files below the repository, where imports of @berth/… are found. */
export class ExamplePrograms implements Disposable {
  readonly #dir: string;

  constructor() {
    mkdirSync(join(root, '.cache'), { recursive: true });
    this.#dir = mkdtempSync(join(root, '.cache/examples-'));
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true });
  }

  /** Writes the program of an example; returns its path. */
  write(example: Example): string {
    const { file, line } = example;
    const name = `${file.replaceAll(/[/.]/g, '-')}-${line}`;
    const path = join(this.#dir, `${name}.ts`);
    writeFileSync(path, programOf(example, readFileSync(join(root, file), 'utf8')));
    return path;
  }

  /** Runs a program to its end, in an empty directory of its own; rejects with what it printed. */
  async run(path: string): Promise<void> {
    const temporary = join(this.#dir, `${basename(path)}.tmp`);
    mkdirSync(temporary);
    const env = { ...process.env, TMPDIR: temporary, NODE_TEST_CONTEXT: undefined };
    await promisify(execFile)(process.execPath, [path], { cwd: temporary, env, timeout: 60_000 }).catch(
      (error: { stdout?: string; stderr?: string }) => {
        throw new Error(`${error.stdout}${error.stderr}`, { cause: error });
      },
    );
  }

  /** Checks the types of all programs that were written; rejects with the compiler's messages. */
  async checkTypes(): Promise<void> {
    const config = {
      extends: join(root, 'tsconfig.json'),
      compilerOptions: { noUnusedLocals: false },
      include: [`${this.#dir}/*.ts`],
    };
    const path = join(this.#dir, 'tsconfig.json');
    writeFileSync(path, JSON.stringify(config));
    await promisify(execFile)(join(root, 'node_modules/.bin/tsc'), ['-p', path], { cwd: root }).catch(
      (error: { stdout?: string }) => {
        throw new Error(`the examples do not compile:\n${error.stdout}`, { cause: error });
      },
    );
  }
}
