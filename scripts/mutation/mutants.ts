import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  isArrayLiteralExpression,
  isArrowFunction,
  isBinaryExpression,
  isBlock,
  isCallExpression,
  isCaseClause,
  isConditionalExpression,
  isDefaultClause,
  isDoStatement,
  isElementAccessExpression,
  isExpressionStatement,
  isForStatement,
  isIfStatement,
  isNoSubstitutionTemplateLiteral,
  isNumericLiteral,
  isObjectLiteralExpression,
  isPostfixUnaryExpression,
  isPrefixUnaryExpression,
  isPropertyAccessExpression,
  isReturnStatement,
  isStringLiteral,
  isTaggedTemplateExpression,
  isTemplateExpression,
  isTypeNode,
  isWhileStatement,
  type Node,
  type SourceFile,
  SyntaxKind,
} from 'typescript/unstable/ast';
import { API } from 'typescript/unstable/sync';

/** One change to one source file: `text` takes the place of what is between start and end. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly operator: string;
  readonly start: number;
  readonly end: number;
  readonly original: string;
  readonly text: string;
}

const operators: Record<string, readonly string[]> = {
  '===': ['!=='],
  '!==': ['==='],
  '<': ['<=', '>='],
  '<=': ['<', '>'],
  '>': ['>=', '<='],
  '>=': ['>', '<'],
  '+': ['-'],
  '-': ['+'],
  '*': ['/'],
  '/': ['*'],
  '%': ['*'],
  '&&': ['||'],
  '||': ['&&'],
  '??': ['&&'],
  '&': ['|'],
  '|': ['&'],
  '<<': ['>>'],
  '>>': ['<<'],
  '>>>': ['<<'],
  '+=': ['-='],
  '-=': ['+='],
  '*=': ['/='],
  '??=': ['&&='],
  '||=': ['&&='],
  '&&=': ['||='],
  '|=': ['&='],
  '&=': ['|='],
};

/** Methods whose call is replaced by that of another, or, where there is none, by the object itself. */
const methods: Record<string, string> = {
  startsWith: 'endsWith',
  endsWith: 'startsWith',
  some: 'every',
  every: 'some',
  min: 'max',
  max: 'min',
  toLowerCase: 'toUpperCase',
  toUpperCase: 'toLowerCase',
  filter: '',
  sort: '',
  toSorted: '',
  reverse: '',
  toReversed: '',
  slice: '',
  trim: '',
  trimEnd: '',
  trimStart: '',
};

// Declarations without a value, and imports: nothing there runs.
const leftAlone = new Set<SyntaxKind>([
  SyntaxKind.ImportDeclaration,
  SyntaxKind.ExportDeclaration,
  SyntaxKind.InterfaceDeclaration,
  SyntaxKind.TypeAliasDeclaration,
]);

/** Every mutant of the source files of packages (tests and generated code aside), in the order of their places. */
export function listMutants(tree: string, files: readonly string[]): Mutant[] {
  const api = new API({ cwd: tree });
  try {
    const project = api.updateSnapshot({ openProjects: [join(tree, 'tsconfig.json')] }).getProjects()[0];
    if (!project) throw new Error(`TypeScript finds no project in ${tree}: is there a tsconfig.json?`);
    return files.flatMap((file) => {
      const source = project.program.getSourceFile(join(tree, file));
      if (!source) throw new Error(`${file} is not part of ${tree}/tsconfig.json`);
      return mutantsOf(file, source, readFileSync(join(tree, file), 'utf8'));
    });
  } finally {
    api.close();
  }
}

