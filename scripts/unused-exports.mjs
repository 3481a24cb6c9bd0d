// Fails where something is exported that no other file imports. By names alone: without barrels, defaults and star imports that is exact.
import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

const root = path.dirname(import.meta.dirname);
/** What others import, outside of the repository. */
const entrances = ['src/index.ts'];
const everything = '*';

const isSource = (name) => /\.(?:ts|tsx|js|mjs)$/.test(name);
const below = (place) =>
  readdirSync(path.join(root, place), { recursive: true, encoding: 'utf8' }).map((name) => path.join(place, name));
const files = [...readdirSync(root), ...['src', 'test', 'bench', 'scripts'].flatMap(below)].filter(isSource);

/** file -> the names that others take from it */
const taken = new Map(files.map((file) => [file, new Set()]));

function take(from, specifier, names) {
  if (!specifier.startsWith('.')) return;
  const compiled = path.join(path.dirname(from), specifier);
  // Scripts import what was compiled.
  const file = compiled.startsWith('dist/') ? compiled.replace(/^dist/, 'src').replace(/\.js$/, '.ts') : compiled;
  for (const name of names) taken.get(file)?.add(name);
}

const textOf = ({ propertyName, name }) => (propertyName ?? name).text;

/** import('./x.ts') gives what is picked from it at once, else everything. */
function pickedFrom(call) {
  let user = call.parent;
  while (ts.isAwaitExpression(user) || ts.isParenthesizedExpression(user)) user = user.parent;
  if (ts.isPropertyAccessExpression(user) && user.name.text !== 'then') return [user.name.text];
  if (ts.isVariableDeclaration(user) && ts.isObjectBindingPattern(user.name)) return user.name.elements.map(textOf);
  return [everything];
}

function readImports(file, node) {
  if (ts.isImportDeclaration(node)) {
    const named = node.importClause?.namedBindings;
    const names = named === undefined ? [] : ts.isNamedImports(named) ? named.elements.map(textOf) : [everything];
    take(file, node.moduleSpecifier.text, names);
  } else if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) {
    const named = node.exportClause;
    take(
      file,
      node.moduleSpecifier.text,
      named && ts.isNamedExports(named) ? named.elements.map(textOf) : [everything],
    );
  } else if (ts.isImportTypeNode(node)) {
    take(file, node.argument.literal.text, [node.qualifier?.text ?? everything]);
  } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
    const [from] = node.arguments;
    if (from !== undefined && ts.isStringLiteralLike(from)) take(file, from.text, pickedFrom(node));
  }
  ts.forEachChild(node, (child) => readImports(file, child));
}

const namesOf = (name) =>
  ts.isIdentifier(name) ? [name.text] : name.elements.flatMap((element) => namesOf(element.name));
const isType = (node) => ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);

function* exportsOf(source) {
  for (const node of source.statements) {
    if (ts.isExportDeclaration(node)) {
      const named = node.exportClause;
      if (named && ts.isNamedExports(named)) for (const { name } of named.elements) yield { name: name.text, node };
    } else if (
      ts.canHaveModifiers(node) &&
      ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)
    ) {
      const names = ts.isVariableStatement(node)
        ? node.declarationList.declarations.flatMap(({ name }) => namesOf(name))
        : [node.name.text];
      for (const name of names) yield { name, node };
    }
  }
}

/** A type may be exported for its own file's sake: it names what the file's functions take and give. */
function isNamedAgain(source, name, declared) {
  let found = false;
  const look = (node) => {
    if (node !== declared && ts.isIdentifier(node) && node.text === name) found = true;
    if (!found) ts.forEachChild(node, look);
  };
  look(source);
  return found;
}

const sources = new Map(
  files.map((file) => [
    file,
    ts.createSourceFile(file, readFileSync(path.join(root, file), 'utf8'), ts.ScriptTarget.Latest, true),
  ]),
);
for (const [file, source] of sources) readImports(file, source);

let unused = 0;
for (const [file, source] of sources) {
  if (entrances.includes(file) || !/\.tsx?$/.test(file) || path.dirname(file) === '.') continue;
  const names = taken.get(file);
  if (names.has(everything)) continue;
  for (const { name, node } of exportsOf(source)) {
    if (names.has(name) || (isType(node) && isNamedAgain(source, name, node.name))) continue;
    const { line } = source.getLineAndCharacterOfPosition(node.getStart());
    console.error(`${file}:${line + 1} exports ${name}, which no other file imports: take the word export away`);
    unused += 1;
  }
}
if (unused > 0) process.exitCode = 1;