function mutantsOf(file: string, source: SourceFile, text: string): Mutant[] {
  const found: Mutant[] = [];
  const replace = (operator: string, start: number, end: number, by: string) => {
    const line = text.slice(0, start).split('\n').length;
    found.push({ file, line, operator, start, end, original: text.slice(start, end), text: by });
  };
  const change = (operator: string, node: Node, by: string) =>
    replace(operator, node.getStart(source), node.end, by);

  const condition = (node: Node | undefined, values: readonly string[]) => {
    if (node) for (const value of values) change('condition', node, value);
  };

  const visit = (node: Node): undefined => {
    if (leftAlone.has(node.kind) || isTypeNode(node)) return;
    if (isBinaryExpression(node)) {
      const { left, operatorToken, right } = node;
      const operator = text.slice(operatorToken.getStart(source), operatorToken.end);
      for (const by of operators[operator] ?? []) {
        // ?? takes no && or || beside it without parentheses.
        if (operator === '??')
          change(
            'operator',
            node,
            `((${text.slice(left.getStart(source), left.end)}) ${by} (${text.slice(right.getStart(source), right.end)}))`,
          );
        else change('operator', operatorToken, by);
      }
    } else if (isPrefixUnaryExpression(node)) {
      const { operand } = node;
      const sign = text.slice(node.getStart(source), operand.getStart(source));
      if (sign === '!' || sign === '-')
        change('sign', node, `(${text.slice(operand.getStart(source), operand.end)})`);
      if (sign === '++' || sign === '--')
        replace('sign', node.getStart(source), operand.pos, sign === '++' ? '--' : '++');
    } else if (isPostfixUnaryExpression(node)) {
      replace(
        'sign',
        node.operand.end,
        node.end,
        text.slice(node.operand.end, node.end) === '++' ? '--' : '++',
      );
    } else if (isIfStatement(node)) condition(node.expression, ['true', 'false']);
    else if (isConditionalExpression(node)) condition(node.condition, ['true', 'false']);
    else if (isWhileStatement(node) || isDoStatement(node)) condition(node.expression, ['false']);
    else if (isForStatement(node)) condition(node.condition, ['false']);
    else if (isBlock(node)) {
      if (node.statements.length > 0) change('block', node, '{}');
    } else if (isCaseClause(node) || isDefaultClause(node)) {
      const first = node.statements[0];
      if (first) replace('case', first.getStart(source), node.statements.end, '');
    } else if (isArrowFunction(node)) {
      if (!isBlock(node.body)) change('arrow', node.body, 'undefined');
    } else if (isReturnStatement(node)) {
      const { expression } = node;
      if (expression && text.slice(expression.getStart(source), expression.end) !== 'undefined')
        change('return', expression, 'undefined');
    } else if (isStringLiteral(node) || isNoSubstitutionTemplateLiteral(node)) {
      if (!isName(node) && !isTaggedTemplateExpression(node.parent))
        change('string', node, node.text === '' ? "'mutated'" : "''");
    } else if (isTemplateExpression(node)) {
      if (!isTaggedTemplateExpression(node.parent)) change('string', node, '``');
    } else if (isNumericLiteral(node)) {
      if (!isName(node)) change('number', node, `(${text.slice(node.getStart(source), node.end)} + 1)`);
    } else if (node.kind === SyntaxKind.TrueKeyword) change('boolean', node, 'false');
    else if (node.kind === SyntaxKind.FalseKeyword) change('boolean', node, 'true');
    else if (isArrayLiteralExpression(node)) {
      if (node.elements.length > 0 && !isTarget(node)) change('array', node, '[]');
    } else if (isObjectLiteralExpression(node)) {
      if (node.properties.length > 0 && !isTarget(node)) change('object', node, '({})');
    } else if (isCallExpression(node) && isPropertyAccessExpression(node.expression)) {
      const { expression: object, name } = node.expression;
      const by = Object.hasOwn(methods, name.text) ? methods[name.text] : undefined;
      if (by) change('method', name, by);
      else if (by === '') replace('method', object.end, node.end, '');
    }
    const dots =
      isPropertyAccessExpression(node) || isElementAccessExpression(node) || isCallExpression(node)
        ? node.questionDotToken
        : undefined;
    if (dots) change('optional', dots, isPropertyAccessExpression(node) ? '.' : '');
    node.forEachChild(visit);
  };
  source.forEachChild(visit);
  return found.sort((a, b) => a.start - b.start || a.end - b.end || (a.text < b.text ? -1 : 1));
}

/** A literal that names a member, imports a file, or is a directive has no value to change. */
function isName(node: Node): boolean {
  const { parent } = node;
  if (isExpressionStatement(parent)) return true;
  if (isCallExpression(parent) && parent.expression.kind === SyntaxKind.ImportKeyword) return true;
  return 'name' in parent && parent.name === node;
}

/** `[a, b] = …` takes values apart and makes none. */
function isTarget(node: Node): boolean {
  const { parent } = node;
  return (
    isBinaryExpression(parent) && parent.operatorToken.kind === SyntaxKind.EqualsToken && parent.left === node
  );
}
